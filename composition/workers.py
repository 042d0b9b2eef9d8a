"""The workers of one process, one a role and task queue: started, drained and watched together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from temporalio.worker import Worker


class Workers:
    """Run them with `async with`; leaving it drains all of them at once."""

    def __init__(self, task_queue: str, workers: Sequence[Worker]) -> None:
        self.task_queue = task_queue
        """The queue on which cases start; those of the other roles have names after it."""
        self._workers = tuple(workers)
        self._running = AsyncExitStack()
        self._draining = False

    @property
    def is_running(self) -> bool:
        """Whether all of them poll."""
        return all(worker.is_running for worker in self._workers)

    @property
    def is_draining(self) -> bool:
        """Whether they were told to stop, whether or not they have."""
        return self._draining

    async def __aenter__(self) -> Self:
        """Start them; where one fails for good, all end and the block with them."""
        for worker in self._workers:
            await self._running.enter_async_context(worker)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop polling everywhere, and wait until what has begun is done."""
        self._draining = True
        await asyncio.gather(*(worker.shutdown() for worker in self._workers))
        await self._running.__aexit__(kind, error, traceback)
