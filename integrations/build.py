"""Which build this is: what deployments, logs and metrics call it."""

from __future__ import annotations

import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shutil import which

from integrations.settings import ROOT, Settings

COMMIT = ("describe", "--always", "--dirty=-changed", "--exclude=*", "--abbrev=10")
"""A checkout with changes says so; two such builds cannot be told apart."""


def build_id(settings: Settings) -> str:
    """What the setting says, else version and commit, such as `0.1.0-4f2a9c81d3`; a container has no checkout."""
    if settings.build_id:
        return settings.build_id
    commit = _commit(ROOT)
    return f"{_version(ROOT)}-{commit}" if commit else _version(ROOT)


def _version(root: Path) -> str:
    try:
        return str(tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"])
    except FileNotFoundError:
        pass
    try:
        return version("signalbox")
    except PackageNotFoundError:
        return "unknown"


def _commit(root: Path) -> str | None:
    """The checkout's commit; None where there is no checkout or no git."""
    git = which("git")
    if git is None or not (root / ".git").exists():
        return None
    said = subprocess.run([git, "-C", str(root), *COMMIT], capture_output=True, text=True, check=False)  # noqa: S603
    return said.stdout.strip() or None
