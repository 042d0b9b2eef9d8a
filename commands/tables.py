"""The policy tables as files: which there are, and one of them by name."""

from __future__ import annotations

import asyncio
from pathlib import Path

from commands.console import UserError
from governance.policy import Table
from governance.policy_file import is_table, load_table
from integrations.settings import Settings


async def read_table(which: str) -> Table:
    """A table by name, or a file of one."""
    file = file_of(which)
    try:
        return load_table(await asyncio.to_thread(file.read_bytes), str(file))
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}. Tables are {', '.join(names())}.") from None


def names() -> list[str]:
    """All tables of the policy folder, by name: the files that say `policy =`."""
    files = sorted(Settings().policies.glob("*.toml"))
    return [file.stem for file in files if not file.stem.endswith(".examples") and is_table(file.read_bytes())]


def file_of(which: str) -> Path:
    """The file of a table by name; a file is itself."""
    return Path(which) if which.endswith(".toml") else Settings().policies / f"{which}.toml"


def examples_of(which: str) -> Path:
    """The file with examples that stands beside a table."""
    return file_of(which).with_suffix(".examples.toml")
