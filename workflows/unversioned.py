"""Running workflows on a worker that is no version of a deployment."""

from __future__ import annotations

from dataclasses import replace

from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails
from typing_extensions import override


class Unversioned(UnsandboxedWorkflowRunner):
    """Inside the sandbox, leaves out how versions are chosen.

    The server refuses every task of an unversioned worker that names a behavior, and the case would stand still.
    """

    @override
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """As the process says it, without its behavior."""
        return super().create_instance(replace(det, defn=replace(det.defn, versioning_behavior=None)))
