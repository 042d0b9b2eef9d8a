"""No answer may be larger than agreed, however it is packed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast

from httpx2 import AsyncByteStream, Response

from domain.errors import NoAnswer


class LimitedStream(AsyncByteStream):
    """A response body that stops with `NoAnswer` once it exceeds its limit."""

    def __init__(self, body: AsyncByteStream, limit: int) -> None:
        self._body = body
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Pass the chunks on, counting."""
        seen = 0
        async for chunk in self._body:
            seen += len(chunk)
            if seen > self._limit:
                raise NoAnswer(f"The model server's answer exceeds {self._limit} bytes.")
            yield chunk

    async def aclose(self) -> None:
        """Close the body beneath."""
        await self._body.aclose()


def limit_response(limit: int) -> Callable[[Response], Awaitable[None]]:
    """A response hook that caps the body; a compressed one is refused, since only unpacking would tell its size."""

    async def cap(response: Response) -> None:
        packing = response.headers.get("content-encoding", "identity")
        if packing != "identity":
            raise NoAnswer(f"The model server's answer is packed as {packing[:20]!r}, which was not asked for.")
        response.stream = LimitedStream(cast("AsyncByteStream", response.stream), limit)

    return cap
