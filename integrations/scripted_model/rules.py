"""Which stated rules speak for which agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from agents.invoice_examiner import ExaminerBrief
from agents.refund_assessor import AssessorBrief
from agents.reply_drafter import DrafterBrief
from agents.ticket_router import RouterBrief
from domain.chat import ChatMessage
from domain.values import Frozen
from integrations.scripted_model.assessor_rules import assess_refund
from integrations.scripted_model.drafter_rules import draft
from integrations.scripted_model.examiner_rules import examine
from integrations.scripted_model.explainer_rules import explain
from integrations.scripted_model.question import Question, question_of
from integrations.scripted_model.reader_rules import read_invoice
from integrations.scripted_model.reply import Reply, ScriptedCall
from integrations.scripted_model.router_rules import route


def ruled(reply: Reply, messages: Sequence[ChatMessage]) -> Reply:
    """Put into a reply what the rules say to a question; where they say nothing, it becomes an error or a refusal."""
    question = question_of(messages)
    if question is None:
        return Reply(status=400, message="The rules read only questions in this project's form: AGENT, BRIEF, texts.")
    rule = RULES.get(question.agent)
    if rule is None:
        return Reply(status=400, message=f"There are no rules for the agent {question.agent}.")
    said = rule(question)
    if said is None:
        return Reply(fault="refusal", delay_ms=reply.delay_ms)
    if isinstance(said, tuple):
        return reply.model_copy(update={"calls": said})
    return reply.model_copy(update={"content": said.model_dump(mode="json")})


def _examine(question: Question) -> Frozen:
    return examine(ExaminerBrief.model_validate_json(question.brief))


def _explain(question: Question) -> Frozen:
    return explain(question.brief, {outside.field: outside.text for outside in question.texts})


def _read_invoice(question: Question) -> Frozen | None:
    return read_invoice("\n".join(outside.text for outside in question.texts))


def _assess_refund(question: Question) -> Frozen:
    message = "\n".join(outside.text for outside in question.texts)
    return assess_refund(AssessorBrief.model_validate_json(question.brief), message)


def _route(question: Question) -> Frozen:
    ticket = "\n".join(outside.text for outside in question.texts)
    return route(RouterBrief.model_validate_json(question.brief), ticket)


def _draft(question: Question) -> Frozen:
    return draft(DrafterBrief.model_validate_json(question.brief))


Rule = Callable[[Question], Frozen | tuple[ScriptedCall, ...] | None]
RULES: Mapping[str, Rule] = {
    "invoice_examiner": _examine,
    "explainer": _explain,
    "invoice_reader": _read_invoice,
    "refund_assessor": _assess_refund,
    "ticket_router": _route,
    "reply_drafter": _draft,
}
"""By agent: a claim, the tools to call first, or nothing to say."""
