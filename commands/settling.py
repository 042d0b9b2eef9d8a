"""What a counted answer led to: further people, the end, or a new request about the action as it was changed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from commands.console import plain
from commands.desk import Desk
from commands.waiting import waiting_for
from governance.ballot import Ballot
from governance.card import places

ANEW_SECONDS = 5
POLL_SECONDS = 0.2


async def settled(desk: Desk, ballot: Ballot) -> str:
    """Where the request stands, in a sentence."""
    if ballot.state == "waiting":
        return f"It goes on waiting: {plain(places(ballot.missing(datetime.now(UTC))))} still needed."
    if ballot.state != "amended":
        changed = ", with the changes" if ballot.amended else ""
        return f"The request is settled: {ballot.state}{changed}."
    anew = await _asked_anew(desk, ballot)
    return f"As changed it takes further people, so a new request asks about it as it is now: {anew}"


async def _asked_anew(desk: Desk, ballot: Ballot) -> str:
    """The id of the request that asks about the changed action: lists show it a moment after it has begun."""
    case = ballot.request.subject.case.workflow_id
    amended = ballot.amended.subject.action.step if ballot.amended else ""
    for _ in range(round(ANEW_SECONDS / POLL_SECONDS)):
        async for found in waiting_for(desk, case):
            if f".{case}.{amended}." in found.id and found.id != ballot.id:
                return plain(found.id)
        await asyncio.sleep(POLL_SECONDS)
    return f"`starter.py show {plain(case)}` will show it in a moment."
