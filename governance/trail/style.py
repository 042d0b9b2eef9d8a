"""How the page of a trail looks: light or dark as the reader's system is, on narrow screens and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --paper: #fdfdfc; --ink: #1c2024; --dim: #60666d; --line: #dcdfe3; --bar: #3d6fa5;
  --person: #8a5a00; --bad: #b3261e; --good: #2f6f4f; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171a; --ink: #e4e7ea; --dim: #9aa2aa; --line: #31373d;
  --bar: #7aa7d9; --person: #e0b15c; --bad: #ff8a80; --good: #82c7a3; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 78rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
h3 { font-size: .95rem; margin: 0 0 .25rem; } p { margin: .25rem 0; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: .2em; }
.dim { color: var(--dim); } .bad { color: var(--bad); font-weight: 600; } .outcome { font-size: 1.05rem; }
.facts, .record dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0; }
dt { color: var(--dim); } dd { margin: 0; }
.tree { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line); }
.tree li { display: grid; grid-template-columns: 10rem minmax(0, 1fr) 24%; gap: 0 1rem; padding: .3rem 0;
  border-bottom: 1px solid var(--line); break-inside: avoid; }
time, .mono { font-family: ui-monospace, monospace; font-size: .82rem; font-variant-numeric: tabular-nums; }
.what { padding-left: calc(var(--depth) * 1.3rem); }
.what b::before { content: "● "; color: var(--bar); font-size: .7em; vertical-align: .15em; }
.person b::before { color: var(--person); } .error b::before, .unknown b::before { color: var(--bad); content: "▲ "; }
.open b::before { content: "○ "; } .effect b::before { color: var(--good); content: "■ "; }
.span { position: relative; align-self: center; height: .55rem; border-radius: .2rem; background: var(--line); }
.span i { position: absolute; left: min(var(--from), calc(100% - 3px)); width: max(var(--for), 3px); top: 0; bottom: 0;
  border-radius: .2rem; background: var(--bar); max-width: 100%; }
.person .span i { background: var(--person); } .effect .span i { background: var(--good); }
.error .span i, .unknown .span i { background: var(--bad); }
.records { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(36rem, 100%), 1fr)); gap: 0 2rem; }
.record { border-top: 1px solid var(--line); padding: .6rem 0; } .record:target { outline: 2px solid var(--bar); }
.record dl { font-size: .85rem; } .key { display: flex; flex-wrap: wrap; gap: 0 1.2rem; }
@media (max-width: 44rem) { body { padding: .8rem; font-size: 14px; }
  .tree li { grid-template-columns: 1fr; } .what { padding-left: calc(var(--depth) * .8rem); }
  .facts, .record dl { grid-template-columns: 1fr; gap: 0; } dd { margin: 0 0 .35rem; } .span { margin: .2rem 0; } }
@media print { :root { color-scheme: light; --paper: #fff; --ink: #000; --dim: #444; --line: #bbb; --bar: #3d6fa5;
  --person: #8a5a00; --bad: #b3261e; --good: #2f6f4f; } @page { margin: 14mm; }
  body { padding: 0; max-width: none; font-size: 9.5pt; } a { text-decoration: none; } h2 { break-after: avoid; }
  .record { break-inside: avoid; } .span, .span i { print-color-adjust: exact; }
  .record dl { font-size: 7pt; } }
"""
