"""The transcript of an agent in the document store: packed segments, found from the newest backwards."""

from __future__ import annotations

import zlib

from agents.tools import Observed
from agents.transcript import Segment
from domain.documents import DocumentRef
from domain.ports import Documents


async def past(documents: Documents, newest: DocumentRef | None) -> tuple[Segment, ...]:
    """All segments, oldest first; raise `Unreadable` where one is missing or was changed."""
    found: list[Segment] = []
    while newest is not None:
        found.append(Segment.model_validate_json(zlib.decompress(await documents.get(newest))))
        newest = found[-1].before
    return tuple(reversed(found))


async def put_segment(documents: Documents, segment: Segment) -> DocumentRef:
    """Keep a segment; the same one twice is kept once."""
    packed = zlib.compress(segment.model_dump_json().encode(), level=6)
    return await documents.put(packed, name="turn", media_type="application/zlib")


async def whole(documents: Documents, observed: tuple[Observed, ...]) -> tuple[Observed, ...]:
    """The same with their texts, wherever these were kept."""
    return tuple([await _whole(documents, each) for each in observed])


async def _whole(documents: Documents, observed: Observed) -> Observed:
    if observed.whole is None:
        return observed
    text = (await documents.get(observed.whole)).decode()
    return observed.model_copy(update={"text": text, "whole": None})
