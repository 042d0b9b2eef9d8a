"""What every process does: look up, consult, authorise, perform. There is one door to the world, and it is here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from temporalio import workflow
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ChildWorkflowError,
    FailureError,
    is_cancelled_exception,
)

from activities.erp import ErpActivities
from activities.mail import MailActivities
from activities.policy import Judgement, PolicyActivities
from activities.reasoning import Observation, ReasoningActivities, Thought, Turn
from agents.agent import Agent, Claim
from domain.actions import (
    Action,
    BaseAction,
    PostBill,
    Receipt,
    ReturnInvoice,
    SchedulePayment,
    SendRemittance,
    VoidBill,
)
from domain.documents import DocumentRef
from domain.text import unmarked
from governance.approval import Decision, Subject
from governance.verdict import Verdict
from governance.work_order import WorkOrder, key_for
from workflows import attributes
from workflows.approval import Approval
from workflows.asking import Question, found_by, request_for, subject_of
from workflows.options import EFFECT, LOOKUP, ORDER_VALID, REASONING, SUMMARY_LIMIT, said
from workflows.run import this_run

A = TypeVar("A", bound=BaseAction)

PERFORMED_BY: Mapping[type[BaseAction], Callable[[Any, Any], Awaitable[Receipt]]] = {
    PostBill: ErpActivities.post_bill,
    SchedulePayment: ErpActivities.schedule_payment,
    VoidBill: ErpActivities.void_bill,
    SendRemittance: MailActivities.send_remittance,
    ReturnInvoice: MailActivities.return_invoice,
}
"""Which activity performs which action."""


@dataclass(frozen=True)
class Consultation(Generic[Claim]):
    """What an agent claimed, if it did, and who really answered."""

    claim: Claim | None
    provider: str
    model: str | None


@dataclass(frozen=True)
class Authority(Generic[A]):
    """A work order, or the reason there is none."""

    order: WorkOrder[A] | None
    verdict: Verdict | None
    decision: Decision | None
    refusal: str

    @property
    def by(self) -> str:
        """Who decided: the person, or the row of the table."""
        if self.decision and self.decision.by:
            return f"{self.decision.by} ({self.decision.assurance})"
        if self.decision:
            return "nobody: no answer counted"
        return (
            f"policy {self.verdict.policy} {self.verdict.version}, row {self.verdict.row}" if self.verdict else "policy"
        )


class Case:
    """A process: subclasses say which policy table rules it."""

    policy: str
    profile = "dev: nobody is authenticated; names are what people claim"

    def listed_as(self, state: str, owner: str | None, subject: str) -> None:
        """Say in lists where the case stands, who has to do something now, and what it is about."""
        owned = (
            attributes.OWNER_ROLE.value_set(attributes.clamp(owner)) if owner else attributes.OWNER_ROLE.value_unset()
        )
        about = attributes.SUBJECT.value_set(attributes.clamp(subject))
        attributes.upsert(attributes.CASE_STATE.value_set(state), owned, about)

    async def consult(self, agent: Agent[Any, Claim], brief: DocumentRef) -> Consultation[Claim]:
        """Ask an agent; unusable answers go back to it, and without an answer its rules speak, if it has any."""
        seen: tuple[Observation, ...] = ()
        turn = Turn(agent=agent.name, version=agent.version, brief=brief)
        thought: Thought | None = None
        for _ in range(agent.limits.turns):
            thought = await self._think(agent, turn.model_copy(update={"observations": seen}))
            if thought is None or thought.claim:
                break
            seen += (thought.observation,) if thought.observation else ()
        if thought is None or thought.claim is None:
            thought = await workflow.execute_local_activity_method(ReasoningActivities.fall_back, turn, **LOOKUP)
        claim = agent.claim.model_validate_json(thought.claim) if thought.claim else None
        return Consultation(claim=claim, provider=thought.provider, model=thought.model)

    async def _think(self, agent: Agent[Any, Any], turn: Turn) -> Thought | None:
        summary = f"{agent.name} {agent.version}, turn {len(turn.observations) + 1}"
        try:
            return await workflow.execute_activity_method(ReasoningActivities.think, turn, **said(REASONING, summary))
        except ActivityError as error:
            given_up(error)
            workflow.logger.warning("%s gave no answer: %s", agent.name, reason(error))
            return None

    async def authorise(self, action: A, question: Question, requester: str) -> Authority[A]:
        """Let policy judge an action and, where it says so, a person decide; a cancelled case may do nothing more."""
        if workflow.cancellation_reason() is not None:
            return Authority(order=None, verdict=None, decision=None, refusal="The case was cancelled.")
        try:
            verdict = await workflow.execute_local_activity_method(
                PolicyActivities.judge, Judgement(policy=self.policy, action=_closed(action)), **LOOKUP
            )
        except FailureError as error:  # a local activity's failure arrives as it is, an ordinary one's as its cause
            given_up(error)
            return Authority(order=None, verdict=None, decision=None, refusal=f"No verdict: {reason(error)}")
        if verdict.then == "deny":
            return Authority(order=None, verdict=verdict, decision=None, refusal=verdict.why)
        if verdict.then == "allow":
            return Authority(_order(action, verdict), verdict, None, "")
        return await self._ask(action, verdict, question, requester)

    async def _ask(self, action: A, verdict: Verdict, question: Question, requester: str) -> Authority[A]:
        subject = subject_of(_closed(action), verdict, requester, this_run())
        request = request_for(subject, verdict, question, self.profile)
        self.listed_as("waiting for approval", request.role, request.question)
        try:
            decision = await workflow.execute_child_workflow(
                Approval.run,
                request,
                id=f"approval.{request.role}.{workflow.info().workflow_id}.{action.step}",
                search_attributes=found_by(request, action),
                static_summary=unmarked(request.question, SUMMARY_LIMIT),
            )
        except ChildWorkflowError as error:
            if workflow.cancellation_reason() is not None:
                raise
            return Authority(None, verdict, None, f"The approval ended without a decision: {reason(error)}")
        self.listed_as("running", None, f"{decision.state}: {request.question}")
        kept = decision.model_copy(update={"heard": ()})
        if decision.state == "approved":
            return Authority(_order(action, verdict, subject, kept), verdict, kept, "")
        return Authority(None, verdict, kept, decision.note or "Nobody answered in time.")

    async def perform(self, order: WorkOrder[A]) -> Receipt:
        """Do exactly what a work order covers."""
        decision = order.decision
        by = f"approved by {decision.by}" if decision else f"allowed by row {order.verdict.row}"
        return await workflow.execute_activity_method(PERFORMED_BY[type(order.action)], order, **said(EFFECT, by))


def failed_as(error: ActivityError, *kinds: type[Exception]) -> bool:
    """Whether an activity failed with one of these errors or a subclass."""
    cause = error.cause
    return isinstance(cause, ApplicationError) and any(cause.type in _family(kind) for kind in kinds)


def reason(error: FailureError) -> str:
    """What went wrong, in the words of whoever said so."""
    cause = error if isinstance(error, ApplicationError) else error.cause
    return cause.message if isinstance(cause, ApplicationError) else str(cause or error)


def given_up(error: FailureError) -> None:
    """Let a cancelled case be cancelled; any other failure is the caller's to deal with."""
    if is_cancelled_exception(error):
        raise error


def _family(kind: type[Exception]) -> set[str]:
    return {kind.__name__}.union(*(_family(child) for child in kind.__subclasses__()))


def _closed(action: BaseAction) -> Action:
    """The same action, as the closed union that travels."""
    if type(action) not in PERFORMED_BY:
        raise TypeError(f"{type(action).__name__} is not part of the closed union of actions.")
    return cast("Action", action)


def _order(
    action: A, verdict: Verdict, subject: Subject | None = None, decision: Decision | None = None
) -> WorkOrder[A]:
    case = this_run()
    return WorkOrder[type(action)](
        action=action,
        key=key_for(action, case),
        case=case,
        verdict=verdict,
        subject=subject,
        decision=decision,
        expires=workflow.now() + ORDER_VALID,
    )
