"""Which stated rules speak for which agent."""

from __future__ import annotations

from collections.abc import Sequence

from agents.invoice_examiner import ExaminerBrief
from domain.chat import ChatMessage
from domain.values import Frozen
from integrations.scripted_model.examiner_rules import examine
from integrations.scripted_model.explainer_rules import explain
from integrations.scripted_model.question import Question, question_of
from integrations.scripted_model.reader_rules import read_invoice
from integrations.scripted_model.reply import Reply


def ruled(reply: Reply, messages: Sequence[ChatMessage]) -> Reply:
    """Put into a reply what the rules say to a question; where they say nothing, it becomes an error or a refusal."""
    question = question_of(messages)
    if question is None:
        return Reply(status=400, message="The rules read only questions in this project's form: AGENT, BRIEF, texts.")
    if question.agent not in {"invoice_examiner", "invoice_reader", "explainer"}:
        return Reply(status=400, message=f"There are no rules for the agent {question.agent}.")
    claim = _claim(question)
    if claim is None:
        return Reply(fault="refusal", delay_ms=reply.delay_ms)
    return reply.model_copy(update={"content": claim.model_dump(mode="json")})


def _claim(question: Question) -> Frozen | None:
    if question.agent == "invoice_examiner":
        return examine(ExaminerBrief.model_validate_json(question.brief))
    if question.agent == "explainer":
        return explain(question.brief, {outside.field: outside.text for outside in question.texts})
    return read_invoice("\n".join(outside.text for outside in question.texts))
