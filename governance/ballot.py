"""What an answer means, and what a request has come to: a pure state machine that hears anything and never raises."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal, cast, get_args

from domain.ports import SignalRecord
from domain.values import Frozen
from governance.approval import AnswerKind, ApprovalRequest, Decision, Heard

TEXT_LIMIT = 2_000
KEPT = 200
"""Answers a request keeps; further ones are counted, so that a flood cannot grow the record without end."""


class Answer(Frozen):
    """A signal's payload as we understood it; `fault` says why it cannot count."""

    kind: str
    by: str | None
    text: str | None
    fault: str | None


def parse_answer(kind: str, encoding: str, content: bytes) -> Answer:
    """Read a signal's payload: empty, a text, or an object with `by` and `note` or `reason`."""
    if kind not in get_args(AnswerKind):
        return Answer(kind=kind, by=None, text=None, fault=f"{kind!r} is no answer; use approve, reject or comment")
    if encoding not in ("json/plain", "binary/null"):
        return Answer(kind=kind, by=None, text=None, fault=f"data of encoding {encoding!r} is not understood; use JSON")
    try:
        said: object = json.loads(content) if content.strip() else None
    except (ValueError, RecursionError):
        return Answer(kind=kind, by=None, text=_clip(content.decode(errors="replace")), fault="the data is not JSON")
    return _understand(kind, said)


def _understand(kind: str, said: object) -> Answer:
    word = "note" if kind == "approve" else "reason" if kind == "reject" else "text"
    fields = cast("dict[str, object]", said) if isinstance(said, dict) else {word: said}
    by, text = fields.get("by"), fields.get(word)
    shown = Answer(kind=kind, by=_clip(by), text=_clip(text), fault=None)
    unknown = sorted(fields.keys() - {"by", word})
    if unknown:
        return shown.model_copy(update={"fault": f"{_clip(unknown[0], 40)!r} is not understood; use by and {word}"})
    if not all(value is None or isinstance(value, str) for value in (by, text)):
        return shown.model_copy(update={"fault": f"the data must be empty, a text, or an object with by and {word}"})
    if kind != "approve" and not (shown.text or "").strip():
        return shown.model_copy(update={"fault": f'a {kind} needs a {word}: send the data "{word}…"'})
    return shown


class Ballot(Frozen):
    """A request and what was heard on it so far."""

    request: ApprovalRequest
    state: Literal["waiting", "approved", "rejected", "expired"] = "waiting"
    settled_by: Heard | None = None
    heard: tuple[Heard, ...] = ()
    unrecorded: int = 0

    @classmethod
    def on(cls, request: ApprovalRequest) -> Ballot:
        """A ballot on a request, with what an earlier run heard."""
        return cls(request=request, heard=request.heard, unrecorded=request.unrecorded)

    def carried(self) -> ApprovalRequest:
        """The request for a further run that goes on from here."""
        return self.request.model_copy(update={"heard": self.heard, "unrecorded": self.unrecorded})

    def hear(self, answer: Answer, signal: SignalRecord) -> Ballot:
        """Record an answer; it settles the request if it counts."""
        why_not = answer.fault or self._objection(answer, signal)
        heard = Heard(
            kind=answer.kind[:40],
            event_id=signal.event_id,
            at=signal.at,
            identity=signal.identity[:200],
            by=answer.by,
            assurance="principal" if signal.principal else "claimed" if answer.by else "anonymous",
            text=answer.text,
            counted=why_not is None,
            why_not=why_not,
        )
        settles = heard.counted and answer.kind != "comment"
        full = len(self.heard) >= KEPT and not settles
        return self.model_copy(
            update={
                "heard": self.heard if full else (*self.heard, heard),
                "unrecorded": self.unrecorded + full,
                "settled_by": heard if settles else self.settled_by,
                "state": {"approve": "approved", "reject": "rejected"}[answer.kind] if settles else self.state,
            }
        )

    def _objection(self, answer: Answer, signal: SignalRecord) -> str | None:
        if self.state != "waiting":
            return f"it came after the request was {self.state}"
        if signal.at >= self.request.subject.expires:
            return "it came after the deadline"
        requester = self.request.subject.requester.casefold()
        if answer.kind != "comment" and requester in _names(answer.by, signal.identity, signal.principal):
            return "the person who asked cannot decide"
        return None

    def expire(self) -> Ballot:
        """Silence refuses."""
        return self.model_copy(update={"state": "expired"}) if self.state == "waiting" else self

    def decision(self, at: datetime) -> Decision:
        """The result of a settled ballot; `at` is used where nobody answered."""
        if self.state == "waiting":
            raise ValueError("a waiting ballot has no decision")
        by = self.settled_by
        return Decision(
            state=self.state,
            by=by.person if by else None,
            assurance=by.assurance if by else None,
            note=by.text if by else None,
            event_id=by.event_id if by else None,
            at=by.at if by else at,
            digest=self.request.digest,
            heard=self.heard,
            unrecorded=self.unrecorded,
        )


def _names(*names: str | None) -> set[str]:
    """The names an answer goes by; a client identity such as `anna@host` also stands for `anna`."""
    given = {name.casefold().strip() for name in names if name}
    return given | {name.split("@")[0] for name in given}


def _clip(value: object, limit: int = TEXT_LIMIT) -> str | None:
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text.encode(errors="replace").decode()
    return text if len(text) <= limit else f"{text[:limit]}… [{len(text) - limit} more characters]"
