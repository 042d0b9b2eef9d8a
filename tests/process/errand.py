"""A process for tests in which a clerk works, on the invoice table and the sandbox's books."""

from decimal import Decimal

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from agents.claims import Evidence
    from domain.actions.base import BaseAction
    from domain.documents import DocumentRef
    from domain.spending import Budget, Spent
    from domain.values import Frozen
    from tests.clerk import MONEY, Errands, Report, clerk, clerk_with
    from workflows.asking import Question
    from workflows.loop import ActingCase, Errand, LoopState, Worked


def by_rule(_: Errands) -> Report:
    return Report(summary="by rule", confidence=Decimal(1), evidence=(Evidence(source="brief", quote="mark"),))


def spending(**limits: object) -> Budget:
    return Budget.model_validate({"turns": 100, "tokens": 10_000_000, "money": MONEY, "seconds": 600, **limits})


CLERKS = {
    each.version: each
    for each in (
        clerk,
        clerk_with(version="brief", turns=5),
        clerk_with(version="frugal", budget=spending(tokens=12_000)),
        clerk_with(version="poor", budget=spending(money="0.05")),
        clerk_with(version="ruled", turns=2, fallback=by_rule),
        clerk_with(version="ruled4", turns=4, fallback=by_rule),
    )
}


class ErrandCase(Frozen):
    agent: str
    brief: DocumentRef
    state: LoopState | None = None
    turns_a_run: int = 1_000


class ErrandOutcome(Frozen):
    end: str
    summary: str | None
    provider: str
    why_none: str | None
    state: LoopState
    spent: Spent


def ask(action: BaseAction) -> Question:
    return Question(text=f"Do {action.step} for {action.business_key}?", facts={})


@workflow.defn(name="Errand")
class ErrandWorkflow(ActingCase):
    """Let the clerk work, and say how it went."""

    policy = "invoice"
    budget = spending(turns=1_000)

    @workflow.run
    async def run(self, case: ErrandCase) -> ErrandOutcome:
        """One errand."""

        def onward(state: LoopState) -> None:
            workflow.continue_as_new(case.model_copy(update={"state": state}))

        errand = Errand("mailroom", ask, onward, case.turns_a_run)  # type: ignore[arg-type]
        return told(await self.work(CLERKS[case.agent], case.brief, errand, case.state), self.spent)


def told(worked: Worked[Report], spent: Spent) -> ErrandOutcome:
    assert worked.state is not None
    return ErrandOutcome(
        end=worked.end,
        summary=worked.claim.summary if worked.claim else None,
        provider=worked.provider,
        why_none=worked.why_none,
        state=worked.state,
        spent=spent,
    )
