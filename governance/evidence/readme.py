"""The written procedure in a pack: how to check it, what that proves, and what it does not."""

from __future__ import annotations

import re
from collections.abc import Iterable

from domain.text import show
from governance.evidence.manifest import Lack
from governance.reconciliation.held import Chain

SAFE = re.compile(r"[\w.@][\w.@-]*", re.ASCII)
"""What a shell takes as it is."""


def readme(case: str, signer: str | None, chain: Chain, lacks: Iterable[Lack]) -> str:
    """README.txt of a pack."""
    erased = [f"- {show(each.by, 80)} erased bodies at {each.at}: {show(each.reason, 300)}" for each in chain.erasures]
    lacking = [f"- {show(each.what, 150)}: {show(each.why, 300)}" for each in lacks]
    return TEXT.format(
        case=show(case, 300),
        quoted=case if SAFE.fullmatch(case) else "CASE",
        signed=SIGNED.format(kid=signer) if signer else UNSIGNED,
        sealed=SEALED if chain.sealed else OPEN,
        erased="\n".join(["", "Erased", "------", ERASED, *erased, ""] if erased else []),
        lacking="\n".join(lacking or ["Nothing."]),
    )


SIGNED = "Its manifest is signed by the key {kid}."
UNSIGNED = "Its manifest is NOT signed: whoever had this pack in hand could change whatever the ledger does not hold."
SEALED = "The case is closed and sealed in the ledger."
OPEN = "The case is not sealed: it goes on, or ended so lately that not all of it has been entered in the ledger."
ERASED = (
    "Bodies were erased from the ledger on purpose. Ids, kinds and hashes of what was erased are still in ledger.jsonl."
)
TEXT = """Evidence of one case
====================

Case: {case}
{signed}
{sealed}

This pack supports an audit of the case above: what happened, who decided it and with what authority, by which rule, and
what was done in other systems. It can be checked without the software that made it.

What is in it
-------------
summary.html     the case for a reader in a hurry, and which question each file helps to answer
trail.html       everything that happened, in order, each line with the events that prove it
ledger.jsonl     what the ledger holds of the case: a chain of hashes, what it commits to, signed checkpoints
records.json     what happened, as records; routine ones are in no entry of the ledger but in a history
histories/       the workflow server's own histories, on which all records rest
decisions.json   judgements, requests and answers word for word, with what was not counted and why
journal.json     every try of every activity, written down before it began
spans.json       the records as OpenTelemetry spans
policies/        the rule files that the verdicts name by their SHA-256
agents/          instructions, rules and answer schema of each agent that was asked
documents/       the document and what agents were given, by SHA-256; only where they were asked for
manifest.json    the list of all files with their SHA-256, in an envelope that can be signed
verify.py        checks all of this

How to check it
---------------
You need Python 3.11 or later and, to check signatures, its package cryptography. Work in an empty folder.

1. Get verify.py by another way than this pack: from the project's own pages, or from an audit you made before. A pack
   that was tampered with can bring a verify.py that says all is well. Compare the two:

       sha256sum verify.py

2. Get the id of the ledger's key by another way too: from the contract, the previous audit, or by asking the person who
   holds it, by telephone. `starter.py ledger key new` printed it when the key was made.

3. Get the checkpoints that were kept elsewhere, such as on your own server or in storage that nobody can overwrite:
   a folder of files such as 00000002.json, made by `starter.py ledger checkpoint --to`.

4. Check (leave out what you could not get):

       python -m venv checking
       checking/bin/pip install cryptography
       checking/bin/python verify.py case.zip --case {quoted} --key KEY-ID --checkpoints FOLDER

   The exit code is 0 where nothing is missing, altered or added, 1 where something is, 2 where nothing could be
   checked. Each sentence says what is wrong and where. Lines after those are what this check could not know.

5. Read summary.html and trail.html in any browser. They load nothing and run nothing.

Without the package cryptography you can still hold every file against the manifest, and nothing more. In the folder of
the unpacked pack (these lines begin at the margin, and so must they when you type them):

python3 -c "
import base64, hashlib, json, pathlib
said = json.loads(base64.b64decode(json.load(open('manifest.json'))['payload']))
for f in said['files']:
    same = hashlib.sha256(pathlib.Path(f['path']).read_bytes()).hexdigest() == f['sha256']
    print('ok ' if same else 'ALTERED', f['path'])"

What each step proves
---------------------
The manifest's hashes     that the files are those that the manifest lists.
The manifest's signature  that who holds the ledger's key has listed them. Not that they are true.
The chain of hashes       that no entry was altered, removed, inserted or moved since the one after it was made.
The commitments           that the bodies are those that were entered.
Checkpoints               that the chain was as it is now when the checkpoint was signed. Entries after the last one
                          can be cut off unseen; verify.py counts them.
Checkpoints kept by you   that nobody has written the ledger again since you got them, not even who holds the key.
Each event in one record  that no record was left out of a run whose history is here, and that none was invented. What
                          a record makes of its events is the software's reading of them; the events are beside it.
Policies by digest        that these are the rules by which the verdicts were given.
The journal               which tries there were; one without an end is an outcome that nobody knows.

What it does not prove
----------------------
- That what people and systems said is true: a receipt is what the business system answered, not the state of its books.
- That the workflow server, at the moment it wrote an event, was honest. The ledger begins where it was read.
- Anything against somebody who has the database, the ledger's key and every kept checkpoint: who holds all three can
  write another history without a flaw. Against kept checkpoints or a key id that they do not control, it shows.
- Who a person is beyond the assurance beside each answer: "claimed" is what the caller said, and "anonymous" nobody.
  In the profile "dev" nobody was authenticated at all.
- That summary.html, trail.html and spans.json are drawn up right: the signature covers them, the ledger does not. What
  counts is in records.json and histories/. Times are the clocks of the server and the workers.
- That this file and verify.py are what they were: without a signature and a verify.py of your own, nobody can tell.
- That this was the only case about its document, or that nothing was done past this system.
{erased}
What is not in this pack
------------------------
{lacking}
"""
