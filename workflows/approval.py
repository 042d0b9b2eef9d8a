"""One pending decision is one small workflow.

request ──► card, timer ──► signals: approve │ reject │ comment ──► who was it? ──► counted? ──► decision
                                └── silence until the deadline ──► refused
"""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import Callable, Sequence

from temporalio import workflow
from temporalio.common import RawValue

from activities.identity import IdentityActivities, SignalPosition
from governance.approval import ApprovalRequest, Decision
from governance.ballot import Answer, Ballot, parse_answer
from governance.card import card
from workflows import attributes
from workflows.options import LOOKUP
from workflows.run import this_run

Hearing = Callable[["Approval", RawValue], None]


def _one_value(hear: Hearing) -> Hearing:
    """Make a handler deaf to several values at once: the SDK drops such a signal or fails the task, as they decode.

    `HistorySignals` leaves them out as well, so that positions stay right.
    """

    @functools.wraps(hear)
    def heard(self: Approval, value: RawValue = None, *more: object) -> None:  # type: ignore[assignment]
        if not more:
            hear(self, value)

    return heard


@workflow.defn(name="Approval")
class Approval:
    """Asks one role one question; only a counted approval allows, everything else refuses."""

    @workflow.init
    def __init__(self, request: ApprovalRequest) -> None:
        """Start waiting, or go on with what an earlier run of this approval heard."""
        self._ballot = Ballot.on(request)
        self._unread: deque[tuple[int, Answer]] = deque()
        self._received = 0

    @workflow.run
    async def run(self, request: ApprovalRequest) -> Decision:
        """Wait for an answer that counts, or for the deadline."""
        self._show()
        left = request.subject.expires - workflow.now()
        deadline = asyncio.create_task(workflow.sleep(max(left.total_seconds(), 0.001), summary=_call(request)))
        while self._ballot.state == "waiting":
            await workflow.wait_condition(lambda: bool(self._unread) or deadline.done())
            await self._hear_all()
            if deadline.done():
                self._ballot = self._ballot.expire()
            if self._ballot.state == "waiting" and workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._ballot.carried())
            self._show()
        # The timer ends with the run: cancelled by a task that also replays its start, it would not match the history.
        decision = self._ballot.decision(workflow.now())
        by = attributes.clamp(decision.by or "nobody")
        attributes.upsert(
            attributes.APPROVAL_STATE.value_set(decision.state),
            attributes.OWNER_ROLE.value_unset(),
            attributes.DECIDED_BY.value_set(by),
        )
        return decision

    @workflow.signal(description='Approve exactly the action shown. Data: empty, or a note such as "checked".')
    @_one_value
    def approve(self, note: RawValue = None) -> None:  # type: ignore[assignment]
        """Queue an approval; a required argument would fail the task when the UI sends none."""
        self._queue("approve", note)

    @workflow.signal(description='Refuse. Data: the reason, such as "wrong price".')
    @_one_value
    def reject(self, reason: RawValue = None) -> None:  # type: ignore[assignment]
        """Queue a rejection."""
        self._queue("reject", reason)

    @workflow.signal(description='Say something without deciding. Data: the text, such as "asked the supplier".')
    @_one_value
    def comment(self, text: RawValue = None) -> None:  # type: ignore[assignment]
        """Queue a comment."""
        self._queue("comment", text)

    @workflow.signal(dynamic=True, description="No answer: whatever has another name is recorded and does not count.")
    def anything_else(self, name: str, args: Sequence[RawValue]) -> None:
        """Queue a signal nobody knows, so that it is recorded and positions stay right."""
        if len(args) <= 1:
            self._queue(name, args[0] if args else None)

    @workflow.query
    def state(self) -> Ballot:
        """The request and everything heard so far."""
        return self._ballot

    def _queue(self, kind: str, raw: RawValue | None) -> None:
        payload = raw.payload if raw is not None else None
        encoding = payload.metadata.get("encoding", b"").decode(errors="replace") if payload else "binary/null"
        self._unread.append((self._received, parse_answer(kind, encoding, payload.data if payload else b"")))
        self._received += 1

    async def _hear_all(self) -> None:
        run = this_run()
        while self._unread:
            position, answer = self._unread.popleft()
            place = SignalPosition(run=run, position=position)
            signal = await workflow.execute_local_activity_method(IdentityActivities.who_signalled, place, **LOOKUP)
            self._ballot = self._ballot.hear(answer, signal)

    def _show(self) -> None:
        workflow.set_current_details(card(self._ballot))


def _call(request: ApprovalRequest) -> str:
    """The timeline's call to action."""
    until = f"{request.subject.expires:%d %b %H:%M} UTC"
    return f"WAITING for {request.role}: More Actions > Send a Signal > approve | reject (until {until})"
