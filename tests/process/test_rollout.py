"""Builds take over from each other under open cases, on the real server."""

import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker import Worker

import worker
from activities.sweeping import Rounds
from composition.running import sandbox
from composition.tuning import versioned
from integrations.temporal import deployments
from integrations.temporal.deployments import Deployment, Rollout, Version
from integrations.temporal.schedule import keep_going
from tests.chaos.plant import find
from tests.facts import Handle, no_task_failed, until
from tests.office import Office, open_office
from tests.process.patched import Patched
from tests.terminal import NO_MODEL, Said, Terminal
from workflows.registered import NAMES


@dataclass
class Fleet:
    """Workers of several builds in one deployment."""

    office: Office
    deployment: Deployment

    @asynccontextmanager
    async def build(self, name: str) -> AsyncGenerator[None]:
        settings = self.office.desk.settings.model_copy(update={"build_id": name})
        async with worker.worker_for(self.office.desk.client, settings) as workers, workers:
            await self.stands(lambda rollout: any(each.build == name for each in rollout.versions))
            yield

    async def type(self, *words: str) -> Said:
        desk = self.office.desk
        environ = {
            **NO_MODEL,
            "TEMPORAL_ADDRESS": desk.client.service_client.config.target_host,
            "SIGNALBOX_HOME": str(desk.settings.home),
            "SIGNALBOX_TASK_QUEUE": desk.queue,
            "SIGNALBOX_DEPLOYMENT": str(desk.settings.deployment),
        }
        return await Terminal(environ, desk.settings.home).type("rollout", *words)

    async def promoted(self, build: str) -> None:
        async def done() -> bool:
            return (await self.type("promote", build)).code == 0

        await until(done)

    async def stands(self, so: Callable[[Rollout], bool]) -> Rollout:
        async def now() -> Rollout | None:
            try:
                rollout = await self.deployment.rollout()
            except deployments.NoDeployment:
                return None
            return rollout if so(rollout) else None

        return await until(now)

    async def counts(self, build: str) -> tuple[int, int]:
        version = (await self.deployment.rollout()).version(build)
        assert version
        return version.cases, version.approvals


async def builds(case: Handle) -> list[str]:
    """The build of each workflow task of a case."""
    events = [each async for each in case.fetch_history_events()]
    done = [each for each in events if each.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED]
    return [each.workflow_task_completed_event_attributes.deployment_version.build_id for each in done]


@pytest_asyncio.fixture
async def fleet(client: Client, tmp_path: Path) -> AsyncGenerator[Fleet]:
    name = f"fleet-{uuid.uuid4()}"
    async with open_office(client, tmp_path, working=False, deployment=name) as office:
        yield Fleet(office, Deployment(client, name, office.desk.queue, NAMES))


async def test_a_case_stays_on_its_build_its_approval_takes_the_next_one_and_all_of_it_goes_back(
    fleet: Fleet, client: Client, samples: Path
) -> None:
    office = fleet.office
    async with fleet.build("A"):
        await fleet.promoted("A")
        case = await office.hand_in(find(samples, "04"))
        approval = client.get_workflow_handle(await office.approval_of(case))
        async with fleet.build("B"):
            await fleet.promoted("B")

            async def moved() -> bool:  # what a worker of A hears before the server's queues know of B leaves it there
                await office.answer(case, "comment", "seen on B")
                return (await fleet.deployment.rollout()).versions[0].approvals == 1

            await until(moved, 60)
            assert [await fleet.counts(build) for build in ("B", "A")] == [(0, 1), (1, 0)]
            newer = await office.hand_in(find(samples, "05"))
            waiting = client.get_workflow_handle(await office.approval_of(newer))
            said = await fleet.type("rollback")
            assert (said.code, "New cases start on A" in said.out) == (0, True), said

            async def moved_back() -> bool:
                await office.answer(case, "comment", "seen on A again")
                await office.answer(newer, "comment", "seen on A")
                return {(await builds(each))[-1] for each in (approval, waiting)} == {"A"}

            await until(moved_back, 60)
            await office.answer(case, "approve", None)
            await office.answer(newer, "approve", None)
            assert {(await each.result()).outcome for each in (case, newer)} == {"posted"}
            assert (set(await builds(case)), set(await builds(newer))) == ({"A"}, {"B"})
            assert (set(await builds(approval)), set(await builds(waiting))) == ({"A", "B"}, {"A", "B"})
            assert (await builds(approval))[-1] == "A"
            for each in (case, newer, approval, waiting):
                await no_task_failed(each)


