"""The governed worker without a trail: no journal, nothing that sweeps. What a trail costs is the difference."""

from __future__ import annotations

import os
import sys
from unittest.mock import AsyncMock, patch

from temporalio.worker import Interceptor

import worker


def no_journal(*_: object) -> Interceptor:
    """Stand where the journal would."""
    return Interceptor()


if __name__ == "__main__":
    with patch.multiple(worker, Journaling=no_journal, keep_going=AsyncMock()):
        code = worker.main()
    sys.stderr.flush()
    os._exit(code)
