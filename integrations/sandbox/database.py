"""Where the sandbox keeps its books."""

from __future__ import annotations

from integrations import database
from integrations.sandbox.schema import schema


class Database(database.Database):
    """The sandbox's books and mail: sqlite:///folder/books.db, or postgresql://user@host/name."""

    def __init__(self, url: str) -> None:
        super().__init__(url, schema, "sandbox")
