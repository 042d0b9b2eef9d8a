"""A person's public key as it stands in people.toml."""

from __future__ import annotations

import base64
import binascii
import re

from governance.ed25519 import is_public_key
from governance.entries import Entry
from governance.person import PublicKey

SPELLING = re.compile(r"[A-Za-z0-9_-]{43}")


def read_key(entry: Entry) -> PublicKey:
    """Read one key; raise `BadPolicy` naming the entry, the field and the mend."""
    entry.only("kid", "x", "since", "until")
    x = entry.text("x")
    if not _is_key(x):
        entry.refuse("x", "is no Ed25519 public key in base64url; paste what `starter.py keys new` printed")
    since, until = entry.day("since"), entry.day("until") if entry.has("until") else None
    if until is not None and until < since:
        entry.refuse("until", f"{until} is before {since}, when the key comes into force; exchange them")
    return PublicKey(kid=entry.text("kid"), x=x, since=since, until=until)


def _is_key(text: str) -> bool:
    """One spelling for each key: no padding, no loose bits at the end."""
    if not SPELLING.fullmatch(text):
        return False
    try:
        raw = base64.urlsafe_b64decode(text + "=")
    except binascii.Error:
        return False
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == text and is_public_key(raw)
