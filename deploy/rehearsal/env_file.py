"""Reading the environment files that compose gives to its containers."""

from __future__ import annotations

from pathlib import Path

from domain.errors import DomainError


class BadEnvFile(DomainError):
    """The environment file cannot be read."""


def env_file(file: Path) -> dict[str, str]:
    """The variables of a file, one `NAME=value` a line; a value is taken as it stands, as compose does."""
    found: dict[str, str] = {}
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, sign, value = line.partition("=")
        if not sign or not name.isidentifier():
            raise BadEnvFile(f"{file}, line {number}: write NAME=value.")
        found[name] = value.strip()
    return found
