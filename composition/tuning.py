"""How much a worker takes at once: fixed numbers, or what the machine allows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import (
    PollerBehaviorAutoscaling,
    ResourceBasedSlotConfig,
    WorkerDeploymentConfig,
    WorkerTuner,
)

from domain.roles import Role
from integrations.settings import Settings

STICKY = timedelta(seconds=2)
"""After so long without an answer, a case goes on with another worker than the one that has it in memory."""

HEARD = timedelta(milliseconds=100)
"""How late the server may hear how far an activity is: what a lost worker had used of a budget is counted."""


def tuned(settings: Settings, role: Role) -> dict[str, Any]:
    """What the settings say of a worker's slots, pollers and patience."""
    config: dict[str, Any] = {
        "max_cached_workflows": settings.cached_workflows,
        "graceful_shutdown_timeout": timedelta(seconds=settings.drain_seconds),
        "sticky_queue_schedule_to_start_timeout": STICKY,
        "max_heartbeat_throttle_interval": HEARD,
        "max_task_queue_activities_per_second": settings.reasoning_rate if role == "reasoning" else None,
    }
    if settings.slots == "resource":
        config["tuner"] = _by_resource(settings)
    else:
        config["max_concurrent_workflow_tasks"] = settings.workflow_slots
        config["max_concurrent_activities"] = settings.activity_slots
        config["max_concurrent_local_activities"] = settings.activity_slots
    if settings.pollers == "auto":
        config["workflow_task_poller_behavior"] = PollerBehaviorAutoscaling()
        config["activity_task_poller_behavior"] = PollerBehaviorAutoscaling()
    return config


def versioned(settings: Settings, build: str) -> dict[str, Any]:
    """The deployment that a worker is a version of; a process that does not say otherwise stays on its build."""
    if settings.deployment is None:
        return {"build_id": build}
    version = WorkerDeploymentVersion(deployment_name=settings.deployment, build_id=build)
    return {"deployment_config": WorkerDeploymentConfig(version, True, VersioningBehavior.PINNED)}


def _by_resource(settings: Settings) -> WorkerTuner:
    activities = ResourceBasedSlotConfig(maximum_slots=settings.activity_slots)
    return WorkerTuner.create_resource_based(
        target_memory_usage=settings.memory_target,
        target_cpu_usage=settings.cpu_target,
        workflow_config=ResourceBasedSlotConfig(maximum_slots=settings.workflow_slots),
        activity_config=activities,
        local_activity_config=activities,
    )
