"""The names of all attributes of the trail: OpenTelemetry's GenAI names where there is one, else `signalbox.*`.

GenAI conventions v0.1.0 (open-telemetry/semantic-conventions-genai) and OpenInference span kinds; the first are still
in development, so this is the one place that follows them.
"""

from __future__ import annotations

from typing import Literal, Self

Type = Literal["string", "int", "boolean", "string[]"]


class Attribute(str):
    """A name, with the type of its values, what they say, and whether they are content: what people or models wrote."""

    __slots__ = ("content", "said", "type")
    type: Type
    said: str
    content: bool

    def __new__(cls, name: str, said: str, kind: Type = "string", *, content: bool = False) -> Self:
        """Make one."""
        made = super().__new__(cls, name)
        made.type, made.said, made.content = kind, said, content
        return made


OPERATION = Attribute("gen_ai.operation.name", "chat, invoke_agent or execute_tool")
PROVIDER = Attribute("gen_ai.provider.name", "who answered: a model's provider, or `rules` for an agent's own rules")
MODEL = Attribute("gen_ai.response.model", "the model that answered")
INPUT_TOKENS = Attribute("gen_ai.usage.input_tokens", "tokens of the prompt", "int")
OUTPUT_TOKENS = Attribute("gen_ai.usage.output_tokens", "tokens of the answer", "int")
AGENT_NAME = Attribute("gen_ai.agent.name", "the agent")
AGENT_VERSION = Attribute("gen_ai.agent.version", "its version: instructions and schema")
TOOL_NAME = Attribute("gen_ai.tool.name", "the activity that performs an effect, or the tool that an agent called")
TOOL_CALL = Attribute("gen_ai.tool.call.id", "which of a turn's calls it answers")
TOOL_RESULT = Attribute("gen_ai.tool.call.result", "what the agent was told that came of it", content=True)
OUTPUT = Attribute("gen_ai.output.messages", "what the model answered, as it was read", content=True)
OPENINFERENCE = Attribute("openinference.span.kind", "AGENT, LLM, TOOL, GUARDRAIL or CHAIN")
ERROR_TYPE = Attribute("error.type", "the type of the failure")
ERROR_MESSAGE = Attribute("exception.message", "its message, clipped")

KIND = Attribute("signalbox.record.kind", "what the record is about: run, activity, signal, …")
EVENTS = Attribute("signalbox.record.events", "the events that prove it, in the history of its run", "string[]")
RUN = Attribute("signalbox.run.id", "the run")
CASE = Attribute("signalbox.case.id", "the id of the workflow")
PROCESS = Attribute("signalbox.run.type", "the type of the workflow")
FIRST_RUN = Attribute("signalbox.run.first", "the first run of its chain")
CONTINUES = Attribute("signalbox.run.continues", "the run that it goes on from, or that a reset copied")
NEXT_RUN = Attribute("signalbox.run.next", "the run that goes on from it")
PARENT_CASE = Attribute("signalbox.run.parent", "the workflow that started it")
PROFILE = Attribute("signalbox.profile", "dev authenticates nobody; production takes people of the directory alone")
ENDED = Attribute("signalbox.ended", "how it ended: completed, failed, timed out, cancelled, terminated, fired, …")
ENDED_BY = Attribute("signalbox.ended_by", "who terminated it, as the caller claims")
UNKNOWN = Attribute("signalbox.outcome_unknown", "true where it began and nothing says how it ended", "boolean")
ATTEMPTS = Attribute("signalbox.attempts", "tries, the last included", "int")
ATTEMPT = Attribute("signalbox.attempt.number", "which try of its activity it is, from 1", "int")
ATTEMPT_OUTCOME = Attribute(
    "signalbox.attempt.outcome",
    "completed, failed, cancelled, open, or unknown: it began, and nothing says how it ended",
)
RETRY_STATE = Attribute("signalbox.retry.state", "why it was not tried again")
LAST_FAILURE = Attribute("signalbox.retry.last_failure", "what the try before the last one failed with")
RETRIES_IN = Attribute("signalbox.retry.backoff", "the wait before the next try of a local activity")
WORKER = Attribute("signalbox.worker", "the identity of the worker that did it")
SUMMARY = Attribute("signalbox.summary", "what the timeline of the UI says beside it", content=True)
ACTIVITY_ID = Attribute("signalbox.activity.id", "the activity's id in its run")
DURATION = Attribute("signalbox.timer.duration", "how long it waits")
COPIED = Attribute("signalbox.reset.copied", "true where a reset gave the events to another run", "boolean")

IDENTITY = Attribute("signalbox.caller.identity", "what the caller claims to be")
PRINCIPAL = Attribute("signalbox.caller.principal", "whom the server authenticated")
SIGNAL_TEXT = Attribute("signalbox.signal.data", "what the signal carried", content=True)
REAPPLIED = Attribute("signalbox.signal.reapplied", "true where a reset sent the signal or update again", "boolean")
REASON = Attribute("signalbox.reason", "the reason that somebody gave", content=True)
TARGET = Attribute("signalbox.target", "the workflow, endpoint or operation that was addressed")
CHILD_RUN = Attribute("signalbox.child.run", "the first run of the child")
LISTED = Attribute("signalbox.listed", "search attributes as they were set", "string[]", content=True)

REQUESTER = Attribute("signalbox.requester", "who asked for the case")
DOCUMENT = Attribute("signalbox.document.digest", "SHA-256 of the document")
DOCUMENT_NAME = Attribute("signalbox.document.name", "its name as the sender gave it", content=True)
OUTCOME = Attribute("signalbox.outcome", "how the case ended in the terms of its process")
OUTCOME_REASON = Attribute("signalbox.outcome.reason", "why", content=True)
DECIDED_BY = Attribute("signalbox.decided_by", "the person, or the row of the table")

