from pathlib import Path

import pytest

from integrations.frameworks import FRAMEWORKS, Apart
from tests.conftest import ROOT


def environment(name: str) -> Path:
    """The Python that has a framework, and nothing of this project."""
    place = ROOT / ".venv" / name
    pinned = ROOT / "integrations" / "frameworks" / "pinned" / f"{name}.txt"
    if not (place / "pinned").exists() or (place / "pinned").read_bytes() != pinned.read_bytes():
        pytest.skip(f"{name} is not installed: make frameworks installs it")
    return place / "bin" / "python"


@pytest.fixture(params=sorted(FRAMEWORKS))
def framework(request: pytest.FixtureRequest) -> Apart:
    """Each framework, with its adapter's own agent."""
    return Apart(request.param, environment(request.param), FRAMEWORKS[request.param])
