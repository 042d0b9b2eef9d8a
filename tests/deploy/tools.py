"""What the tests of this folder have in common: the files, the programs that read them, and which settings exist."""

import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from integrations.programs import installed
from integrations.settings import ROOT, Settings
from tests.reference import names_of
from workflows import options

DEPLOY = ROOT / "deploy"
SETTINGS = {name for field, one in Settings.model_fields.items() for name in names_of(field, one)}
"""Agreed, and not in this tree yet."""
LONGEST = max(
    config["start_to_close_timeout"].total_seconds()
    for config in (options.READING, options.REASONING, options.EFFECT, options.NOTICE)
)
"""Seconds that the longest activity may take; the sweep is left out, as it ends by itself when its worker drains."""


def program(name: str) -> str:
    """A program of the development packages or of the system; the test is skipped where neither has it."""
    found = installed(name)
    if found is None:
        pytest.skip(f"{name} is not installed; `make .venv/dev` brings it where there is a build for this machine")
    return found


def run(command: list[str], **environment: str) -> str:
    """What a program prints; its complaint is the failure."""
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        command, capture_output=True, text=True, env=clean | environment, check=False, timeout=60, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


def documents(text: str) -> list[dict[str, Any]]:
    """The documents of a YAML stream."""
    return [each for each in yaml.safe_load_all(text) if each is not None]


def unknown_settings(text: str) -> set[str]:
    """SIGNALBOX_* that no setting has."""
    return set(re.findall(r"\bSIGNALBOX_[A-Z_]*[A-Z]\b", text)) - SETTINGS


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every scalar of a document with the place where it stands."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, f"{path}.{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from leaves(each, f"{path}[{number}]")
    elif value is not None:
        yield path, str(value)