THEN = Attribute("signalbox.verdict.then", "allow, review or deny")
ROW = Attribute("signalbox.verdict.row", "the row of the table that decided")
WHY = Attribute("signalbox.verdict.why", "the row's reason")
POLICY = Attribute("signalbox.policy.name", "the table")
POLICY_VERSION = Attribute("signalbox.policy.version", "its version")
POLICY_DIGEST = Attribute("signalbox.policy.digest", "SHA-256 of its file")
ACTION = Attribute("signalbox.action.kind", "the action judged or performed, as tables name it")
ACTION_DIGEST = Attribute("signalbox.action.digest", "SHA-256 of its canonical JSON")
SAMPLED = Attribute("signalbox.verdict.sampled", "true for a random second look", "boolean")
SECOND = Attribute("signalbox.verdict.second", "a second reader: wanted, agrees, objects or silent")
WOULD = Attribute("signalbox.verdict.would", "what a row in shadow mode would have said")
FACT = Attribute("signalbox.verdict.fact.<name>", "a fact that was judged, as text")

ORDER_KEY = Attribute("signalbox.order.key", "the idempotency key of the effect")
ORDER_EXPIRES = Attribute("signalbox.order.expires", "until when the work order could be used")
RECEIPT = Attribute("signalbox.receipt.reference", "what the business system calls what was done")
RECEIPT_FIRST = Attribute("signalbox.receipt.first", "false where an earlier try had done it", "boolean")

QUESTION = Attribute("signalbox.request.question", "what people were asked", content=True)
REQUEST_DIGEST = Attribute("signalbox.request.digest", "what an answer is bound to")
ROLES = Attribute("signalbox.request.roles", "who was asked, such as `2 finance`", "string[]")
ASSURANCE_ASKED = Attribute("signalbox.request.assurance", "the least that counted")
EXPIRES = Attribute("signalbox.request.expires", "when silence became an answer")
UNBACKED = Attribute(
    "signalbox.action.unbacked", "what nobody but the agent says, and where it was sought", "string[]", content=True
)
ADVISED = Attribute("signalbox.request.advice", "the agent whose proposal stood on the card")
STATE = Attribute("signalbox.decision.state", "approved, rejected, expired or amended")
BY = Attribute("signalbox.decision.by", "the person who decided")
ASSURANCE = Attribute("signalbox.decision.assurance", "how sure it is that it was them")
NOTE = Attribute("signalbox.decision.note", "what they wrote", content=True)
VOTES = Attribute("signalbox.decision.votes", "each counted approval, with its event", "string[]")
AMENDED = Attribute("signalbox.decision.amended", "true where a person changed the action", "boolean")

ANSWER_BY = Attribute("signalbox.answer.by", "whom the answer is taken to be from")
ANSWER_ASSURANCE = Attribute("signalbox.answer.assurance", "how sure that is")
ANSWER_HOW = Attribute("signalbox.answer.how", "what proved it")
ANSWER_PLACES = Attribute("signalbox.answer.places", "the roles it may fill, and in whose place", "string[]")
ANSWER_WHY_NOT = Attribute("signalbox.answer.why_not", "why it cannot count")
ANSWER_EVENT = Attribute("signalbox.answer.event", "the signal's event", "int")
ANSWER_TO = Attribute("signalbox.answer.to", "to whom the decision was handed on")

USABLE = Attribute("signalbox.claim.usable", "whether the answer had the shape that was asked for", "boolean")
CONFIDENCE = Attribute("signalbox.claim.confidence", "how sure the model says it is")
COMPLAINT = Attribute("signalbox.claim.complaint", "what was wrong with the answer", content=True)
TURNS = Attribute("signalbox.agent.turns", "questions put to it", "int")
CALLS = Attribute("signalbox.agent.calls", "the tools that the turn called; `(refused)` where it could not", "string[]")
ASKS = Attribute("signalbox.agent.asks", "questions to the model in one step that a framework reasoned", "int")
LOOKED_UP = Attribute("signalbox.agent.looked_up", "what that step looked up meanwhile", "string[]")
COST = Attribute("signalbox.cost.amount", "in the currency of the price table; text, because it is money")
UNPRICED = Attribute("signalbox.cost.unpriced", "turns that failed or have no known price", "int")
NOTICE = Attribute("signalbox.notice.kind", "asked, reminder, escalated, …")
NOTICE_ROLES = Attribute("signalbox.notice.roles", "whose people were told", "string[]")


def listed() -> tuple[Attribute, ...]:
    """All of them, in order."""
    return tuple(each for each in globals().values() if isinstance(each, Attribute))


CONTENT = frozenset(name for name in listed() if name.content)
"""What leaves the house only where somebody chose so."""


def markdown() -> str:
    """The list as docs/trail-attributes.md has it."""
    rows = [f"| `{name}` | {name.type} | {'yes' if name.content else ''} | {name.said} |" for name in listed()]
    return "\n".join((HEADING, *rows)) + "\n"


HEADING = """# Attributes of the trail

Names that `starter.py trail` uses for records and spans; `starter.py trail --attributes` prints this page. GenAI names
come from OpenTelemetry, span kinds from OpenInference. Content is what people and models wrote: it stands in the
terminal, in the page and in the records, and is left out of spans unless you ask for it.

| name | type | content | says |
|---|---|---|---|"""
