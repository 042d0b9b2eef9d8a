"""How workflow code runs: in the sandbox, with our packages loaded once and not for every case."""

from __future__ import annotations

from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import Info
from typing_extensions import override

from workflows.unversioned import Unversioned

OURS = ("workflows", "activities", "agents", "governance", "domain")
"""Passed through: they are pure, and it halves the memory of a waiting case."""


def sandbox(*, versioned: bool = False) -> SandboxedWorkflowRunner:
    """The runner of a worker; whether that is a version of a deployment decides what it tells the server."""
    return _Sandbox(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*OURS),
        runner_class=UnsandboxedWorkflowRunner if versioned else Unversioned,
    )


class _Sandbox(SandboxedWorkflowRunner):
    @override
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Contextless(super().create_instance(det))


class _Contextless(WorkflowInstance):
    """A workflow in the sandbox that is not asked, once for each payload, whose that is.

    The SDK enters the sandbox for that, which is a sixth of a worker's work; `integrations.payloads` reads and writes
    every payload alike, whatever command it belongs to.
    """

    def __init__(self, sandboxed: WorkflowInstance) -> None:
        self._sandboxed = sandboxed

    @override
    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        return self._sandboxed.activate(act)

    @override
    def get_serialization_context(self, command_info: object) -> None:
        return None

    @override
    def get_external_store_context(self, command_info: Any) -> StorageDriverStoreContext:
        return self._sandboxed.get_external_store_context(command_info)

    @override
    def get_info(self) -> Info:
        return self._sandboxed.get_info()

    @override
    def get_thread_id(self) -> int | None:
        return self._sandboxed.get_thread_id()
