from pathlib import Path

import pytest

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
