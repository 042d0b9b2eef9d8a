"""Stored histories of cases, and the replayer that holds today's workflows against them."""

import json
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.worker import Replayer

import worker
from domain.errors import DomainError
from workflows.measuring import Measuring
from workflows.routing import Routing

FOLDER = Path(__file__).with_name("histories")


def replayer(converter: DataConverter = pydantic_data_converter) -> Replayer:
    """Replays as the worker runs: the same workflows, sandbox, converter and failures."""
    return Replayer(
        workflows=worker.WORKFLOWS,
        workflow_runner=worker.sandbox(),
        interceptors=[Routing(), Measuring()],  # an activity's queue may have been another one
        workflow_failure_exception_types=[DomainError],
        data_converter=converter,
    )


def stored() -> list[Path]:
    """The files, in order."""
    return sorted(FOLDER.glob("*.json"))


def load(file: Path) -> WorkflowHistory:
    """Read a stored history; its workflow id stands beside the events."""
    said = json.loads(file.read_text())
    return WorkflowHistory.from_json(said["workflow_id"], {"events": said["events"]})
