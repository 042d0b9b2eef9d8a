"""What every process does: look up, consult, authorise, perform. There is one door to the world, and it is here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast

from temporalio import workflow
from temporalio.exceptions import ActivityError, ChildWorkflowError, FailureError

from activities.policy import Judgement, PolicyActivities
from agents.explainer import explainer
from domain.actions import Action, BaseAction, Receipt, kind_of
from domain.errors import DomainError
from domain.text import unmarked
from governance.approval import ApprovalRequest, Decision, Subject
from governance.card import case_card
from governance.quorum import Vote
from governance.verdict import Verdict
from governance.work_order import WorkOrder, key_for, on_whose_word
from workflows import attributes
from workflows.approval import Approval
from workflows.asking import Question, asked_anew, found_by, request_for, subject_of
from workflows.authority import Acted, Authority
from workflows.consulting import Consulting
from workflows.failures import failed_as, given_up, reason
from workflows.looking_up import look_up
from workflows.options import EFFECT, ORDER_VALID, SUMMARY_LIMIT, said
from workflows.performed import BEGUN, ORDER, PERFORMED_BY
from workflows.run import draw, this_case
from workflows.second_reading import noted, second_reading
from workflows.trail_link import trail_link

A = TypeVar("A", bound=BaseAction)
Request = TypeVar("Request")
Outcome = TypeVar("Outcome")
OWN_IDS = "own-approval-ids"


class Case(Consulting):
    """A process: subclasses say which policy table rules it."""

    policy: str

    def __init__(self) -> None:
        """It runs, and nothing more is known of it."""
        super().__init__()
        self.particulars: Mapping[str, str] = {}
        self._given_in: dict[Vote, str] = {}
        self._asked: dict[str, int] = {}
        self._moot: str | None = None
        self._watching: asyncio.Task[None] | None = None
        self.stands("running", None, "")

    def stands(self, state: str, owner: str | None, about: str) -> None:
        """Say on the case's page where it stands, and where its trail is."""
        headline = f"{state.upper()}, with {owner}" if owner else state.upper()
        facts = {"Process": workflow.info().workflow_type, **self.particulars}
        workflow.set_current_details(case_card(headline, about, facts, trail_link()))

    def listed_as(self, state: str, owner: str | None, subject: str) -> None:
        """Say in lists and on its page where the case stands, who has to do something now, and what it is about."""
        owned = (
            attributes.OWNER_ROLE.value_set(attributes.clamp(owner)) if owner else attributes.OWNER_ROLE.value_unset()
        )
        about = attributes.SUBJECT.value_set(attributes.clamp(subject))
        attributes.upsert(attributes.CASE_STATE.value_set(state), owned, about)
        self.stands(state, owner, subject)

    async def authorise(self, action: A, ask: Callable[[A], Question], requester: str) -> Authority[A]:
        """Let policy judge an action and, where it says so, people decide; a cancelled case may do nothing more.

        `ask` puts an action into the words that people read; the work order may be for an action that they changed.
        """
        if workflow.cancellation_reason() is not None:
            return Authority(order=None, verdict=None, decision=None, refusal="The case was cancelled.")
        judgement = Judgement(policy=self.policy, action=_closed(action), at=workflow.now(), draw=draw())
        try:
            verdict = await look_up(PolicyActivities.judge, judgement)
        except FailureError as error:  # a local activity's failure arrives as it is, an ordinary one's as its cause
            given_up(error)
            return Authority(order=None, verdict=None, decision=None, refusal=f"No verdict: {reason(error)}")
        if verdict.second == "wanted":
            verdict, ask = await self._read_again(judgement, verdict, ask)
        if verdict.then == "deny":
            return Authority(order=None, verdict=verdict, decision=None, refusal=verdict.why)
        if verdict.then == "allow":
            return Authority(_order(action, verdict), verdict, None, "")
        return await self._decided(action, verdict, ask, requester)

    async def _read_again(
        self, judgement: Judgement, verdict: Verdict, ask: Callable[[A], Question]
    ) -> tuple[Verdict, Callable[[A], Question]]:
        """Let a second reader look at what the row allows; whatever goes wrong with that, people decide."""
        question = ask(cast("A", judgement.action))
        try:
            read = await second_reading(self, question)
            again = judgement.model_copy(update={"second": read.second})
            verdict = await look_up(PolicyActivities.judge, again)
        except FailureError as error:
            given_up(error)
            return verdict, ask
        return verdict, lambda action: noted(ask(action), read)

    async def _decided(self, action: A, verdict: Verdict, ask: Callable[[A], Question], requester: str) -> Authority[A]:
        """Ask until a request is settled: an action that an approver changes may take a further one."""
        subject, number = subject_of(_closed(action), verdict, requester, this_case()), 0
        votes: tuple[Vote, ...] = ()
        while True:
            number += 1
            request = request_for(subject, verdict, ask(action), votes)
            try:
                decision = await self._ask(request, action, number)
            except ChildWorkflowError as error:
                if workflow.cancellation_reason() is not None:
                    raise
                why = self._moot or f"The approval ended without a decision: {reason(error)}"
                return Authority(None, verdict, None, why)
            if decision.amended:
                subject, verdict = decision.amended.subject, decision.amended.verdict
                action = cast("A", subject.action)
            if decision.state != "amended":
                return _settled(action, verdict, subject, decision)
            subject, votes = asked_anew(subject), decision.votes

    async def _ask(self, request: ApprovalRequest, action: BaseAction, number: int) -> Decision:
        self.listed_as("waiting for approval", request.role, request.question)
        approval = self._id_of(request, action, number)
        asked = await workflow.start_child_workflow(
            Approval.run,
            request,
            id=approval,
            search_attributes=found_by(request, action),
            static_summary=unmarked(request.question, SUMMARY_LIMIT),
        )
        self._watching = asyncio.create_task(self._withdraw_if_moot(asked))
        decision = await asked
        self._given_in = {vote: self._given_in.get(vote, approval) for vote in decision.votes}
        if decision.spent:
            self.also_spent(explainer.name, decision.spent)
        self.listed_as("running", None, f"{decision.state}: {request.question}")
        return decision

    def _id_of(self, request: ApprovalRequest, action: BaseAction, number: int) -> str:
        """An id of its own for each request of a step, or a late answer to one would reach the next.

        A case that has asked again under the same id before this was so goes on as it began: by `number`, which counts
        the requests about one action and its changes.
        """
        so_far = self._asked[action.step] = self._asked.get(action.step, 0) + 1
        if so_far != number and workflow.patched(OWN_IDS):
            number = so_far
        again = f".{number}" if number > 1 else ""
        return f"approval.{request.role}.{workflow.info().workflow_id}.{action.step}{again}"

    async def moot(self, decided: Callable[[], bool]) -> str | None:  # noqa: ARG002 - for those who wait
        """Why a question need not be answered any more; a process whose subject can go waits for that, or `decided`."""
        return None

    async def _withdraw_if_moot(self, asked: workflow.ChildWorkflowHandle[Any, Decision]) -> None:
        if why := await self.moot(asked.done):
            self._moot = why
            asked.cancel()

    async def perform(self, order: WorkOrder[A]) -> Receipt:
        """Do exactly what a work order covers."""
        config = said(EFFECT, on_whose_word(order, self._given_in))
        effect = PERFORMED_BY[type(order.action)].__name__
        return await workflow.execute_activity(effect, order, result_type=Receipt, **config)

    async def act(self, action: A, ask: Callable[[A], Question], requester: str) -> Acted[A]:
        """Authorise and perform an action, and say what came of it."""
        authority = await self.authorise(action, ask, requester)
        order = authority.order
        if order is None:
            return Acted(action, None, authority.by, authority.refusal)
        try:
            return Acted(order.action, await self.perform(order), authority.by)
        except ActivityError as error:
            given_up(error)
            unknown = None if failed_as(error, DomainError) else error
            return Acted(order.action, None, f"whatever performs {kind_of(type(action))}", reason(error), unknown)

    async def begin(
        self, order: WorkOrder[A], process: Callable[[Any, Request], Awaitable[Outcome]], request: Request, name: str
    ) -> Outcome:
        """Start the process that a work order covers, and wait for its outcome; however this case ends, it goes on."""
        about = order.action.facts()["action"]
        return await workflow.execute_child_workflow(
            process,
            request,
            id=f"{workflow.info().workflow_id}.{name}",
            memo={ORDER: order},
            search_attributes=attributes.of_new(name.partition(".")[0]),
            static_summary=unmarked(f"{about}, {on_whose_word(order, self._given_in)}", SUMMARY_LIMIT),
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            cancellation_type=workflow.ChildWorkflowCancellationType.ABANDON,
        )


def _settled(action: A, verdict: Verdict, subject: Subject, decision: Decision) -> Authority[A]:
    """What a decision comes to: approved allows, and so does silence where the row says that it does."""
    kept = decision.model_copy(update={"heard": (), "amended": None})  # subject and verdict of the order are as amended
    unopposed = decision.state == "expired" and verdict.review is not None and verdict.review.silence == "allow"
    if decision.state == "approved" or unopposed:
        return Authority(_order(action, verdict, subject, kept), verdict, kept, "")
    return Authority(None, verdict, kept, decision.note or "Nobody answered in time.")


def _closed(action: BaseAction) -> Action:
    """The same action, as the closed union that travels."""
    if type(action) not in PERFORMED_BY and type(action) not in BEGUN:
        raise TypeError(f"{type(action).__name__} is not part of the closed union of actions.")
    return cast("Action", action)


def _order(
    action: A, verdict: Verdict, subject: Subject | None = None, decision: Decision | None = None
) -> WorkOrder[A]:
    case = this_case()
    return WorkOrder[type(action)](
        action=action,
        key=key_for(action, case),
        case=case,
        verdict=verdict,
        subject=subject,
        decision=decision,
        expires=workflow.now() + ORDER_VALID,
    )
