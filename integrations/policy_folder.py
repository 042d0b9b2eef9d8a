"""Policy tables and tolerances from a folder of TOML files, read again whenever a file changes."""

from __future__ import annotations

import asyncio
import tomllib
from decimal import Decimal
from pathlib import Path

from pydantic import ValidationError

from domain.errors import BadPolicy
from domain.tolerances import Tolerances
from governance.policy import Table
from governance.policy_file import load_table


class PolicyFolder:
    """One file a process, named after it, and `tolerances.toml`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tables: dict[str, tuple[bytes, Table]] = {}

    async def table(self, policy: str) -> Table:
        """The table in force now; raise `BadPolicy` naming the file and what is wrong with it."""
        file = self._folder / f"{policy}.toml"
        content = await asyncio.to_thread(_content, file)
        known = self._tables.get(policy)
        if known is None or known[0] != content:
            known = self._tables[policy] = (content, load_table(content, str(file)))
        if known[1].policy != policy:
            raise BadPolicy(f"{file}: it says policy = {known[1].policy!r}; the file's name says {policy!r}.")
        return known[1]

    async def tolerances(self, supplier_id: str | None) -> Tolerances:
        """The tolerances in force, with the supplier's own figures over the default ones."""
        file = self._folder / "tolerances.toml"
        content = await asyncio.to_thread(_content, file)
        try:
            top = tomllib.loads(content.decode(), parse_float=Decimal)
            own = top.get("supplier", {}).get(supplier_id or "", {})
            return Tolerances.model_validate({"version": top.get("version"), **top.get("default", {}), **own})
        except (ValidationError, ValueError) as error:
            raise BadPolicy(f"{file}: {error}") from None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadPolicy(f"{file}: cannot be read: {error.strerror}.") from None
