from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A machine that does other work as well says nothing about the code.
settings.register_profile("exploring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# What a change is tried with is the same every time; `make long` looks for more.
settings.register_profile("same", settings.get_profile("exploring"), derandomize=True)
settings.load_profile("same")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def samples() -> Path:
    """The invoices and ERP tables that the project ships."""
    return ROOT / "samples"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real inputs made by others, kept beside the project."""
    if not SHARED.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return SHARED
