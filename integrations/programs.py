"""Programs that come as packages, and lie beside the interpreter whether or not its folder is on the PATH."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def installed(name: str) -> str | None:
    """The program of our own environment, else the system's; none where neither has it."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.is_file() else shutil.which(name)
