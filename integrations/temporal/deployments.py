"""A deployment as the server has it: its versions, which of them take new cases, and what is open on each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType, WorkerDeploymentVersionStatus
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkerDeploymentRequest,
    DescribeWorkerDeploymentResponse,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import DomainError
from integrations.temporal.listing import listed

CURRENT = WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT
STATES = {
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE: "inactive",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_CREATED: "inactive",
    CURRENT: "current",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING: "ramping",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING: "draining",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED: "drained",
}
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
PATCHES = "TemporalChangeVersion"
LOOKED_AT = 1_000
"""Open workflows whose patches are compared before a rollback."""


REFUSED = (RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.NOT_FOUND)
SEEN = timedelta(seconds=75)
"""A poll lasts a minute at most: who has not polled for longer is gone, though the server lists it for some minutes."""


class NoDeployment(DomainError):
    """There is no such deployment."""


class NotPromoted(DomainError):
    """This version cannot take new cases."""


@dataclass(frozen=True)
class Version:
    """One build of a deployment."""

    build: str
    state: str
    cases: int
    approvals: int
    pinned: int
    """How much of that ends on this build; the rest goes on with the current one."""
    workers: int
    """Processes that poll for its cases."""
    was_current: datetime
    """When it last took all new cases and then another one did; long ago for one that never did."""

    @property
    def is_stranded(self) -> bool:
        """Whether something of it is open and nobody can go on with it."""
        held = self.cases + self.approvals if self.state == STATES[CURRENT] else self.pinned
        return bool(held) and not self.workers


@dataclass(frozen=True)
class Rollout:
    """Where a deployment stands."""

    versions: tuple[Version, ...]
    """Newest first."""
    current: str | None
    ramping: str | None
    percent: float

    def version(self, build: str) -> Version | None:
        """The version of a build."""
        return next((version for version in self.versions if version.build == build), None)

    @property
    def before(self) -> Version | None:
        """The version that took new cases before the current one."""
        others = [each for each in self.versions if each.build != self.current and each.was_current > LONG_AGO]
        return max(others, key=lambda version: version.was_current, default=None)


class Deployment:
    """Asks and tells the server about one deployment; its cases start on `queue`."""

    def __init__(self, client: Client, name: str, queue: str, processes: Collection[str]) -> None:
        self._client, self._name, self._queue = client, name, queue
        self._types = ", ".join(f"'{each}'" for each in processes)

    async def rollout(self) -> Rollout:
        """Where it stands; raise `NoDeployment` where no worker of it ever polled."""
        found = (await self._described()).worker_deployment_info
        pollers, routing = await self._pollers(), found.routing_config
        versions = [
            Version(
                build=(build := each.deployment_version.build_id),
                state=STATES.get(each.status, "unknown"),
                cases=await self._open(build, f"WorkflowType IN ({self._types})"),
                approvals=await self._open(build, "WorkflowType='Approval'"),
                pinned=await self._open(build, "TemporalWorkflowVersioningBehavior='Pinned'"),
                workers=pollers[build],
                was_current=each.last_current_time.ToDatetime(tzinfo=UTC),
            )
            for each in sorted(found.version_summaries, key=lambda each: each.create_time.ToNanoseconds(), reverse=True)
        ]
        return Rollout(
            versions=tuple(versions),
            current=routing.current_deployment_version.build_id or None,
            ramping=routing.ramping_deployment_version.build_id or None,
            percent=routing.ramping_version_percentage,
        )

    async def make_current(self, build: str) -> None:
        """Let a version take every new case, and go on with those that are not pinned."""
        await self._told(
            self._client.workflow_service.set_worker_deployment_current_version(
                SetWorkerDeploymentCurrentVersionRequest(
                    namespace=self._client.namespace,
                    deployment_name=self._name,
                    build_id=build,
                    conflict_token=(await self._described()).conflict_token,
                    identity=self._client.identity,
                )
            )
        )

    async def ramp(self, build: str, percent: float) -> None:
        """Let a version take a part of all new cases; an empty build and 0 ends a ramp."""
        await self._told(
            self._client.workflow_service.set_worker_deployment_ramping_version(
                SetWorkerDeploymentRampingVersionRequest(
                    namespace=self._client.namespace,
                    deployment_name=self._name,
                    build_id=build,
                    percentage=percent,
                    conflict_token=(await self._described()).conflict_token,
                    identity=self._client.identity,
                )
            )
        )

    async def patches(self, build: str, *, running: bool) -> Counter[str]:
        """The patches that workflows of a version have gone through, each with how many of them."""
        query = self._of(build) + f" AND {PATCHES} IS NOT NULL" + " AND ExecutionStatus='Running'" * running
        found = Counter[str]()
        looked = 0
        async for each in listed(self._client, query):
            found.update(json.loads(each.search_attributes.indexed_fields[PATCHES].data))
            looked += 1
            if looked >= LOOKED_AT:
                break
        return found

    async def _described(self) -> DescribeWorkerDeploymentResponse:
        asked = DescribeWorkerDeploymentRequest(namespace=self._client.namespace, deployment_name=self._name)
        try:
            return await self._client.workflow_service.describe_worker_deployment(asked)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            raise NoDeployment(
                f"No worker of a deployment {self._name} has ever polled here: start one with "
                f"SIGNALBOX_DEPLOYMENT={self._name}."
            ) from None

    async def _pollers(self) -> Counter[str]:
        """How many processes poll for each build's workflow tasks."""
        asked = DescribeTaskQueueRequest(
            namespace=self._client.namespace,
            task_queue=TaskQueue(name=self._queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        found = await self._client.workflow_service.describe_task_queue(asked)
        since = datetime.now(UTC) - SEEN
        recent = [each for each in found.pollers if each.last_access_time.ToDatetime(tzinfo=UTC) >= since]
        ours = [each for each in recent if each.deployment_options.deployment_name == self._name]
        return Counter(build for _, build in {(each.identity, each.deployment_options.build_id) for each in ours})

    def _of(self, build: str) -> str:
        return f"TemporalWorkerDeploymentVersion='{self._name}:{build}'"

    async def _open(self, build: str, what: str) -> int:
        return (await self._client.count_workflows(f"{self._of(build)} AND {what} AND ExecutionStatus='Running'")).count

    @staticmethod
    async def _told(telling: Awaitable[object]) -> None:
        try:
            await telling
        except RPCError as error:
            if error.status not in REFUSED:
                raise
            raise NotPromoted(f"The server says: {error.message}") from None
