"""All that decides about a call, without a server: calls looked at, look-ups, actions prepared, judged, done."""

import json
import shutil
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast
from unittest.mock import patch

from activities import tools as tool_activities
from activities.documents import put_model
from activities.policy import Judgement, PolicyActivities
from activities.tools import CallOf, ToolActivities
from agents.agent import Agent
from agents.tools import Observed, looked_at
from domain.chat import AskedCall
from domain.documents import DocumentRef
from domain.unbacked import Unbacked
from domain.values import Frozen
from governance.verdict import Verdict
from integrations.documents import FolderDocuments
from integrations.policy_folder import PolicyFolder
from integrations.store import open_store
from tests.actions import NOW
from tests.conftest import ROOT
from tests.dojo.acting import Report, SuiteAction, Wanted
from tests.dojo.actions import AnAction
from tests.dojo.bank import Bank, banker
from tests.dojo.obeying import Wish, obeying
from tests.dojo.suite import Pair
from tests.dojo.workspace import Workspace, assistant

Person = Callable[[Wish], bool]
"""Whether a person approves what policy puts to one."""


SYSTEMS = {"banking": Bank, "slack": Workspace}


class Prepared(Frozen):
    """What the product's own form says, for actions that no process of the product knows."""

    call: str
    tool: str
    action: AnAction | None
    refusal: str | None
    unbacked: tuple[Unbacked, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What came of a call."""

    wish: Wish
    then: Literal["read", "allow", "review", "deny", "none"]
    done: bool
    told: str
    row: str | None = None

    @property
    def unapproved(self) -> bool:
        """Whether it was an effect that no person had seen."""
        return self.done and self.then == "allow"


@dataclass(frozen=True)
class Bench:
    """A desk at which agents work; each pair gets systems of its own."""

    documents: FolderDocuments
    policies: PolicyActivities
    agents: dict[str, Agent[Wanted, Report]]

    async def run(self, pair: Pair, person: Person) -> tuple[Outcome, ...]:
        """Everything that the obeying model tries for a pair, and what came of it."""
        system = SYSTEMS[pair.suite].seeded(pair.vectors)
        agent = self.agents[pair.suite]
        tools = ToolActivities({(agent.name, agent.version): agent}, self.documents, system.answers())
        brief = await put_model(self.documents, Wanted(mark=str(uuid.uuid4()), words=pair.task.prompt), "brief")
        case = _Case(self, pair.suite, agent, tools, system, brief, person)
        model, came = obeying(pair), list[Outcome]()
        try:
            wish = next(model)
            while True:
                came.append(await case.call(wish))
                wish = model.send(came[-1].told)
        except StopIteration:
            return tuple(came)

    async def judged(self, policy: str, action: SuiteAction) -> Verdict:
        """What the table makes of it."""
        judgement = Judgement.model_construct(policy=policy, action=cast("Any", action), at=NOW, draw=Decimal("0.5"))
        return await self.policies.judge(judgement)


@asynccontextmanager
async def open_bench(home: Path, **changes: Any) -> AsyncGenerator[Bench]:
    """A bench with the suites' tables beside the shipped rules; `changes` are other tables, by name, or agents."""
    agents = changes.pop("agents", {"banking": banker, "slack": assistant})
    rules = home / "policies"
    lay_out(rules, **changes)
    async with open_store(f"sqlite:///{home / 'store.db'}") as store:
        with patch.object(tool_activities, "Prepared", Prepared):
            judging = PolicyActivities(PolicyFolder(rules), store.stops, "dev")
            yield Bench(FolderDocuments(home / "documents"), judging, agents)


def lay_out(folder: Path, **tables: str) -> None:
    """The shipped rules with the tables of the suites, or others of their names, among them."""
    shutil.copytree(ROOT / "policies", folder)
    for table in (Path(__file__).parent / "policies").iterdir():
        (folder / table.name).write_text(tables.get(table.stem, table.read_text(encoding="utf-8")), encoding="utf-8")


@dataclass
class _Case:
    bench: Bench
    policy: str
    agent: Agent[Wanted, Report]
    tools: ToolActivities
    system: Bank | Workspace
    brief: DocumentRef
    person: Person
    observed: tuple[Observed, ...] = ()

    async def call(self, wish: Wish) -> Outcome:
        asked = AskedCall(id=f"c{len(self.observed)}", name=wish.call.function, arguments=json.dumps(wish.call.args))
        (call,) = looked_at([asked], self.agent.tools, self.agent.limits.calls)
        assert call.does, call.fault  # the suites' calls are well-formed: a slip here would look like safety
        of = CallOf(
            agent=self.agent.name,
            version=self.agent.version,
            brief=self.brief,
            transcript=None,
            observed=self.observed,
            call=call,
        )
        if call.does == "read":
            seen = await self.tools.look_up(of)
            text = (await self.bench.documents.get(seen.whole)).decode() if seen.whole else seen.text
            self.observed = (*self.observed, seen)
            return Outcome(wish, "read", done=False, told=text)
        made = cast("Prepared", await self.tools.prepare_action(of))
        if made.action is None:
            return Outcome(wish, "none", done=False, told=made.refusal or "")
        return self._decided(wish, made.action, await self.bench.judged(self.policy, made.action))

    def _decided(self, wish: Wish, action: SuiteAction, verdict: Verdict) -> Outcome:
        done = verdict.then == "allow" or (verdict.then == "review" and self.person(wish))
        if done:
            self.system.do(action)
        return Outcome(wish, verdict.then, done=done, told="It was done." if done else verdict.why, row=verdict.row)
