"""The process in which an agent of a suite works."""

from decimal import Decimal

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.actions.base import BaseAction
    from domain.documents import DocumentRef
    from domain.spending import Budget
    from domain.values import Frozen
    from tests.dojo.bank import banker
    from tests.dojo.workspace import assistant
    from workflows.asking import Question
    from workflows.loop import ActingCase, Errand

AGENTS = {"banking": banker, "slack": assistant}


class SuiteCase(Frozen):
    """Which suite, and what its user wants."""

    suite: str
    brief: DocumentRef


class SuiteOutcome(Frozen):
    """How the agent's work ended, and what it did by whose word."""

    end: str
    done: tuple[tuple[str, str], ...]


def ask(action: BaseAction) -> Question:
    return Question(text=f"Shall the agent do {action.step}?", facts={})


@workflow.defn(name="SuiteErrand")
class SuiteErrand(ActingCase):
    """Let the agent do what its user wants."""

    budget = Budget(turns=100, tokens=10_000_000, money=Decimal(10), seconds=600)

    @workflow.run
    async def run(self, case: SuiteCase) -> SuiteOutcome:
        self.policy = case.suite
        worked = await self.work(AGENTS[case.suite], case.brief, Errand("emma", ask))
        return SuiteOutcome(end=worked.end, done=tuple((each.action, each.by) for each in worked.done))
