"""How tables of the summary look: rows on a wide screen and on paper, a card a row on a narrow one."""

from __future__ import annotations

TABLES = """
table { width: 100%; border-collapse: collapse; margin: .5rem 0 1rem; font-size: .88rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--dim); font-weight: 600; } h3 { margin-top: 1rem; }
@media screen and (min-width: 56rem) { th { white-space: nowrap; } td { min-width: 4rem; }
  td:is([data-label="action"], [data-label="receipt"], [data-label="row"], [data-label="SHA-256"]) {
    white-space: nowrap; }
  td[data-label="when"] { min-width: 6.4rem; } }
@media screen and (max-width: 56rem) { thead { display: none; } table, tbody, tr, td { display: block; }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0; } td { border: 0; padding: .1rem 0; }
  td::before { content: attr(data-label) ": "; color: var(--dim); } td:empty { display: none; } }
@media print { table { font-size: 7pt; } tr { break-inside: avoid; } thead { display: table-header-group; }
  th, td { padding-right: .5rem; min-width: 3rem; overflow-wrap: break-word; } h3 { break-after: avoid; }
  td:is([data-label="key"], [data-label="SHA-256"]) { overflow-wrap: anywhere; } }
"""
