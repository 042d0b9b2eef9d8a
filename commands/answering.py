"""Sending the signals that the UI sends, and then waiting until the approval says what became of the answer."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from pydantic import JsonValue
from temporalio.service import RPCError, RPCStatusCode

from commands.console import UserError
from commands.desk import Desk
from commands.waiting import NO_WORKER, Pending, ballot_of, gone, pending
from domain.values import Frozen
from governance.answer import WORDS, Answer, AnswerKind, parse_answer
from governance.approval import Heard
from governance.ballot import Ballot

ANSWER_SECONDS = 20
POLL_SECONDS = 0.2


class Reply(Frozen):
    """An answer as it will be sent: `text` is its note or reason or what it says, `person` to whom it is handed on."""

    kind: AnswerKind
    by: str
    text: str | None = None
    person: str | None = None
    changes: dict[str, JsonValue] | None = None

    def payload(self, token: str | None = None) -> dict[str, JsonValue]:
        """The signal's data; characters that no JSON can carry are replaced."""
        word = "note" if self.kind == "delegate" else WORDS[self.kind]
        given = {"by": self.by, word: self.text, "person": self.person, "token": token}
        texts = {name: value.encode(errors="replace").decode() for name, value in given.items() if value}
        return {**texts, "changes": self.changes} if self.changes else {**texts}

    def read(self, *, signed: bool = False) -> Answer:
        """The answer as the approval will read it; raise `UserError` for one that could not count."""
        content = json.dumps(self.payload("a token" if signed else None)).encode()
        answer = parse_answer(self.kind, "json/plain", content)
        if answer.fault:
            raise UserError(f"Nothing was sent: {answer.fault}.")
        return answer


@dataclass(frozen=True)
class Told:
    """What became of an answer, and what the request had come to by then."""

    heard: Heard
    ballot: Ballot


async def answer(desk: Desk, approval_id: str, kind: AnswerKind, text: str | None, person: str) -> Heard:
    """Send a plain answer and wait until the approval says whether it counted."""
    asked = await pending(desk, approval_id)
    return (await send(desk, asked, Reply(kind=kind, by=person, text=text))).heard


async def send(desk: Desk, asked: Pending, reply: Reply, token: str | None = None) -> Told:
    """Send an answer to what was read and wait for the count; raise `UserError` where it is gone or nobody counts."""
    handle = desk.client.get_workflow_handle(asked.id)
    before = asked.ballot
    try:
        await handle.signal(reply.kind, reply.payload(token))
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        raise UserError(await gone(desk, asked.id)) from None
    for _ in range(round(ANSWER_SECONDS / POLL_SECONDS)):
        if (ballot := await _ballot(desk, asked.id)) and (heard := _mine(desk, reply, before, ballot)):
            return Told(heard, ballot)
        if ballot and len(ballot.heard) == len(before.heard) and ballot.record.unrecorded > before.record.unrecorded:
            raise UserError(f"It was not counted, and {asked.id} keeps no further answers: it has too many.")
        await asyncio.sleep(POLL_SECONDS)
    raise UserError(f"The signal was sent, but no worker has counted it after {ANSWER_SECONDS} s: is one running?")


async def _ballot(desk: Desk, approval_id: str) -> Ballot | None:
    try:
        return await ballot_of(desk, approval_id)
    except RPCError as error:
        if error.status not in NO_WORKER:
            raise
        return None


def _mine(desk: Desk, reply: Reply, before: Ballot, after: Ballot) -> Heard | None:
    """The first new answer like ours from a client of our name: nothing else in the record tells two alike apart."""
    ours = (reply.kind, desk.client.identity[:200], reply.read().text)
    new = after.heard[len(before.heard) :]
    return next((each for each in new if (each.kind, each.identity, each.text) == ours), None)
