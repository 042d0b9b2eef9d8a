"""Pairs as real cases on a real server; in a process of its own, since the product's union of actions is closed.

The actions of the suites join the union and the table of who performs what before anything else is loaded.
"""

import asyncio
import importlib
import os
import sys
from typing import Annotated

from pydantic import Field

import domain.actions
from tests.dojo.actions import KINDS, AnAction


def widen() -> None:
    """Let the actions of the suites be actions like all others."""
    union = domain.actions.Action | AnAction
    domain.actions.Action = Annotated[union, Field(discriminator="kind")]  # type: ignore[misc]
    performing = importlib.import_module("tests.dojo.performing")
    performed = importlib.import_module("workflows.performed")
    performed.PERFORMED_BY.update({kind: performing.performed_by(kind) for kind in KINDS})


if __name__ == "__main__":
    widen()
    asyncio.run(importlib.import_module("tests.dojo.at_work").main(sys.argv[1:]))
    sys.stdout.flush()
    os._exit(0)  # the interpreter's own exit can crash after a Temporal client was used
