"""How the pages of trails look: light or dark as the reader's system is, on narrow screens and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --paper: #fdfdfc; --ink: #1c2024; --dim: #5b6168; --line: #dcdfe3; --bar: #3d6fa5;
  --person: #8a5a00; --bad: #b3261e; --good: #2f6f4f; --alarm: #fdeeec; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171a; --ink: #e4e7ea; --dim: #9aa2aa; --line: #31373d;
  --bar: #7aa7d9; --person: #e0b15c; --bad: #ff8a80; --good: #82c7a3; --alarm: #2c1a19; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 82rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
h3 { font-size: .95rem; margin: 0 0 .25rem; } p { margin: .25rem 0; } ol { list-style: none; margin: 0; padding: 0; }
a { color: inherit; text-decoration-color: var(--dim); text-underline-offset: .2em; }
a:hover { text-decoration-thickness: 2px; }
a:focus-visible { outline: 2px solid var(--bar); outline-offset: 2px; border-radius: 2px; }
.dim { color: var(--dim); } .bad { color: var(--bad); font-weight: 600; } .outcome { font-size: 1.05rem; }
.alarm { margin: 1rem 0; padding: .6rem .9rem; border-left: 4px solid var(--bad); background: var(--alarm); }
.alarm h2 { margin: 0; color: var(--bad); }
.facts, .record dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0; }
dt { color: var(--dim); } dd { margin: 0; min-width: 0; }
.key { display: flex; flex-wrap: wrap; gap: 0 1.4rem; margin: 0 0 .6rem; color: var(--dim); }
.key b { font-weight: 400; margin-right: .15rem; }
.tree { --when: 11.5rem; border-top: 1px solid var(--line); } .dated { --when: 16.5rem; }
.tree li { display: grid; grid-template-columns: var(--when) minmax(0, 1fr) 24%; gap: 0 1.2rem; padding: .3rem 0;
  border-bottom: 1px solid var(--line); break-inside: avoid; }
.tree .case { grid-template-columns: 11.5rem minmax(0, 1fr); } .case .what b::before { content: none; }
.tree .head { color: var(--dim); padding: 0 0 .2rem; } .tree .head > * { font-size: .82rem; line-height: 1.78; }
time, .axis { display: flex; justify-content: space-between; gap: .6rem; color: var(--dim); }
time, .mono { font-family: ui-monospace, monospace; font-size: .82rem; font-variant-numeric: tabular-nums;
  line-height: 1.78; }
.whole, .axis { white-space: nowrap; } .what { padding-left: calc(var(--depth, 0) * 1.3rem); min-width: 0; }
.what b::before, .key b::before { content: "●"; color: var(--bar); display: inline-block; width: 1.15em;
  font-size: .8em; vertical-align: .08em; text-decoration: none; }
.person b::before { content: "◆"; color: var(--person); } .effect b::before { content: "■"; color: var(--good); }
.error b::before { content: "▲"; color: var(--bad); } .open b::before { content: "○"; }
.unknown b::before { content: "?"; color: var(--bad); font-weight: 700; font-size: 1em; width: .92em; }
.span { position: relative; align-self: center; height: .55rem; border-radius: .2rem; background: var(--line); }
.span i { position: absolute; left: min(var(--from), calc(100% - 3px)); width: max(var(--for), 3px); top: 0; bottom: 0;
  border-radius: .2rem; background: var(--bar); max-width: calc(100% - min(var(--from), calc(100% - 3px))); }
.person .span i { background: var(--person); } .effect .span i { background: var(--good); }
.error .span i { background: var(--bad); }
.unknown .span i { background: repeating-linear-gradient(135deg, var(--bad) 0 4px, var(--paper) 4px 7px);
  border: 1px solid var(--bad); }
.open .span i { background: linear-gradient(90deg, var(--bar) 40%, transparent); border: 1px dashed var(--bar); }
.record { border-top: 1px solid var(--line); padding: .6rem 0; } .record h3 a { font-weight: 400; font-size: .82rem; }
.record:target, li:target { outline: 2px solid var(--bar); outline-offset: 2px; }
.record dl { font-size: .85rem; } .record dl.mono { line-height: 1.5; }
@media screen and (max-width: 46rem) { body { padding: .8rem; font-size: 14px; }
  .tree li, .tree .case { grid-template-columns: minmax(0, 1fr); }
  .what { padding-left: calc(var(--depth, 0) * .8rem); } .tree .head { display: none; }
  time { justify-content: flex-start; gap: 1rem; } .span { margin: .25rem 0; }
  .facts { grid-template-columns: 6rem 1fr; gap: .1rem .6rem; } .whole { white-space: normal; }
  .record dl { grid-template-columns: 1fr; gap: 0; } .record dd { margin: 0 0 .35rem; } }
@media (forced-colors: active) { .span, .span i, b::before { forced-color-adjust: none; } }
@media print { :root { color-scheme: light; --paper: #fff; --ink: #000; --dim: #444; --line: #d4d7da; --bar: #3d6fa5;
  --person: #8a5a00; --bad: #b3261e; --good: #2f6f4f; --alarm: #fff; }
  @page { margin: 14mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; } }
  body { padding: 0; max-width: none; font-size: 9pt; font-variant-ligatures: none; }
  a { text-decoration: none; } h2, h3 { break-after: avoid; }
  .tree { --when: 9.2rem; } .dated { --when: 12.5rem; } .tree li { grid-template-columns: var(--when) 1fr 22%; }
  .record, .alarm { break-inside: avoid; } .record h3 a { display: none; }
  .span, .span i, b::before, .alarm { print-color-adjust: exact; } time, .mono { font-size: 7.5pt; }
  .tree .head, .tree .head > * { font-size: 7pt; }
  .record dl { font-size: 7pt; } }
"""
