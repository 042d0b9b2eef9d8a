"""The samples of the how-to, each run by the real library."""

from pathlib import Path

import pytest

from integrations.frameworks import FRAMEWORKS, Apart, reasoners
from tests.conftest import ROOT
from tests.frameworks.conftest import environment
from tests.steps import answer, asker, find, room
from worker import AGENTS

pytestmark = pytest.mark.real
SAMPLES = ROOT / "samples" / "frameworks"
BUILDS = {
    "autogen": ("autogen_team.py", 3),
    "crewai": ("crewai_agent.py", 2),
    "langgraph": ("langgraph_graph.py", 3),
    "pydantic-ai": ("pydantic_ai_agent.py", 2),
}
"""The file of each framework, and how often it asks where one look-up is called for."""


@pytest.mark.parametrize("name", BUILDS)
async def test_an_agent_of_ones_own_looks_up_and_answers(name: str, tmp_path: Path) -> None:
    build, asks = BUILDS[name]
    reasoner = Apart(name, environment(name), FRAMEWORKS[name], SAMPLES / build)
    right = answer("on its way", "find_order")
    async with room([find("SO-1"), right, right], tmp_path, reasoner) as one:
        said = await one.think()
    assert said.claim, said.observation
    assert (said.asks, [call.tool for call in said.looked_up]) == (asks, ["find_order"])


async def test_what_a_sample_asks_again_by_itself_is_counted(tmp_path: Path) -> None:
    reasoner = Apart(
        "pydantic-ai", environment("pydantic-ai"), FRAMEWORKS["pydantic-ai"], SAMPLES / "pydantic_ai_agent.py"
    )
    async with room([answer().model_copy(update={"fault": "prose"}), answer()], tmp_path, reasoner) as one:
        said = await one.think()
    assert (said.claim is not None, said.asks) == (True, 2)


async def test_the_openai_agents_sdk_reasons_although_its_import_name_is_ours(tmp_path: Path) -> None:
    reasoner = Apart("openai_agents", environment("openai-agents"), SAMPLES / "openai_agents.py")
    await reasoner.check()
    async with room([find("SO-1", "SO-2"), answer("on its way", "find_order")], tmp_path, reasoner) as one:
        said = await one.think()
        told = [message for message in one.model.asked[1].messages if message.role == "tool"]
    assert said.claim, said.observation
    assert (said.asks, len(said.looked_up), len(told)) == (2, 2, 2)


async def test_the_sample_file_is_taken_by_a_worker() -> None:
    environment("langgraph")
    ready = await reasoners(SAMPLES / "reasoners.toml", AGENTS.values())
    assert (ready["invoice_examiner"].name, list(ready)) == ("langgraph", ["invoice_examiner"])
    assert asker().name not in ready
