"""A process for tests that asks an agent for which something else reasons, within budgets that the test chooses."""

from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.documents import DocumentRef
    from domain.spending import Budget, Spent
    from domain.values import Frozen
    from tests.steps import asker, budget
    from workflows.loop import ActingCase, Errand

ASKERS = {
    name: replace(asker(**limits), version=name)
    for name, limits in {
        "few at a time": {"turns": 3, "idle_turns": 9},
        "many at a time": {"turns": 50},
        "frugal": {"turns": 3, "idle_turns": 9, "budget": budget(tokens=1_000)},
        "poor": {"turns": 3, "idle_turns": 9, "budget": budget(money="0.005")},
        "brief": {"turns": 3, "idle_turns": 9, "budget": budget(turns=5)},
        "hasty": {"turns": 50, "budget": budget(seconds=2)},
    }.items()
}


class Inquiry(Frozen):
    agent: str
    brief: DocumentRef
    budget: Budget


class Answered(Frozen):
    end: str
    provider: str
    why_none: str | None
    spent: Spent


def ask(action: object) -> None:
    raise AssertionError(f"{action}: it acts")


@workflow.defn(name="Inquiry")
class InquiryWorkflow(ActingCase):
    """Let the agent work, and say how it ended and what it took."""

    policy = "invoice"

    @workflow.run
    async def run(self, inquiry: Inquiry) -> Answered:
        """One inquiry."""
        self.budget = inquiry.budget
        worked = await self.work(ASKERS[inquiry.agent], inquiry.brief, Errand("nobody", ask))  # type: ignore[arg-type]
        return Answered(end=worked.end, provider=worked.provider, why_none=worked.why_none, spent=self.spent)
