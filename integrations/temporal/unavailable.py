"""A server that does not answer is not available; anything else that it says is a fault of ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from temporalio.service import RPCError, RPCStatusCode

from domain.errors import Unavailable

PASSING = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.UNKNOWN,
    }
)


@asynccontextmanager
async def available() -> AsyncGenerator[None]:
    """Turn what may pass into `Unavailable`."""
    try:
        yield
    except RPCError as error:
        if error.status in PASSING:
            raise Unavailable(f"The Temporal server does not answer: {error.message}") from error
        raise
