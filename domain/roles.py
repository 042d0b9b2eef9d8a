"""What a worker does; each role has a task queue, so that one can hold up no other."""

from __future__ import annotations

from typing import Literal

Role = Literal["workflows", "effects", "reasoning"]
ROLES: tuple[Role, ...] = ("workflows", "effects", "reasoning")
