"""How workflow code runs: in the sandbox, with our packages loaded once and not for every case."""

from __future__ import annotations

from temporalio.worker import UnsandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from workflows.unversioned import Unversioned

OURS = ("workflows", "activities", "agents", "governance", "domain")
"""Passed through: they are pure, and it halves the memory of a waiting case."""


def sandbox(*, versioned: bool = False) -> SandboxedWorkflowRunner:
    """The runner of a worker; whether that is a version of a deployment decides what it tells the server."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*OURS),
        runner_class=UnsandboxedWorkflowRunner if versioned else Unversioned,
    )
