"""The shipped policies in a folder of a test, which it may edit."""

import re
import shutil
from pathlib import Path

from tests.conftest import ROOT

SELDOM = 'sample = "0.000001"'
"""One case in a million is drawn for a second look: a test waits for one that it did not foresee until it fails."""


def copied(folder: Path) -> Path:
    """The shipped policies, where no second look is drawn."""
    shutil.copytree(ROOT / "policies", folder, dirs_exist_ok=True)
    for table in folder.glob("*.toml"):
        table.write_text(re.sub(r'^sample = "[\d.]+"', SELDOM, table.read_text(), flags=re.MULTILINE))
    return folder