async def test_status_says_what_is_open_where_and_that_nobody_goes_on_with_it(
    fleet: Fleet, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fleet.build("A"):
        early = await fleet.type("status")
        assert (early.code, "No build is current" in early.out) == (1, True)
        await fleet.promoted("A")
        await fleet.office.approval_of(await fleet.office.hand_in(find(samples, "04")))
        await fleet.stands(lambda rollout: rollout.versions[0].approvals == 1)
        said = await fleet.type("status")
        assert said.code == 0, said.out
        assert said.out.splitlines()[1].split() == ["A", "current", "1", "1", "1"]
    monkeypatch.setattr(deployments, "SEEN", timedelta(seconds=0.5))
    alone = await fleet.stands(lambda rollout: not rollout.versions[0].workers)
    assert alone.versions[0].is_stranded


@pytest.mark.parametrize(
    ("state", "pinned", "workers", "stranded"),
    [("drained", 0, 0, False), ("draining", 1, 0, True), ("draining", 1, 1, False), ("current", 0, 0, True)],
)
def test_what_goes_on_with_the_current_build_needs_no_worker_of_its_own(
    state: str, pinned: int, workers: int, stranded: bool
) -> None:
    version = Version("A", state, 1, 1, pinned, workers, deployments.LONG_AGO)
    assert version.is_stranded is stranded


@pytest.mark.long
async def test_a_part_of_the_new_cases_can_try_a_build_and_the_ramp_ends_by_rolling_back(fleet: Fleet) -> None:
    async with fleet.build("A"), fleet.build("B"):
        await fleet.promoted("A")
        assert (await fleet.type("promote", "B", "--percent", "20")).code == 0
        assert "ramping 20 %" in (await fleet.type("status")).out
        assert (await fleet.type("rollback")).code == 0
        ended = await fleet.deployment.rollout()
        assert (ended.current, ended.ramping) == ("A", None)


@pytest.mark.long
async def test_what_cannot_be_done_is_said_in_a_sentence(fleet: Fleet) -> None:
    nothing = await fleet.type("status")
    assert (nothing.code, "has ever polled here: start one with SIGNALBOX_DEPLOYMENT=" in nothing.err) == (2, True)
    async with fleet.build("A"):
        await fleet.promoted("A")
        for words, why in (
            (("promote", "C"), "There is no build C: A have polled so far"),
            (("promote", "A", "--percent", "0"), "promotes nothing"),
            (("rollback",), "No other build has taken new cases before"),
        ):
            said = await fleet.type(*words)
            assert (said.code, said.out) == (2, ""), said
            assert why in said.err
            assert "Traceback" not in said.err


async def test_going_back_past_a_patch_that_open_cases_have_gone_through_has_to_be_forced(
    fleet: Fleet, client: Client
) -> None:
    async with fleet.build("A"):
        await fleet.promoted("A")
        settings = fleet.office.desk.settings
        async with Worker(
            client,
            task_queue=fleet.office.desk.queue,
            workflows=[Patched],
            workflow_runner=sandbox(versioned=True),
            **versioned(settings, "B"),
        ):
            await fleet.stands(lambda rollout: rollout.versions[0].build == "B")

            async def current() -> bool:
                with suppress(deployments.NotPromoted):
                    await fleet.deployment.make_current("B")
                return (await fleet.deployment.rollout()).current == "B"

            await until(current)
            case = await client.start_workflow("Patched", id=f"patched-{uuid.uuid4()}", task_queue=settings.task_queue)

            async def patched() -> bool:
                return bool(await fleet.deployment.patches("B", running=True))

            await until(patched)
            refused = await fleet.type("rollback")
            assert refused.code == 2
            assert "asks-twice (1)" in refused.err
            forced = await fleet.type("rollback", "--force")
            assert forced.code == 0, forced
            await case.terminate()


async def test_the_sweep_goes_on_with_the_build_that_takes_over(fleet: Fleet, client: Client) -> None:
    rounds = Rounds(every=timedelta(seconds=0.1), during=timedelta(hours=1))
    queue = fleet.office.desk.queue
    sweep = client.get_workflow_handle(f"signalbox-sweep-{queue}")
    async with fleet.build("B"):
        async with fleet.build("A"):
            await fleet.promoted("A")
            await keep_going(client, "Sweep", rounds, queue)

            async def sweeping() -> list[str]:
                found = [each async for each in client.list_workflows(f"WorkflowId STARTS_WITH '{sweep.id}'")]
                return [each.id for each in found]

            [started] = await until(sweeping)
            await fleet.promoted("B")

        async def went_on() -> bool:
            pending = (await client.get_workflow_handle(started).describe()).raw_description.pending_activities
            return any(each.attempt > 1 and each.last_deployment_version.build_id == "B" for each in pending)

        await until(went_on, 60)
        await client.get_schedule_handle(sweep.id).delete()
        await client.get_workflow_handle(started).terminate()
