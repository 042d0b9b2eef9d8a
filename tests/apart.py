"""Real peers that are Python programs with requirements of their own: each in an environment of its own."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


class NotInstalled(Exception):
    """A peer cannot be installed here; tests that need it are skipped."""


def installed(name: str, pinned: Path) -> Path:
    """The Python of a peer, in an environment that is made on the first call."""
    place = ROOT / ".venv" / name
    python, done = place / "bin" / "python", place / "pinned"
    if done.exists() and done.read_bytes() == pinned.read_bytes():
        return python
    uv = ROOT / ".venv" / "bin" / "uv"
    if not uv.exists():
        raise NotInstalled(f"{uv} is not there: make test installs it")
    try:
        _run(uv, "venv", "--clear", "--python", sys.executable, place)
        _run(uv, "pip", "install", "--python", python, "--require-hashes", "-r", pinned)
    except subprocess.CalledProcessError as error:
        raise NotInstalled(f"{name} cannot be installed: {error.stderr.decode(errors='replace')[-500:]}") from None
    done.write_bytes(pinned.read_bytes())
    return python


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
