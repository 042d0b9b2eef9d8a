"""`make cluster-rehearsal`: build, start, trouble, check, report; nothing stays behind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.console import out, plain
from deploy.rehearsal import deciding, ending, restoring, rolling, secrecy, starting, trouble
from deploy.rehearsal.cases import Cases
from deploy.rehearsal.playing import CACHE, Steps, ended, play, rehearsed, told, workplace
from deploy.rehearsal.preparing import prepared
from deploy.rehearsal.report import Report
from deploy.rehearsal.scene import Scene
from deploy.rehearsal.toolchain import DEX_SOURCE, tools
from deploy.rehearsal.versions import before, programs_of

TITLE = "A rehearsal of the cluster"
ABOUT = (
    "`make cluster-rehearsal` wrote this page. It starts the servers of the cluster without containers, from",
    "the [files that containers mount](../deploy/config), and lets happen to them what happens.",
)
STEPS: Steps[Scene] = (
    ("PostgreSQL and the schema job", starting.schema),
    ("people log in at dex", starting.logins),
    ("the Temporal server in five roles", starting.roles),
    ("the namespace job", starting.namespace),
    ("the collector", starting.collector),
    ("three workers of version A", starting.workers),
    ("a worker is killed", trouble.worker_dies),
    ("cases are handed in", deciding.hand_in),
    ("signals with wrong tokens", deciding.strangers),
    ("impostors with good tokens", deciding.impostors),
    ("a comment without the keyring", secrecy.comment_in_clear),
    ("an approval with a login", deciding.decide),
    ("an approval in the UI", deciding.decide_in_the_ui),
    ("history is killed", trouble.history_dies),
    ("matching is killed", trouble.matching_dies),
    ("the frontend restarts", trouble.frontend_restarts),
    ("PostgreSQL restarts", trouble.database_restarts),
    ("workers' tokens run out", trouble.tokens_run_out),
    ("the payloads' key is rotated", secrecy.rotate),
    ("workers roll from A to B", rolling.roll_forward),
    ("figures have arrived", ending.figures),
    ("and back from B to A", rolling.roll_back),
    ("refunds and ticket end", ending.refunds_and_ticket),
    ("no workflow task has failed", ending.no_task_failed),
    ("the list says the same", ending.lists_agree),
    ("nothing is there twice", ending.nothing_twice),
    ("the trail is complete", ending.verify),
    ("spans have arrived", ending.traces),
    ("the server's databases tell nothing", secrecy.nothing_told),
    ("a backup is taken", restoring.back_up),
    ("all is lost and restored", restoring.restore),
    ("restored cases go on", restoring.go_on),
    ("an older server and a newer ledger", restoring.older_server),
)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def rehearse(
    report: Annotated[Path | None, typer.Option(help="Where the report is written, beside the terminal.")] = None,
    version_a: Annotated[str | None, typer.Option(help="The revision whose workers begin; B is this folder.")] = None,
    cache: Annotated[Path, typer.Option(help="Where built servers are kept.")] = CACHE,
    dex: Annotated[str, typer.Option(help="The git repository of dex, or a folder that has one.")] = DEX_SOURCE,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the folder with all logs where it is.")] = False,
) -> None:
    """Rehearse the cluster of deploy/ on this machine, without containers; exit code 1 where a step fails."""
    rehearsed(_rehearse(report, version_a, cache, dex, keep=keep))


async def _rehearse(report: Path | None, version_a: str | None, cache: Path, dex: str, *, keep: bool) -> int:
    built = await tools(cache.expanduser().resolve(), dex, told)
    for missing in built.without:
        out.print(f"[yellow]left out: {plain(missing, 600)}[/yellow]")
    revision = version_a or before()
    made = Report(TITLE, ABOUT, programs_of(built, revision))
    async with workplace(keep=keep) as folder, prepared(folder, built, revision) as ground:
        await play(STEPS, Scene(ground, Cases(folder)), made)
    return made.published(report)


if __name__ == "__main__":
    ended(app)
