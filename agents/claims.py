"""From a model's answer to a claim, or to a complaint that the model can act on.

What must hold before anything looks inside: at most 64,000 characters, one JSON object (a single code fence around the
whole answer is tolerated, words around it are not), no key twice, no NaN or infinity, no number that a JSON reader
would round. Then the claim's model judges, strictly: no unknown field, no missing field, no conversion. The arguments
of a tool call are read in the same way.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import Field, ValidationError

from domain.values import Frozen

ANSWER_LIMIT = 64_000
"""Characters of an answer that are looked at; the largest honest claim is far below."""

EXACT_DIGITS = 15
"""Decimal digits that a binary double gives back unchanged (IEEE 754)."""

PROBLEMS_NAMED = 8
COMPLAINT_LIMIT = 1_000
SHOWN = 60
FENCED = re.compile(r"\A\s*```(?:json)?[ \t]*\n(.*)\n```\s*\Z", re.DOTALL | re.IGNORECASE)

Claim = TypeVar("Claim", bound=Frozen)


class Evidence(Frozen):
    """What a claim rests on, word for word; a quote that does not stand there is no evidence."""

    source: str = Field(description="the name of the tool that returned it, of the text that says it, or `brief`")
    quote: str = Field(min_length=1, max_length=300, description="copied exactly, without quotation marks")


def decode_claim(text: str, claim: type[Claim]) -> Claim | str:
    """Read a model's answer as a claim, or say in words that the model can act on why it is none."""
    return decode_object(text, claim, limit=ANSWER_LIMIT, what="The answer")


def decode_object(text: str, form: type[Claim], *, limit: int, what: str) -> Claim | str:
    """Read what a model wrote as a value, or say in words why it is none; `what` begins the sentence."""
    if len(text) > limit:
        return f"{what} has {len(text)} characters; the limit is {limit}."
    written = _unfenced(text)
    try:
        parsed: object = json.loads(
            written, object_pairs_hook=_without_duplicates, parse_constant=_no_constant, parse_float=_exact
        )
        if not isinstance(parsed, dict):
            return f"{what} is not one JSON object."
        return form.model_validate_json(written, strict=True)
    except RecursionError:
        return f"{what} is nested too deeply."
    except ValidationError as refusal:
        return _clipped(_problems(refusal))
    except ValueError as malformed:
        return _clipped(f"{what} is not one complete JSON object: {malformed}.")


def unborne(evidence: Sequence[Evidence], sources: Mapping[str, str]) -> str | None:
    """Why this evidence proves nothing, in words that the model can act on; None where every quote stands there.

    White space and case do not count. `sources` are the texts that may be quoted, by name.
    """
    if not evidence:
        return "evidence: quote at least one thing that your answer rests on."
    for each in evidence:
        if each.source not in sources:
            return _clipped(f"evidence: {_shown(each.source)} is no source; there are {', '.join(sources)}.")
        if _even(each.quote) not in _even(sources[each.source]):
            return _clipped(f"evidence: “{_shown(each.quote)}” does not stand in {each.source}; copy it word for word.")
    return None


def _even(text: str) -> str:
    return " ".join(text.split()).casefold()


def _unfenced(text: str) -> str:
    fenced = FENCED.match(text)
    return (fenced[1] if fenced else text).strip()


def _without_duplicates(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise ValueError(f"the key {_shown(twice[0])} occurs twice in one object")
    return dict(pairs)


def _no_constant(constant: str) -> object:
    raise ValueError(f"{constant} is not a number")


def _exact(literal: str) -> str:
    # The claim's JSON reader goes through binary floating point: what that would round must come as a string.
    if "e" in literal.lower() or sum(character.isdigit() for character in literal) > EXACT_DIGITS:
        raise ValueError(f"the number {_shown(literal)} would be rounded, write it out as a string")
    return literal


def _problems(refusal: ValidationError) -> str:
    errors = refusal.errors(include_url=False, include_context=False, include_input=False)
    named = [f"{_path(error['loc'])}: {error['msg']}" for error in errors[:PROBLEMS_NAMED]]
    unnamed = len(errors) - len(named)
    return "; ".join(named) + (f"; and {unnamed} more" if unnamed else "") + "."


def _path(location: Sequence[int | str]) -> str:
    return ".".join(_shown(str(part)) for part in location) or "the answer"


def _shown(word: str) -> str:
    return word if len(word) <= SHOWN else f"{word[:SHOWN]}…"


def _clipped(complaint: str) -> str:
    return complaint if len(complaint) <= COMPLAINT_LIMIT else f"{complaint[: COMPLAINT_LIMIT - 1]}…"
