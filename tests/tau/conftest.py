from pathlib import Path

import pytest

from tests.process.conftest import client
from tests.tau.house import Data

__all__ = ["client"]


@pytest.fixture(scope="session")
def retail(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Data:
    return Data.of(shared, tmp_path_factory.mktemp("retail"))
