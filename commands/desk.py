"""What commands work with, opened for as long as one command runs."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio.client import Client

from integrations.bucket import KeptDocuments, documents_of
from integrations.settings import Settings
from integrations.temporal.connection import connect, ui_address
from workflows.options import TASK_QUEUE


@dataclass(frozen=True)
class Desk:
    """A connected client, and where everything is."""

    settings: Settings
    client: Client
    ui: str

    @property
    def queue(self) -> str:
        """The task queue cases start on."""
        return self.settings.task_queue or TASK_QUEUE

    @property
    def documents(self) -> KeptDocuments:
        """The document store."""
        return documents_of(self.settings)

    def link(self, workflow_id: str) -> str:
        """The page of a workflow in the UI."""
        return f"{self.ui}/namespaces/{self.client.namespace}/workflows/{workflow_id}"


async def open_desk(identity: str | None = None) -> Desk:
    """Connect with the settings in the environment."""
    settings = Settings()
    client = await connect(settings, identity=identity)
    return Desk(settings, client, settings.ui_url or ui_address(settings.home))
