"""JSON that can be read in one way only, and that every part of the system can carry on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn, cast

DEPTH = 32
"""Objects and lists within one another; nobody who means well needs more."""


class NotStrict(ValueError):
    """Text that is no JSON, or that could be read in two ways; the message says which, to follow `the data`."""


def strict_json(content: str | bytes, *, parse_float: Callable[[str], object] = float) -> object:
    """Read JSON; raise `NotStrict` for a name given twice, NaN, deep nesting, half a character, or what is no JSON."""
    try:
        text = content.decode() if isinstance(content, bytes) else content
        said: object = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=parse_float)
        _examine(said, DEPTH)
    except NotStrict:
        raise
    except (ValueError, RecursionError):
        raise NotStrict("is not JSON") from None
    return said


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    if twice := [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]:
        raise NotStrict(f"gives {twice[0][:40]!r} twice")
    return dict(pairs)


def _no_constant(name: str) -> NoReturn:
    raise NotStrict(f"holds {name}, which is no JSON value")


def _examine(said: object, depth: int) -> None:
    if isinstance(said, str):
        _whole(said)
    elif isinstance(said, dict | list):
        if not depth:
            raise NotStrict(f"nests deeper than {DEPTH}")
        for part in _parts(cast("dict[str, object] | list[object]", said)):
            _examine(part, depth - 1)


def _parts(said: dict[str, object] | list[object]) -> Iterator[object]:
    if isinstance(said, dict):
        yield from said
        yield from said.values()
    else:
        yield from said


def _whole(text: str) -> None:
    """Half a surrogate pair has no bytes, so nothing could ever record it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotStrict("holds half a character (a lone surrogate)") from None
