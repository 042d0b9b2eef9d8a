"""What goes on beside a vote and never holds it up: notices to people, and the agent's answers to their questions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.explaining import ExplainingActivities, Inquiry
from activities.notification import NotificationActivities
from domain.notice import Notice, NoticeKind
from governance.approval import Advice, Explained, Heard
from governance.ballot import EXPLAINED, Ballot
from workflows.failures import kind_of
from workflows.options import NOTICE, REASONING, said


class Asides:
    """Started and left alone; what is still under way when the vote ends, ends with it."""

    def __init__(self, learn: Callable[[Explained], None]) -> None:
        self._learn = learn
        self._asked: set[int] = set()
        self._running: set[asyncio.Task[None]] = set()

    def notify(self, ballot: Ballot, kind: NoticeKind) -> None:
        """Tell the people of the roles asked that the request waits."""
        self._start(self._tell(notice_of(ballot, kind)))

    def explain(self, ballot: Ballot) -> None:
        """Put the last comment to the agent if it is a question and the request may ask one more."""
        heard, advice = ballot.heard[-1] if ballot.heard else None, ballot.request.advice
        if heard is None or advice is None or not is_question(heard) or heard.event_id in self._asked:
            return
        if len(ballot.record.explained) + len(self._running) < EXPLAINED:
            self._asked.add(heard.event_id)
            self._start(self._ask(advice, heard))

    def _start(self, aside: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(aside)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _tell(self, notice: Notice) -> None:
        try:
            await workflow.execute_activity_method(
                NotificationActivities.notify, notice, **said(NOTICE, f"{notice.kind}: {', '.join(notice.roles)}")
            )
        except ActivityError as error:
            workflow.logger.warning("Nobody could be told (%s): %s.", notice.kind, kind_of(error))

    async def _ask(self, advice: Advice, heard: Heard) -> None:
        inquiry = Inquiry(advice=advice, question=heard.text or "", event_id=heard.event_id)
        try:
            explained = await workflow.execute_activity_method(
                ExplainingActivities.explain, inquiry, **said(REASONING, f"asked by {heard.person}")
            )
        except ActivityError as error:
            why = str(error.cause or error)[:200]
            explained = Explained(
                event_id=heard.event_id, agent=advice.agent, provider=advice.provider, answer=None, why_not=why
            )
        self._learn(explained)


def is_question(heard: Heard) -> bool:
    """A counted comment that ends with a question mark."""
    return heard.kind == "comment" and heard.counted and (heard.text or "").rstrip().endswith("?")


def notice_of(ballot: Ballot, kind: NoticeKind) -> Notice:
    """What people are told: the question and until when, with the facts that the card shows."""
    request, info = ballot.request, workflow.info()
    climbed = ballot.record.climbed
    roles = (*request.review.approvers, *(rung.role for rung in climbed if rung.role))
    return Notice(
        key=f"{info.workflow_id}:{request.digest}:{len(climbed)}",
        kind=kind,
        roles=roles,
        requester=request.subject.requester,
        title=request.question,
        lines=(
            *(f"{label}: {value}" for label, value in request.facts.items()),
            f"Why it waits: {request.why_held}",
            f"Still needed: {request.needed}",
            f"No answer: {request.if_nobody_answers}",
        ),
        workflow_id=info.workflow_id,
        run_id=info.run_id,
        due=request.subject.expires,
    )
