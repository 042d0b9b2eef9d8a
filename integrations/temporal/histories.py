"""Histories for the trail: all runs of a case and of what it started, from the server, or from exported files."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import DomainError
from governance.canonical import WRITER
from governance.trail.exported import history_of
from governance.trail.history import History
from governance.trail.named_runs import linked
from governance.trail.reading import items, text
from integrations.payloads.events import open_payloads
from integrations.temporal.listing import listed
from integrations.temporal.protobuf_events import exported_event, read_event

MOST = 1_000
"""Runs of one case, its approvals included, that are read."""
LARGEST = 256 * 1024 * 1024


class BadHistory(DomainError):
    """This is no history that can be read."""


@dataclass(frozen=True)
class Fetched:
    """A history, and the events as the server sent them, their payloads opened."""

    history: History
    events: Sequence[HistoryEvent]

    def exported(self) -> bytes:
        """What `read_file` reads again: the API's JSON, with sorted keys and no white space."""
        told = self.history
        beside = {"namespace": told.namespace, "workflow_id": told.workflow_id, "run_id": told.run_id}
        return WRITER.encode({**beside, "events": [exported_event(event) for event in self.events]}).encode()


class Histories:
    """Reads through a client; a run whose history the server no longer has is left out."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def case(self, workflow_id: str, run_id: str | None = None) -> tuple[History, ...]:
        """The newest chain of runs of a workflow, or the one with this run, and all that they started."""
        return tuple(each.history for each in await self.fetch(workflow_id, run_id))

    async def every_run(self, workflow_id: str, listed_runs: Sequence[str] | None = None) -> tuple[Fetched, ...]:
        """All runs of a workflow, also those of earlier chains under the same id, and all that they started.

        Who reads many cases asks for the `listed_runs` of all at once, and gives each case its own.
        """
        if listed_runs is None:
            listed_runs = (await self.listed_runs([workflow_id]))[workflow_id]
        return await self._fetch([(workflow_id, None), *((workflow_id, run) for run in listed_runs)], every=True)

    async def listed_runs(self, workflow_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
        """The runs of workflows that lists know of, newest first; a list may lag behind, so links are followed too.

        An id with quotes in it cannot be asked for, and its runs are found by links alone.
        """
        runs: dict[str, list[str]] = {each: [] for each in workflow_ids}
        quoted = [f'"{each}"' for each in runs if '"' not in each and "\\" not in each]
        if quoted:
            async for found in listed(self._client, f"WorkflowId IN ({', '.join(quoted)})"):
                runs[found.execution.workflow_id].append(found.execution.run_id)
        return runs

    async def fetch(self, workflow_id: str, run_id: str | None = None) -> tuple[Fetched, ...]:
        """The runs of one chain, with what the server sent."""
        listed_runs = (await self.listed_runs([workflow_id]))[workflow_id]
        return await self._fetch([(workflow_id, run_id), *((workflow_id, run) for run in listed_runs)], every=False)

    async def _fetch(self, wanted: list[tuple[str, str | None]], *, every: bool) -> tuple[Fetched, ...]:
        workflow_id = wanted[0][0]
        found: dict[str, Fetched] = {}
        chain: str | None = None
        while wanted and len(found) < MOST:
            fetched = await self._read(*wanted.pop(0), known=found)
            if fetched is None:
                continue
            history = fetched.history
            if not every and history.workflow_id == workflow_id and chain not in (None, history.first_run):
                continue
            chain = chain or history.first_run
            found[history.run_id] = fetched
            wanted = [*linked(history), *wanted]
        return tuple(found.values())

    async def run(self, workflow_id: str, run_id: str | None = None) -> History:
        """The history of one run, the newest by default."""
        return (await self._fetched(workflow_id, run_id)).history

    async def _fetched(self, workflow_id: str, run_id: str | None) -> Fetched:
        handle = self._client.get_workflow_handle(workflow_id, run_id=run_id)
        pages, events = handle.fetch_history_events(), list[HistoryEvent]()
        while pages.current_page is None or pages.next_page_token:
            await pages.fetch_next_page()
            events += pages.current_page or ()
        await open_payloads(events, self._client.data_converter)
        read = [read_event(event) for event in events]
        return Fetched(
            history_of(read, namespace=self._client.namespace, workflow_id=workflow_id, run_id=run_id), events
        )

    async def _read(self, workflow_id: str, run_id: str | None, known: dict[str, Fetched]) -> Fetched | None:
        if run_id in known:
            return None
        try:
            fetched = await self._fetched(workflow_id, run_id)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND and known:
                return None
            raise
        return None if fetched.history.run_id in known else fetched


def read_file(file: Path) -> History:
    """The history in a file: what `temporal workflow show --output json` prints, or the UI downloads.

    A `workflow_id`, `namespace` and `run_id` beside its events are used. Raise `BadHistory` saying what is wrong.
    """
    if file.stat().st_size > LARGEST:
        raise BadHistory(f"{file} is larger than {LARGEST >> 20} MiB; no server keeps such a history.")
    return read_history(file.read_bytes(), str(file))


def read_history(content: bytes, name: str) -> History:
    """The history in such a file's content; `name` is what errors call it."""
    try:
        said: JsonValue = json.loads(content, parse_constant=str)
    except (ValueError, RecursionError):
        raise BadHistory(f"{name} is not JSON. Export it with `temporal workflow show --output json`.") from None
    events = said if isinstance(said, list) else items(said, "events") or items(said, "history", "events")
    beside = {each: text(said, each) for each in ("namespace", "workflow_id", "run_id")}
    if not events:
        raise BadHistory(f"{name} has no events. Export it with `temporal workflow show --output json`.")
    try:
        return history_of(events, **beside)
    except (ValueError, RecursionError) as error:
        wrong = error if isinstance(error, ValueError) else "it nests too deeply"
        raise BadHistory(f"{name}: {wrong}. Export it again with `temporal workflow show --output json`.") from None
