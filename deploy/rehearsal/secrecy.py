"""What the server's databases tell of cases whose payloads are encrypted, also while the key changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from deploy.rehearsal.cases import Handle, approval_of
from deploy.rehearsal.cluster import NAMESPACE
from deploy.rehearsal.ground import workers_of
from deploy.rehearsal.postgresql import TEMPORAL
from deploy.rehearsal.processes import Failed
from deploy.rehearsal.report import Step
from deploy.rehearsal.scene import Scene
from deploy.rehearsal.settling import settled
from integrations.payloads.keyring import read_keyring
from integrations.payloads.live_keyring import LOOK_SECONDS
from integrations.temporal.histories import Histories

CONTENT = {
    "a supplier": "Van Dijk",
    "an amount": "2914.00",
    "an account": "NL88XBNK0999912345",
    "the subject of a message": "Where is our order?",
    "its sender": "einkauf@metallbau-priel.example",
    "why a case was held": "billed at 13.15",
}
"""Of the invoices with a price variance and of the ticket."""
IN_CLEAR = ("erp.post_bill", "post_bill", "price_variance", "buyer", "nils", "mailroom", "CgRuaWxzEgVsb2NhbA")
"""Types, roles, findings, who decided and who called: docs/security.md says that these stay readable."""


async def comment_in_clear(scene: Scene, step: Step) -> None:
    """Somebody comments with a client that has no keyring, as the UI without a codec server does."""
    approval = await approval_of(await scene.operator(), scene.cases.started["05"])
    keyless = await scene.ground.desk(scene.ground.people["petra"], "petra@elsewhere", keyless=True)
    await keyless.client.get_workflow_handle(approval).signal("comment", scene.spoken)
    step.saw("petra commented with a client that has no keyring")


async def rotate(scene: Scene, step: Step) -> None:
    """The steps for machines that have copies, with a case open and another one coming while some are behind."""
    ground, workers = scene.ground, workers_of("A")
    old = read_keyring(ground.keyring).current
    waiting = await scene.asking("K0")
    approval = await approval_of(await scene.operator(), scene.cases.started[waiting])
    await ground.done("keys", "rotate", "--prepare")
    ground.spread(*workers)
    await ground.done("keys", "rotate")
    new = read_keyring(ground.keyring).current
    ground.spread(workers[0])
    meanwhile = await scene.asking("K1")
    ends = {(await settled(scene, scene.cases.started[case]))[0] for case in (waiting, meanwhile)}
    ground.spread(*workers)
    await asyncio.sleep(2 * LOOK_SECONDS)
    later = await scene.asking("K2")
    ends |= {(await settled(scene, scene.cases.started[later]))[0]}
    if ends != {"posted"}:
        raise Failed(f"cases end as {', '.join(ends)}")
    keys = [await _keys_of(scene, scene.cases.started[case].id, (old, new)) for case in (waiting, later)]
    if keys != [{old, new}, {new}] or await _keys_of(scene, approval, (old, new)) != {old, new}:
        raise Failed(f"the histories name the keys {keys}; the old one is {old}")
    step.saw("a case was open, another came while one of three workers had the new key as its current one, all posted")
    step.saw("the history of the first names both keys, that of one which came afterwards the new one alone")


async def nothing_told(scene: Scene, step: Step) -> None:
    """Everything in the server's databases, as text: what a case is about is not in it."""
    said = await _opened(scene, [scene.cases.started[case] for case in ("05", "ticket 02")])
    if unsaid := [what for what, words in CONTENT.items() if words.encode() not in said]:
        raise Failed(f"no case says {', '.join(unsaid)}, so that the databases' silence would show nothing")
    if scene.canary.encode() not in said:
        raise Failed("the approver's note is in no history")
    dumped = await _dumped(scene)
    told = [what for what, words in CONTENT.items() if _found(words, dumped)]
    if told or _found(scene.canary, dumped):
        raise Failed(f"the server's databases tell {', '.join(told) or 'what somebody answered'}")
    step.saw(f"{', '.join(CONTENT)} and an approver's note went into cases; none is in {' or '.join(TEMPORAL)}")
    if hidden := [words for words in (*IN_CLEAR, scene.spoken) if not _found(words, dumped)]:
        raise Failed(f"docs/security.md says that these stay in clear, and they are nowhere: {', '.join(hidden)}")
    step.saw(f"in clear, as the page says: {', '.join(IN_CLEAR)}, and the comment of a client without the keyring")
    step.saw(f"{sum(map(len, dumped)) / 1e6:.1f} MB were searched")


async def _keys_of(scene: Scene, workflow: str, known: Iterable[str]) -> set[str]:
    """Which of these keys the payloads of a history name, as the server has it."""
    keyless = await scene.ground.desk(scene.ground.token("rehearsal", f"{NAMESPACE}:read"), "rehearsal", keyless=True)
    history = await keyless.client.get_workflow_handle(workflow).fetch_history()
    content = b"".join(event.SerializeToString() for event in history.events)
    return {key for key in known if key.encode() in content}


async def _opened(scene: Scene, cases: Iterable[Handle]) -> bytes:
    """What the histories of cases and of what they started say to whoever has the keyring."""
    histories = Histories((await scene.operator()).client)
    runs = [run for case in cases for run in await histories.every_run(case.id)]
    return b"".join(event.SerializeToString() for run in runs for event in run.events)


async def _dumped(scene: Scene) -> list[bytes]:
    files = [scene.ground.folder / f"{database}.sql" for database in TEMPORAL]
    for database, file in zip(TEMPORAL, files, strict=True):
        await scene.ground.database.dump(database, file)
    return [file.read_bytes() for file in files]


def _found(words: str, dumped: Iterable[bytes]) -> bool:
    """Whether a dump has these words, as text or within a column of bytes, which it writes in hexadecimal digits."""
    spelt = words.encode(), words.encode().hex().encode()
    return any(each in content for each in spelt for content in dumped)
