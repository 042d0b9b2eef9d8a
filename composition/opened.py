"""What every process of a worker shares, opened once, and what a process adds to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from inspect import getmembers
from typing import Any

from temporalio.client import Client

from domain.actions import BaseAction
from domain.ports import Reconciled
from integrations.bucket import KeptDocuments, documents_of
from integrations.policy_folder import PolicyFolder
from integrations.sandbox import Database, Faults
from integrations.settings import Settings
from integrations.store import Store, open_store
from integrations.temporal.signals import HistorySignals


@dataclass(frozen=True)
class Opened:
    """The stores, folders and connections of one worker."""

    client: Client
    settings: Settings
    store: Store
    documents: KeptDocuments
    policies: PolicyFolder
    signals: HistorySignals
    database: Database
    faults: Faults
    """What the sandbox's systems shall get wrong."""


@dataclass(frozen=True)
class Wired:
    """What one process brings into the worker."""

    lookups: Sequence[object]
    """All methods of these that are activities, the worker has."""
    systems: Mapping[type[BaseAction], Reconciled] = field(default_factory=dict[type[BaseAction], Reconciled])
    """Which adapter performs which action: a worker refuses to start where one that may be taken has none."""

    @property
    def activities(self) -> list[Callable[..., Any]]:
        """What is looked up."""
        return [getattr(each, name) for each in self.lookups for name, _ in getmembers(type(each), _is_activity)]


def _is_activity(member: object) -> bool:
    return hasattr(member, "__temporal_activity_definition")


async def open_shared(client: Client, settings: Settings, store: Store, stack: AsyncExitStack) -> Opened:
    """Open what the processes share; the stack closes it."""
    database = Database(settings.books)
    stack.push_async_callback(database.close)
    await database.prepare()
    documents = documents_of(settings)
    policies = PolicyFolder(settings.policies, documents.keep)
    faults = Faults.parse(settings.sandbox_faults)
    return Opened(client, settings, store, documents, policies, HistorySignals(client), database, faults)


async def opened_store(settings: Settings, stack: AsyncExitStack) -> Store:
    """The project's own database; raise `ValueError` naming the setting that is wrong."""
    try:
        return await stack.enter_async_context(open_store(settings.store_url))
    except ValueError as error:
        raise ValueError(f"SIGNALBOX_STORE: {error}") from None
