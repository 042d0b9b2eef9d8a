"""What a signal's payload means: read whole, with the reason where it cannot count; never raises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, cast, get_args

from pydantic import JsonValue

from domain.strict_json import NotStrict, strict_json
from domain.values import Frozen

AnswerKind = Literal["approve", "reject", "comment", "delegate"]
WORDS: Mapping[str, str] = {"approve": "note", "reject": "reason", "comment": "text", "delegate": "person"}
"""What the data of each answer is when it is a mere text."""
FURTHER: Mapping[str, frozenset[str]] = {"approve": frozenset({"changes"}), "delegate": frozenset({"note"})}
TEXT_LIMIT = 2_000
CHANGES_LIMIT = 20_000
"""Characters of JSON that the changes of an amendment may have."""


class Answer(Frozen):
    """A signal's payload as we understood it; `fault` says why it cannot count."""

    kind: str
    by: str | None = None
    text: str | None = None
    """The note, the reason or what was said, clipped to `TEXT_LIMIT`."""
    person: str | None = None
    """To whom a decision is handed on."""
    changes: dict[str, JsonValue] | None = None
    """What to change in the action before it is done."""
    token: str | None = None
    fault: str | None = None


def parse_answer(kind: str, encoding: str, content: bytes) -> Answer:
    """Read a signal's payload: empty, a text, or an object with `by`, the kind's own word and what else it takes."""
    if kind not in get_args(AnswerKind):
        return Answer(kind=kind, fault=f"{clip(kind, 60)!r} is no answer; use approve, reject, comment or delegate")
    if encoding not in ("json/plain", "binary/null"):
        return Answer(kind=kind, fault=f"data of encoding {clip(encoding, 60)!r} is not understood; use JSON")
    try:
        said = strict_json(content) if content.strip() else None
    except NotStrict as wrong:
        return Answer(kind=kind, text=clip(content.decode(errors="replace")), fault=f"the data {wrong}")
    return _understand(kind, said)


def _understand(kind: str, said: object) -> Answer:
    word = WORDS[kind]
    fields = cast("dict[str, object]", said) if isinstance(said, dict) else {word: said}
    shown = Answer(kind=kind, by=clip(fields.get("by"), 200), text=clip(fields.get(word)))
    if fault := _fault(kind, fields):
        return shown.model_copy(update={"fault": fault})
    person = cast("str | None", fields.get("person") or None)
    return Answer(
        kind=kind,
        by=shown.by,
        text=clip(fields.get("note")) if kind == "delegate" else shown.text,
        person=person,
        changes=cast("dict[str, JsonValue] | None", fields.get("changes") or None),
        token=cast("str | None", fields.get("token") or None),
    )


def _fault(kind: str, fields: Mapping[str, object]) -> str | None:
    """Why this cannot be used; None where it can."""
    word = WORDS[kind]
    known = {"by", "token", word} | FURTHER.get(kind, frozenset())
    if unknown := sorted(fields.keys() - known):
        return f"{clip(unknown[0], 40)!r} is not understood; use {', '.join(sorted(known))}"
    texts = [value for name, value in fields.items() if name != "changes"]
    if not all(value is None or isinstance(value, str) for value in texts):
        return f"the data must be empty, a text, or an object with by and {word}"
    if kind != "approve" and not str(fields.get(word) or "").strip():
        return f'a {kind} needs a {word}: send the data "{word}…"'
    spoken = [fields.get(name) for name in (word, "note")]
    if fields.get("token") and any(len(str(value)) > TEXT_LIMIT for value in spoken):
        return f"a signed {word} may have {TEXT_LIMIT} characters"
    return _bad_changes(fields.get("changes"))


def _bad_changes(changes: object) -> str | None:
    if changes is None:
        return None
    if not isinstance(changes, dict) or not changes:
        return 'changes is an object such as {"due_date": "2026-12-24"}'
    if len(json.dumps(cast("dict[str, object]", changes))) > CHANGES_LIMIT:
        return f"changes may have {CHANGES_LIMIT} characters"
    return None


def clip(value: object, limit: int = TEXT_LIMIT) -> str | None:
    """A value as text of a bearable length; None for nothing."""
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text.encode(errors="replace").decode()
    return text if len(text) <= limit else f"{text[:limit]}… [{len(text) - limit} more characters]"
