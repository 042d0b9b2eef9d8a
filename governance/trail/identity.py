"""Ids that anybody derives again from the same history, so that what is sent twice is the same thing twice."""

from __future__ import annotations

import hashlib


def trace_id(namespace: str, workflow_id: str, first_run: str) -> str:
    """The trace of a case: 32 hex digits, from the first run of its chain."""
    return _derived(namespace, workflow_id, first_run)[:32]


def record_id(run: str, kind: str, name: str = "") -> str:
    """A record of a run, and its span: 16 hex digits, from an activity id, an event id or the run itself."""
    return _derived(run, kind, name)[:16]


def _derived(*parts: str) -> str:
    """No two lists of parts give the same bytes: each is led by its length."""
    content = [part.encode() for part in parts]
    return hashlib.sha256(b"".join(b"%d:%b" % (len(part), part) for part in content)).hexdigest()
