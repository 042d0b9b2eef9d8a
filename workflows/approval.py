"""One pending decision is one small workflow.

request ──► card, timer ──► signals: approve │ reject │ comment │ delegate ──► who was it? ──► counted? ──► decision
                │                                                 └── a question ──► the agent explains
                └── silence: reminders, then further roles are asked, then the end ──► refused
"""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import Callable, Sequence

from temporalio import workflow
from temporalio.common import RawValue, VersioningBehavior

from activities.identity import IdentityActivities, ToWeigh
from activities.policy import AmendmentJudgement, PolicyActivities
from governance.amendment import Amendment
from governance.answer import Answer, parse_answer
from governance.approval import Amended, ApprovalRequest, Decision, Explained, stage_end
from governance.ballot import Ballot
from governance.card import card
from governance.standing import Weighed
from governance.verdict import Rung
from workflows import attributes
from workflows.asides import Asides
from workflows.looking_up import look_up
from workflows.run import draw, this_run
from workflows.trail_link import trail_link

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


@workflow.defn(name="Approval", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class Approval:
    """Asks some roles one question; only counted approvals allow, everything else refuses."""

    @workflow.init
    def __init__(self, request: ApprovalRequest) -> None:
        """Start waiting, or go on with what an earlier run of this approval heard."""
        self._ballot = Ballot.on(request, workflow.info().workflow_id)
        self._unread: deque[tuple[int, Answer]] = deque()
        self._received = 0
        self._asides = Asides(self._learn)

    @workflow.run
    async def run(self, request: ApprovalRequest) -> Decision:
        """Wait for the answers that it takes, or climb the ladder to its end."""
        climbed = self._ballot.record.climbed
        if not climbed and not self._ballot.heard:
            self._asides.notify(self._ballot, "asked")
        self._show()
        ladder = request.review.ladder[len(climbed) :]
        for rung, following in zip(ladder, (*ladder[1:], None), strict=True):
            await self._wait_until(rung)
            if self._ballot.state != "waiting":
                break
            self._climb(rung, late=following is not None and following.at <= workflow.now())
        decision = self._ballot.decision(workflow.now())
        self._show()
        attributes.upsert(
            attributes.APPROVAL_STATE.value_set(decision.state),
            attributes.OWNER_ROLE.value_unset(),
            attributes.DECIDED_BY.value_set(attributes.clamp(decision.by or "nobody")),
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

    @workflow.signal(description='Say something, or ask the agent with a question mark: "why this account?".')
    @_one_value
    def comment(self, text: RawValue = None) -> None:  # type: ignore[assignment]
        """Queue a comment."""
        self._queue("comment", text)

    @workflow.signal(description='Hand your decision on. Data: the person, such as "dora".')
    @_one_value
    def delegate(self, person: RawValue = None) -> None:  # type: ignore[assignment]
        """Queue a handing on."""
        self._queue("delegate", person)

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

    async def _wait_until(self, rung: Rung) -> None:
        """Hear what comes until the rung's time; its timer ends by itself or with the run.

        Cancelled by a task that also replays its start, a timer would not match the history.
        """
        left = (rung.at - workflow.now()).total_seconds()
        timer = asyncio.create_task(workflow.sleep(max(left, 0.001), summary=self._call()))
        while self._ballot.state == "waiting":
            await workflow.wait_condition(lambda: bool(self._unread) or timer.done())
            await self._hear_all()
            if self._ballot.state != "waiting" or timer.done():
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._ballot.carried())
            self._show()

    async def _hear_all(self) -> None:
        while self._unread:
            position, answer = self._unread.popleft()
            standing = self._ballot.standing(workflow.info().run_id)
            task = ToWeigh(run=this_run(), position=position, answer=answer, standing=standing)
            weighed = await look_up(IdentityActivities.who_answered, task)
            amended: Amended | str | None = None
            if answer.changes and self._ballot.objection(answer, weighed) is None:
                weighed, amended = await self._amend(answer, weighed)
            self._ballot = self._ballot.hear(answer, weighed, amended)
            self._asides.explain(self._ballot)

    async def _amend(self, answer: Answer, weighed: Weighed) -> tuple[Weighed, Amended | str | None]:
        """Have the action changed and judged again by the rules as they are now."""
        request = self._ballot.request
        standing = self._ballot.standing(workflow.info().run_id)
        changes = Amendment(subject=request.subject, answer=answer, weighed=weighed, standing=standing)
        task = AmendmentJudgement(policy=request.verdict.policy, amendment=changes, at=workflow.now(), draw=draw())
        change = await look_up(PolicyActivities.amend, task)
        return change.weighed, change.amended or change.why_not

    def _climb(self, rung: Rung, *, late: bool) -> None:
        """Remind, ask a further role, or end; nobody is told of a rung that an outage has already passed over."""
        if rung.does == "end":
            self._ballot = self._ballot.expire()
            return
        self._ballot = self._ballot.climb(rung)
        if rung.role:
            asked = self._asked()
            attributes.upsert(
                attributes.APPROVER_ROLE.value_set(attributes.clamp_all(asked)),
                attributes.OWNER_ROLE.value_set(attributes.clamp("+".join(asked))),
            )
        if not late:
            self._asides.notify(self._ballot, "escalated" if rung.role else "reminder")
        self._show()

    def _learn(self, explained: Explained) -> None:
        self._ballot = self._ballot.explained(explained)
        self._show()

    def _asked(self) -> tuple[str, ...]:
        further = [rung.role for rung in self._ballot.record.climbed if rung.role]
        return (*self._ballot.request.review.approvers, *further)

    def _call(self) -> str:
        """The timeline's call to action."""
        until = f"{stage_end(self._ballot.request.review, workflow.now()):%d %b %H:%M} UTC"
        roles = "+".join(self._asked())
        return f"WAITING for {roles}: More Actions > Send a Signal > approve | reject (until {until})"

    def _show(self) -> None:
        workflow.set_current_details(card(self._ballot, trail_link()))
