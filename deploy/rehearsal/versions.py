"""The two versions of our own code that workers roll between, and the versions of everything else."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from deploy.rehearsal.postgresql import postgresql_tool
from deploy.rehearsal.toolchain import COLLECTOR, DEX, TEMPORAL, UI, Missing, Tools
from integrations.settings import ROOT

PROCESSES = ("workflows", "activities", "governance")
NEEDED = ("token_file", "keyring", "deployment")
"""Settings without which no worker can take part."""


@dataclass(frozen=True)
class Version:
    """Code that workers run, and what its build is called."""

    code: Path
    build: str


def versions(revision: str, folder: Path) -> dict[str, Version]:
    """A, a revision in a folder of its own, and B, the folder that we are in."""
    commits = {"A": _git("rev-parse", revision), "B": _git("rev-parse", "HEAD")}
    codes = {"A": exported(revision, folder), "B": ROOT}
    return {name: Version(codes[name], f"{name}-{commit[:10]}") for name, commit in commits.items()}


def before() -> str:
    """The last revision whose processes were other than today's, or HEAD where that lacks a setting that we need."""
    last = _git("log", "-1", "--format=%H", "--", *PROCESSES)
    earlier = _git("rev-parse", f"{last}~1")
    settings = _git("show", f"{earlier}:integrations/settings.py")
    return earlier if all(f" {each}: " in settings for each in NEEDED) else _git("rev-parse", "HEAD")


def exported(revision: str, folder: Path) -> Path:
    """The code of a revision, in a folder of its own."""
    folder.mkdir()
    archive = folder.with_suffix(".tar")
    _git("archive", "-o", str(archive), revision)
    subprocess.run(("/usr/bin/env", "tar", "-x", "-C", str(folder), "-f", str(archive)), check=True)
    archive.unlink()
    return folder


def programs_of(built: Tools, version_a: str) -> dict[str, str]:
    """What runs, in which version."""
    return {
        "Temporal server, temporal-sql-tool": TEMPORAL,
        "Temporal UI": UI if built.ui else "left out",
        "dex": DEX if built.dex else "left out",
        "OpenTelemetry collector": COLLECTOR if built.collector else "left out",
        "PostgreSQL": _said(postgresql_tool("postgres"), "--version").split()[2],
        "temporalio (workers)": version("temporalio"),
        "Signalbox, version A": f"commit {_git('rev-parse', version_a)[:7]}",
        "Signalbox, version B": f"commit {_git('rev-parse', 'HEAD')[:7]} and what the folder has beside it",
    }


def _git(*words: str) -> str:
    return _said("/usr/bin/env", "git", "-C", str(ROOT), *words)


def _said(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"`{' '.join(command[-3:])}` says: {done.stderr.strip()[:300]}")
    return done.stdout.strip()
