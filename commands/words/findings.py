"""A finding of any process, as two lines: what was found, and whose it is until when."""

from __future__ import annotations

from collections.abc import Iterator

from commands.console import plain


def lines(said: str, owner: str, removed_by: str) -> Iterator[str]:
    """Ready to print."""
    yield f"  - {plain(said, 400)}"
    yield f"    [dim]owner {owner}; goes away when {removed_by}[/dim]"
