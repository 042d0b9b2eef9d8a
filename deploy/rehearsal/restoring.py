"""A backup, the loss of everything, and what docs/how-to/run-in-a-cluster.md says to do then."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from deploy.rehearsal.cases import approval_of, doubled
from deploy.rehearsal.ending import completed
from deploy.rehearsal.ground import Ground, workers_of
from deploy.rehearsal.postgresql import OURS, TEMPORAL, USER
from deploy.rehearsal.processes import Failed
from deploy.rehearsal.report import Step
from deploy.rehearsal.scene import Scene
from deploy.rehearsal.settling import settled

ACTION = ("action", "erp.schedule_payment")
OPEN, AFTER, LATER = "W0", "W1", "W2"
"""What is open in the backup, what comes after it, and what ends after the server's database was dumped."""


@dataclass(frozen=True)
class Kept:
    """Where a backup is, somewhere else."""

    folder: Path

    @property
    def databases(self) -> Path:
        """All of them."""
        return self.folder / "databases.tar"

    @property
    def documents(self) -> Path:
        """Copied after the databases."""
        return self.folder / "documents"

    @property
    def checkpoints(self) -> Path:
        """The ledger's signed statements."""
        return self.folder / "checkpoints"

    def dump(self, database: str) -> Path:
        """One database alone."""
        return self.folder / f"{database}.sql"


def _kept(ground: Ground) -> Kept:
    return Kept(ground.folder / "kept")


async def back_up(scene: Scene, step: Step) -> None:
    """Databases, then documents, with a case open; after that cases go on, which no restore will know of."""
    ground, kept = scene.ground, _kept(scene.ground)
    kept.folder.mkdir()
    await approval_of(await scene.operator(), scene.cases.started[await scene.asking(OPEN)])
    await ground.done("sweep")
    await ground.done("ledger", "key", "new", str(kept.folder / "ledger.pem"))
    await _sign(ground, kept)
    await ground.database.back_up(kept.databases)
    shutil.copytree(ground.home / "documents", kept.documents)
    step.saw(f"a backup of all databases of {kept.databases.stat().st_size / 1e6:.0f} MB, then the documents")
    for case in (f"05{OPEN}", await scene.asking(AFTER)):
        ended, who = await settled(scene, scene.cases.started[case])
        if ended != "posted":
            raise Failed(f"{case} ends as {ended}")
        which = "a case that is open in it" if OPEN in case else "one that came afterwards"
        step.saw(f"{who} approved {which}; it was posted")
    await ground.done("sweep")
    await _sign(ground, kept)
    await ground.database.dump("books", kept.dump("books"))


async def restore(scene: Scene, step: Step) -> None:
    """Everything is gone but the backup, and the business system, which has forgotten nothing."""
    ground, kept = scene.ground, _kept(scene.ground)
    await _all_stops(scene)
    await ground.database.restore(kept.databases)
    shutil.rmtree(ground.home / "documents")
    shutil.copytree(kept.documents, ground.home / "documents")
    await ground.database.start()
    await ground.database.put_back("books", OURS, kept.dump("books"))
    await ground.cluster.start()
    await ground.done("suspend", *ACTION, "--reason", "restored")
    code, said = await ground.run("ledger", "verify", "--checkpoints", str(kept.checkpoints), token=ground.worker_token)
    if code != 1:
        raise Failed(f"ledger verify calls the older ledger whole: {said[-500:]}")
    step.saw(f"the server came back without workers; `ledger verify --checkpoints` says: {_first(said)}")
    first, *others = workers_of("A")
    await ground.start_worker(first)
    await ground.at_work((first,))
    await ground.done("sweep", within=60)
    step.saw(f"with one worker, `verify --all` says: {await completed(scene)}")
    await ground.done("resume", *ACTION, "--reason", "looked at")
    for name in others:
        await ground.start_worker(name)
    await ground.at_work(others)


async def go_on(scene: Scene, step: Step) -> None:
    """What the restored server has forgotten and the books have not is done again, and told that it is done."""
    desk = await scene.operator()
    before = await doubled(desk)
    open_case = scene.cases.started[f"05{OPEN}"]
    again = await scene.cases.invoice(desk, "05", AFTER)
    ends = [(await settled(scene, case))[0] for case in (open_case, again)]
    after = await doubled(await scene.operator())
    if ends != ["posted", "duplicate"] or before != after:
        raise Failed(f"the cases end as {', '.join(ends)}; twice, bills and payments were {before} and are {after}")
    step.saw("the case that was open asked again, and was told of each effect that it is done: posted")
    step.saw("the one that was forgotten was handed in again: a duplicate, since the books have its bill")
    step.saw(
        f"the books have {after[1]} bills and {after[2]} payments, as before; `verify --all`: {await completed(scene)}"
    )


async def older_server(scene: Scene, step: Step) -> None:
    """The server's databases from one moment, the ledger from a later one: never do this, and see it named."""
    ground, kept = scene.ground, _kept(scene.ground)
    await approval_of(await scene.operator(), scene.cases.started[await scene.asking(LATER)])
    for database in TEMPORAL:
        await ground.database.dump(database, kept.dump(database))
    await settled(scene, scene.cases.started[f"05{LATER}"])
    await ground.done("sweep")  # until it is sealed
    await _all_stops(scene)
    await ground.database.start()
    for database in TEMPORAL:
        await ground.database.put_back(database, USER, kept.dump(database))
    await ground.cluster.start()
    code, said = await ground.run("verify", "--all", token=ground.worker_token)
    case = scene.cases.started[f"05{LATER}"].id
    if code != 1 or case not in said:
        raise Failed(f"verify --all ends with exit code {code}: {said[-900:]}")
    step.saw(f"`verify --all`: {said.strip().splitlines()[-1]}")
    step.saw(f"of the case that had ended meanwhile: {_first(said[said.index(case) :].partition(chr(10))[2])}")


async def _sign(ground: Ground, kept: Kept) -> None:
    key = str(kept.folder / "ledger.pem")
    await ground.done("ledger", "checkpoint", "--key", key, "--to", str(kept.checkpoints))


async def _all_stops(scene: Scene) -> None:
    """As in an outage: workers, server and database, one after the other."""
    for name in tuple(scene.ground.workers):
        await scene.ground.workers.pop(name).stop()
    await scene.ground.cluster.stop()
    await scene.ground.database.stop()


def _first(said: str) -> str:
    return said.strip().splitlines()[0].strip()
