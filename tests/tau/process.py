"""A process for tests in which a retail agent works for one customer."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.actions.base import BaseAction
    from domain.documents import DocumentRef
    from tests.tau.agent import PLENTY, retail_clerk
    from tests.tau.told import RetailOutcome
    from workflows.asking import Question
    from workflows.loop import ActingCase, Errand


def ask(action: BaseAction) -> Question:
    facts = {name: str(value) for name, value in action.facts().items()}
    return Question(text=f"Do {action.step} for {action.business_key}?", facts=facts)


@workflow.defn(name="Retail")
class RetailWorkflow(ActingCase):
    """Let the agent work, and say how it went."""

    policy = "retail"
    budget = PLENTY

    @workflow.run
    async def run(self, brief: DocumentRef) -> RetailOutcome:
        """One customer's wishes."""
        worked = await self.work(retail_clerk, brief, Errand("customer", ask))
        return RetailOutcome(end=worked.end, done=worked.done, why_none=worked.why_none, turns=self.spent.turns)
