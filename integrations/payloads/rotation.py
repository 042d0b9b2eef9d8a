"""Changing the key that encrypts: in one step where all read one file, in two where each has a copy of its own.

Every step can be repeated, and none takes a key away: what it encrypted is read for as long as the server keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from integrations.keys import BadKey
from integrations.payloads.keyring import Keyring, alone, new_keyring, read_keyring, write_keyring

TWICE = timedelta(hours=1)
"""Who rotates again within this time did not mean to."""


@dataclass(frozen=True)
class Rotated:
    """The keyring as it is now, and what was done, as a sentence."""

    ring: Keyring
    said: str


def begin(file: Path, now: datetime) -> Rotated:
    """Write a keyring where there is none; raise `BadKey` where there is one."""
    with alone(file):
        if file.exists():
            raise BadKey(f"{file} is there already, and no keyring is ever overwritten; leave --new out to rotate it.")
        ring = new_keyring(now)
        write_keyring(file, ring)
    return Rotated(ring, f"{ring.current} encrypts from now on.")


def prepare(file: Path, now: datetime) -> Rotated:
    """Add a key that only decrypts so far."""
    with alone(file):
        ring = read_keyring(file)
        if ring.prepared:
            return Rotated(ring, f"{ring.prepared.kid} was prepared already; nothing was changed.")
        ring = ring.with_new_key(now)
        write_keyring(file, ring)
    return Rotated(ring, f"{ring.keys[-1].kid} is prepared: it decrypts, and {ring.current} goes on encrypting.")


def rotate(file: Path, now: datetime, *, again: bool) -> Rotated:
    """Let the prepared key encrypt, or a new one where none is prepared; `again` even if that was done just now."""
    with alone(file):
        ring = read_keyring(file)
        if not ring.prepared and now - ring.since < TWICE and not again:
            return Rotated(ring, f"{ring.current} encrypts since {ring.since:%d %b %H:%M} UTC; nothing was changed.")
        before = ring.current
        ring = ring if ring.prepared else ring.with_new_key(now)
        ring = ring.changed_to(ring.keys[-1], now)
        write_keyring(file, ring)
    return Rotated(ring, f"{ring.current} encrypts from now on; {before} is kept, to decrypt what it encrypted.")
