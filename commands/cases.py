"""Listing cases and showing one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from temporalio.client import WorkflowExecution, WorkflowExecutionStatus

from commands.console import UserError, command, out, plain
from commands.desk import Desk, open_desk
from commands.dossier import dossier
from commands.outcomes import CASES, details, document_of, outcome_of, told
from commands.showing import print_card, print_dossier
from commands.submit import COLOURS
from commands.waiting import quotable, waiting_for
from domain.spending import Spent
from domain.text import show
from integrations.policy_folder import PolicyFolder
from workflows import attributes

MANY = 200
RECENT_MINUTES = 120


@command
async def list_cases(
    state: Annotated[str | None, typer.Option(help="Only this state, such as held, posted or needs repair.")] = None,
) -> int:
    """List the newest cases."""
    desk = await open_desk()
    wanted = f' AND CaseState="{quotable(state)}"' if state else ""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("case", "started", "state", "with"):
        table.add_column(column, no_wrap=True)
    async for found in desk.client.list_workflows(f"{CASES}{wanted}", limit=MANY):
        held = found.typed_search_attributes.get(attributes.OWNER_ROLE) or ""
        shown = state_of(found)
        colour = COLOURS.get(shown, "bold")
        table.add_row(found.id, _ago(found.start_time), f"[{colour}]{shown}[/{colour}]", held)
    out.print(table if table.row_count else "No case yet. Start one with `starter.py invoice FILE`.")
    return 0


@command
async def show_case(
    which: Annotated[str, typer.Argument(help="A case id or the beginning of one, or an approval's id.")],
) -> int:
    """Show where a case stands, what was found and who decided; or all that is on record of an approval."""
    desk = await open_desk()
    if which.startswith("approval."):
        return await print_dossier(desk, which)
    found = await one_case(desk, which)
    out.print(f"[bold]{found.id}[/bold]  {state_of(found)}  {desk.link(found.id)}")
    if found.status == WorkflowExecutionStatus.COMPLETED:
        await _show_outcome(desk, found)
    elif about := found.typed_search_attributes.get(attributes.SUBJECT):
        out.print(plain(about))
    for approval in [pending async for pending in waiting_for(desk, found.id)]:
        out.print(f"\nWaiting: [bold]{approval.id}[/bold]  {desk.link(approval.id)}")
        print_card(await dossier(desk, approval.id))
    return 0


@command
async def document(
    case: Annotated[str, typer.Argument(help="A case id, or the beginning of one.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to; its own name, here, by default.")
    ] = None,
) -> int:
    """Save the document a case is about, exactly as it came in."""
    desk = await open_desk()
    ref = await document_of(desk, await one_case(desk, case))
    target = output or Path(re.sub(r"[^\w.-]", "_", Path(ref.name).name).lstrip(".") or ref.digest)
    content = await desk.documents.get(ref)
    try:
        with target.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise UserError(f"{target} is there already; name another with --output.") from None
    out.print(f"{plain(target)}: {ref.size} bytes, sha256 {ref.digest}. It came from outside: open it with care.")
    return 0


async def one_case(desk: Desk, case: str) -> WorkflowExecution:
    """The one case whose id is or begins with this."""
    safe = quotable(case)
    query = f'{CASES} AND WorkflowId STARTS_WITH "{safe}"'
    found = [each async for each in desk.client.list_workflows(query, limit=5)]
    newest = {each.id: each for each in reversed(found)}
    if case in newest:  # the cases that it has started begin with its id as well
        return newest[case]
    if len(newest) != 1:
        said = f"{'Several' if newest else 'No'} cases begin with {show(safe, 80)}."
        raise UserError(f"{said} `starter.py list` shows them all.")
    return next(iter(newest.values()))


async def _show_outcome(desk: Desk, case: WorkflowExecution) -> None:
    outcome = await outcome_of(desk, case)
    state, said = told(outcome)
    out.print(f"{state}: {plain(said, 600)}")
    for line in details(outcome):
        out.print(line)
    if spent := getattr(outcome, "spent", None):
        out.print(await cost_of(desk, spent))


async def cost_of(desk: Desk, spent: Spent) -> str:
    """What the agents' reasoning cost, in the currency that prices are kept in."""
    if not spent.turns:
        return "cost: nothing, no agent reasoned"
    currency = (await PolicyFolder(desk.settings.policies).prices()).currency
    tokens = f"{spent.input_tokens:,} tokens in, {spent.output_tokens:,} out"
    said = f"cost: {_count(spent.turns, 'turn')}, {tokens}, {spent.money:f} {currency}, {spent.seconds:.1f} s"
    return f"{said}; {_count(spent.unpriced, 'turn')} of unknown price not included" if spent.unpriced else said


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def state_of(found: WorkflowExecution) -> str:
    """Where a case stands, as lists say it."""
    said = found.typed_search_attributes.get(attributes.CASE_STATE)
    if said and found.status in (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED):
        return said
    return found.status.name.lower() if found.status else "unknown"


def _ago(moment: datetime) -> str:
    minutes = int((datetime.now(UTC) - moment).total_seconds() // 60)
    if minutes < RECENT_MINUTES:
        return f"{minutes} min ago" if minutes else "just now"
    return f"{moment:%Y-%m-%d %H:%M}"
