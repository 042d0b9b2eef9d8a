"""Looking into JSON that nobody vouches for: what is not there, or is something else, is None."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

LONGEST_NUMBER = 20
"""Digits of a 64-bit number, and one more."""


def at(value: JsonValue | Mapping[str, JsonValue], *path: str) -> JsonValue:
    """The value at a path of names; None where there is none."""
    found: object = value
    for name in path:
        if not isinstance(found, dict):
            return None
        found = found.get(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - any JSON
    return found  # pyright: ignore[reportReturnType, reportUnknownVariableType] - any JSON


def text(value: JsonValue | Mapping[str, JsonValue], *path: str) -> str | None:
    """The text at a path, or a number as text; None where there is none, or an empty one."""
    found: object = value
    for name in path:  # `at` again: most of a projection's time is spent here
        if not isinstance(found, dict):
            return None
        found = found.get(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - any JSON
    if isinstance(found, str):
        return (found if found.isascii() else whole(found)) or None
    return str(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def whole(said: str) -> str:
    """The text without half characters (lone surrogates), which nothing could store."""
    return said if said.isascii() else said.encode(errors="replace").decode()


def number(value: JsonValue | Mapping[str, JsonValue], *path: str) -> int | None:
    """The whole number at a path; the API's JSON writes long ones as text."""
    found = text(value, *path)
    return int(found) if found and found.isascii() and found.isdigit() and len(found) < LONGEST_NUMBER else None


def flag(value: JsonValue | Mapping[str, JsonValue], *path: str) -> bool | None:
    """The truth value at a path."""
    found = at(value, *path)
    return found if isinstance(found, bool) else None


def items(value: JsonValue | Mapping[str, JsonValue], *path: str) -> list[JsonValue]:
    """The list at a path; empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def fields(value: JsonValue | Mapping[str, JsonValue], *path: str) -> dict[str, JsonValue]:
    """The object at a path; empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, dict) else {}


def payload(value: JsonValue | Mapping[str, JsonValue], *path: str) -> JsonValue:
    """What the first of the payloads at a path says; None where it is not JSON or there is none."""
    payloads = items(value, *path, "payloads")
    return at(payloads[0], "value") if payloads else None
