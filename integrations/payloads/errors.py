"""Payloads that cannot be opened: each stops what needs it, and it goes on once a person has mended what is wrong."""

from __future__ import annotations

from domain.errors import Unavailable


class Unopened(Unavailable):
    """A payload cannot be opened: trying again helps once its key, or what was stored, is there again."""
