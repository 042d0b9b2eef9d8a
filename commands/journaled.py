"""What the attempt journal adds to a trail, where there is one to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import Unavailable
from domain.text import show
from governance.trail.assembly import assembled
from governance.trail.attempts import with_attempts
from governance.trail.history import History
from governance.trail.record import Record
from integrations.settings import Settings
from integrations.store import open_store


@dataclass(frozen=True)
class Drawn:
    """The records of a case, attempts among them, and a sentence where the journal could not be read."""

    records: tuple[Record, ...]
    lack: str | None


async def drawn(settings: Settings, histories: Sequence[History]) -> Drawn:
    """Draw up a trail from its histories and the journal in the store that is set."""
    records = assembled(histories)
    if settings.store is None and not (settings.home / "signalbox.db").exists():
        return Drawn(records, _lack(f"there is none in {settings.home}"))
    try:
        async with open_store(settings.store_url) as store:
            attempts = await store.journal.attempts([history.run_id for history in histories])
    except (Unavailable, ValueError) as error:
        return Drawn(records, _lack(show(str(error), 200).rstrip(".")))
    return Drawn(with_attempts(records, attempts), None)


def _lack(why: str) -> str:
    return f"Attempts are not shown, for the journal cannot be read: {why}. SIGNALBOX_STORE says where the workers' is."
