"""One byte string per value, so that a digest means the same thing everywhere."""

from __future__ import annotations

import hashlib
import json

from pydantic import BaseModel

WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
"""Made once: `json.dumps` makes one for each value."""


def canonical_json(value: BaseModel) -> bytes:
    """JSON with sorted keys and no white space; decimals and dates as the text pydantic gives them."""
    return WRITER.encode(value.model_dump(mode="json")).encode()


def digest(value: BaseModel) -> str:
    """The SHA-256 of the canonical JSON, in lower-case hex."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def idempotency_key(namespace: str, business_key: str, step: str) -> str:
    """The key of one effect: from business identity alone, never from a run, a time or chance."""
    return hashlib.sha256(f"{namespace}|{business_key}|{step}".encode()).hexdigest()
