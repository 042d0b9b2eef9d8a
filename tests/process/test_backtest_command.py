"""Verdicts on record, read back from a real server's histories."""

import uuid
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from governance.backtest import Recorded
from governance.judge import judge as decide
from governance.verdict import Verdict
from integrations.temporal.verdicts import HistoryVerdicts, Unknown
from tests.actions import bill
from tests.rules import ROW, given, table

VERDICT = decide(table(ROW + 'then = "allow"'), bill(), given())


@activity.defn(name="judge")
async def judge(known: bool) -> Verdict | dict[str, str]:
    return VERDICT if known else {"then": "allow"}


@activity.defn
async def look_up() -> Verdict:
    return VERDICT


@workflow.defn
class Judging:
    @workflow.run
    async def run(self) -> None:
        for known in (True, False):
            await workflow.execute_local_activity(judge, known, start_to_close_timeout=timedelta(seconds=5))
        await workflow.execute_local_activity(look_up, start_to_close_timeout=timedelta(seconds=5))


async def test_verdicts_are_read_from_histories_and_those_of_another_shape_are_known_as_such(client: Client) -> None:
    case = f"judging-{uuid.uuid4()}"
    runner = UnsandboxedWorkflowRunner()
    async with Worker(
        client, task_queue=case, workflows=[Judging], activities=[judge, look_up], workflow_runner=runner
    ):
        await client.execute_workflow(Judging.run, id=case, task_queue=case)
    reader = HistoryVerdicts(client)
    found: list[Recorded | Unknown] = []
    for _ in range(50):
        found = [each async for each in reader.recorded(f'WorkflowId="{case}"', 5)]
        if found:
            break
    assert found == [Recorded(case=case, verdict=VERDICT), Unknown()]
