"""Which agent a framework reasons for: a TOML file with a section for each, read when the worker starts.

::

    [invoice_examiner]
    framework = "langgraph"
    python = "../.venv/langgraph/bin/python"
    build = "examiner_graph.py"

Paths are relative to the file. Without `python` the framework is in the worker's own environment; without `build` the
adapter's own agent reasons; `adapter` instead of `framework` is a file of one's own with a function `reason`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError, model_validator

from agents.agent import Agent
from agents.tools import ActionTool
from domain.errors import BadPolicy, NoAnswer
from domain.values import Frozen
from integrations.frameworks.apart import Apart, own_python

HERE = Path(__file__).parent
FRAMEWORKS: Mapping[str, Path] = MappingProxyType(
    {
        "autogen": HERE / "autogen.py",
        "crewai": HERE / "crewai.py",
        "langgraph": HERE / "langgraph.py",
        "pydantic-ai": HERE / "pydantic_ai.py",
    }
)
"""The adapters there are, by the name of their framework."""


class Chosen(Frozen):
    """What reasons for one agent, and where it is installed."""

    framework: Literal["autogen", "crewai", "langgraph", "pydantic-ai"] | None = None
    adapter: Path | None = None
    build: Path | None = None
    python: Path | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Chosen:
        if (self.framework is None) == (self.adapter is None):
            raise ValueError("name either a framework or a file of your own as adapter")
        return self

    def reasoner(self, folder: Path) -> Apart:
        """What does it; raise `NoAnswer` naming a file that is not there."""
        adapter = FRAMEWORKS[self.framework] if self.framework else _file(folder, self.adapter)
        python = _file(folder, self.python) if self.python else own_python()
        build = _file(folder, self.build) if self.build else None
        return Apart(self.framework or adapter.stem, python, adapter, build)


async def reasoners(file: Path | None, agents: Iterable[Agent[Any, Any]]) -> dict[str, Apart]:
    """What reasons for which agent, each tried once; raise `BadPolicy` with file, place and mend."""
    if file is None:
        return {}
    known = {agent.name: agent for agent in agents}
    return {name: await _ready(file, known.get(name), name, chosen) for name, chosen in _read(file).items()}


def _read(file: Path) -> dict[str, Chosen]:
    try:
        return TypeAdapter(dict[str, Chosen]).validate_python(tomllib.loads(file.read_text()))
    except OSError as error:
        raise BadPolicy(f"{file}: {error.strerror}. SIGNALBOX_REASONERS names it.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadPolicy(f"{file}: [{'.'.join(map(str, first['loc']))}]: {first['msg']}.") from None
    except ValueError as error:
        raise BadPolicy(f"{file}: {error}.") from None


async def _ready(file: Path, agent: Agent[Any, Any] | None, name: str, chosen: Chosen) -> Apart:
    where = f"{file}: [{name}]"
    if agent is None:
        raise BadPolicy(f"{where}: there is no such agent.")
    acts = [tool.name for tool in agent.tools if isinstance(tool, ActionTool)]
    if acts:
        raise BadPolicy(f"{where}: a framework only reads and proposes, and this agent acts ({', '.join(acts)}).")
    try:
        reasoner = chosen.reasoner(file.parent)
        await reasoner.check()
    except NoAnswer as error:
        what = chosen.framework or "it"
        raise BadPolicy(f"{where}: {what} cannot reason here: {error.detail} {_mend(chosen)}") from None
    return reasoner


def _mend(chosen: Chosen) -> str:
    if chosen.framework is None:
        return "Mend the file, or install what it needs where `python` points."
    return (
        f"Install {chosen.framework} and let `python` point to its environment (docs/how-to/use-an-agent-framework.md)."
    )


def _file(folder: Path, path: Path | None) -> Path:
    found = folder / (path or "")
    if not found.is_file():
        raise NoAnswer(f"{found} is no file.")
    return found
