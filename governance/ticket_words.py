"""Reading ticket-words.toml: what tickets want, by words."""

from __future__ import annotations

import re

from domain.checks.ticket_phrases import pattern
from domain.ticket_words import Vocabulary, Wish
from governance.entries import Entry, read_toml

INTENT = re.compile(r"[a-z][a-z0-9_]{0,59}")


def load_ticket_words(content: bytes, file: str) -> Vocabulary:
    """Read ticket-words.toml; raise `BadPolicy` naming the file, the field and the mend."""
    top = read_toml(content, file)
    top.only("version", "refunds", "wish")
    wishes = dict(top.named("wish"))
    return Vocabulary(
        version=top.text("version"),
        refunds=_intents(top, "refunds", wishes),
        wishes=tuple(_wish(name, entry, wishes) for name, entry in wishes.items()),
    )


def _wish(name: str, entry: Entry, wishes: dict[str, Entry]) -> Wish:
    entry.only("words", "reasons")
    if not INTENT.fullmatch(name):
        entry.refuse(None, "an intent is named in small letters, digits and underscores, such as request_refund")
    words = entry.texts("words")
    try:
        _ = pattern(words)
    except ValueError as error:
        entry.refuse("words", str(error))
    if not words:
        entry.refuse("words", 'must be given, as phrases such as ["want|need .. refund"]')
    if capital := next((phrase for phrase in words if phrase != phrase.casefold()), None):
        entry.refuse("words", f"{capital!r} is looked for in small letters; write {capital.casefold()!r}")
    reasons = _intents(entry, "reasons", wishes)
    if name in reasons:
        entry.refuse("reasons", "names the intent itself; nothing is a reason for itself")
    return Wish(intent=name, words=words, reasons=reasons)


def _intents(entry: Entry, field: str, wishes: dict[str, Entry]) -> frozenset[str]:
    named = entry.texts(field)
    if unknown := [intent for intent in named if intent not in wishes]:
        entry.refuse(field, f"{unknown[0]} is no intent of this file; add [wish.{unknown[0]}] or correct it")
    return frozenset(named)
