"""Answering what waits: one decision by its id, or many by a query."""

from __future__ import annotations

import getpass
import json
import socket
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from commands.answering import Reply, Told, answer, send
from commands.bulk import LIMIT, Bulk
from commands.consent import agreed
from commands.console import UserError, command, out, plain
from commands.desk import Desk, open_desk
from commands.inbox import Query, print_waiting
from commands.settling import settled
from commands.signing import Sign, Signer, print_changes, print_signed, signer_of
from commands.waiting import WAITING, Pending, approval_of, pending, quotable, waiting_for
from domain.text import show

__all__ = [
    "WAITING",
    "By",
    "answer",
    "approve",
    "comment",
    "delegate",
    "print_waiting",
    "quotable",
    "reject",
    "waiting_for",
]

By = Annotated[str | None, typer.Option(help="Who answers. You, by default.")]
As = Annotated[str | None, typer.Option("--as", help="With --sign: who the key must belong to.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before sending.")]
Which = Annotated[str, typer.Argument(help="An approval's id, or its case's id or the beginning of it.")]
Whichever = Annotated[
    str | None, typer.Argument(help="An approval's id, or its case's id or the beginning of it; or use --query.")
]
Limit = Annotated[int, typer.Option(min=1, max=500, help="With --query: answer at most so many.")]


@command
async def approve(  # noqa: PLR0913 - options
    which: Whichever = None,
    *,
    note: Annotated[str | None, typer.Option(help="What you want on record.")] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(help='Approve with a change: NAME=JSON, such as due_date="2026-12-24". Repeat it.'),
    ] = None,
    query: Query = None,
    limit: Limit = LIMIT,
    sign: Sign = None,
    signer: As = None,
    by: By = None,
    yes: Yes = False,
) -> int:
    """Approve exactly the action that the card shows, or that action with changes."""
    if query and change:
        raise UserError("--change goes with one approval and not with --query: name the approval.")
    desk, key, person = await _sender(sign, signer, by)
    reply = Reply(kind="approve", by=person, text=note, changes=changes_of(change or []))
    return await _answer(desk, reply, which, query, Bulk(desk, key, limit=limit, yes=yes))


@command
async def reject(  # noqa: PLR0913 - options
    which: Whichever = None,
    *,
    reason: Annotated[str, typer.Option(help="Why; it is on record and required.")],
    query: Query = None,
    limit: Limit = LIMIT,
    sign: Sign = None,
    signer: As = None,
    by: By = None,
    yes: Yes = False,
) -> int:
    """Refuse."""
    desk, key, person = await _sender(sign, signer, by)
    return await _answer(
        desk, Reply(kind="reject", by=person, text=reason), which, query, Bulk(desk, key, limit=limit, yes=yes)
    )


@command
async def comment(which: Which, text: Annotated[str, typer.Option(help="What to say.")], by: By = None) -> int:
    """Say something without deciding; a question (ending in ?) is put to the agent."""
    desk, _, person = await _sender(None, None, by)
    return await _one(desk, which, Reply(kind="comment", by=person, text=text), None, yes=True)


@command
async def delegate(  # noqa: PLR0913 - options
    which: Which,
    *,
    to: Annotated[str, typer.Option(help="The person of people.toml who shall decide instead of you.")],
    note: Annotated[str | None, typer.Option(help="What you want on record.")] = None,
    sign: Sign = None,
    signer: As = None,
    by: By = None,
    yes: Yes = False,
) -> int:
    """Hand your decision on to somebody whom people.toml names among your delegates."""
    desk, key, person = await _sender(sign, signer, by)
    return await _one(desk, which, Reply(kind="delegate", by=person, text=note, person=to), key, yes=yes)


def changes_of(given: list[str]) -> dict[str, JsonValue] | None:
    """What --change says, by name: JSON values with exact numbers, and what is no JSON as the text it is."""
    changes: dict[str, JsonValue] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.strip() or name.strip() in changes:
            raise UserError(f"--change {show(each, 80)} is no NAME=VALUE, or names what another one has changed.")
        try:
            changes[name.strip()] = json.loads(value, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            if value.lstrip()[:1] in ("{", "[", '"'):
                raise UserError(f"--change {show(each, 80)}: what follows the = is not JSON.") from None
            changes[name.strip()] = value
    return changes or None


async def _sender(sign: Path | None, named: str | None, by: str | None) -> tuple[Desk, Signer | None, str]:
    """Who answers, under a client identity of that name."""
    if named and not sign:
        raise UserError("--as says whose key signs; name the key with --sign, or say --by without one.")
    key = await signer_of(sign, named or by) if sign else None
    person = key.person.id if key else by or getpass.getuser()
    name = person.encode(errors="replace").decode()[:100]
    return await open_desk(identity=f"{name}@{socket.gethostname()}"), key, person


async def _answer(desk: Desk, reply: Reply, which: str | None, query: str | None, bulk: Bulk) -> int:
    if (which is None) == (query is None):
        raise UserError("Name one approval, or say which ones with --query. `starter.py inbox` shows what waits.")
    if query is not None:
        return await bulk.answer(reply, query)
    return await _one(desk, which or "", reply, bulk.signer, yes=bulk.yes)


async def _one(desk: Desk, which: str, reply: Reply, signer: Signer | None, *, yes: bool) -> int:
    """Read, check, show what is signed, send, and say what became of it."""
    reply.read(signed=signer is not None)
    asked = await pending(desk, await approval_of(desk, which))
    _examine(asked, reply)
    if signer:
        print_signed(signer, asked, reply)
        if not agreed(f"Sign this and {reply.kind}?", yes=yes):
            out.print("Nothing was sent.")
            return 1
        asked = await _still(desk, asked)
    elif reply.changes:
        print_changes(asked, reply)
    told = await send(desk, asked, reply, signer.token(asked, reply) if signer else None)
    return await _report(desk, told)


async def _still(desk: Desk, shown: Pending) -> Pending:
    """The request as it is after somebody has thought about it; raise `UserError` where it is another one by now."""
    now = await pending(desk, shown.id)
    if now.request.digest != shown.request.digest:
        raise UserError(f"{shown.id} is another request than the one shown. Nothing was sent; look at it again.")
    return now


def _examine(asked: Pending, reply: Reply) -> None:
    """Refuse what must not be answered, and changes that the action does not take."""
    if not asked.request.intact():
        raise UserError(
            f"{asked.id} is not to be trusted: its digest is not that of its action. "
            "Nothing was sent; tell the operator."
        )
    try:
        if reply.changes:
            asked.request.subject.action.amended(reply.changes)
    except ValueError as error:
        raise UserError(f"Nothing was sent: {show(str(error), 400)}.") from None


async def _report(desk: Desk, told: Told) -> int:
    heard = told.heard
    if not heard.counted:
        why_not = plain(heard.why_not, 600).rstrip(".")
        out.print(f"[red]Not counted:[/red] {why_not}.", soft_wrap=True)
        return 1
    how = f", {plain(heard.how)}" if heard.how else ""
    said = f"Counted: {plain(heard.kind)} by {plain(heard.person)} ({heard.assurance}){how}, event {heard.event_id}."
    out.print(said, soft_wrap=True)
    out.print(await settled(desk, told.ballot), soft_wrap=True)
    return 0
