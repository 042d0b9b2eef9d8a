"""How long an HTTP server asks us to wait."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 60
"""Seconds; a server that asks for more is asked again after this, within the caller's own limits."""


def wait(headers: Mapping[str, str], now: datetime) -> int | None:
    """Seconds that `retry-after-ms` or `Retry-After` (seconds or date, RFC 9110 §10.2.3) asks for, at most 60.

    `headers` finds names in lower case, as the case-insensitive mappings of HTTP clients do.
    """
    milliseconds, after = headers.get("retry-after-ms", ""), headers.get("retry-after", "")
    if _is_number(milliseconds):
        return min(-(-int(milliseconds.split(".")[0]) // 1000), LONGEST_WAIT)
    if _is_number(after):
        return min(int(after.split(".")[0]), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(after)
    except ValueError:
        return None
    seconds = int((until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())
    return min(max(seconds, 0), LONGEST_WAIT)


def _is_number(value: str) -> bool:
    return re.fullmatch(r"[0-9]{1,12}(\.[0-9]+)?", value.strip()) is not None
