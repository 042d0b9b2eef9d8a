"""Where all tables of the sandbox are listed."""

from __future__ import annotations

from sqlalchemy import MetaData

schema = MetaData()
