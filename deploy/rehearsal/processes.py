"""Programs of the rehearsal: each in a session of its own, with a log, and gone at the end whatever happens."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import DomainError

POLL_SECONDS = 0.1
PORTS = range(20_000, 32_000)
"""Below those that the system gives to clients; Temporal keeps a membership port in a column that ends at 32,767."""
GIVEN: set[int] = set()
"""Ports that somebody here has been told to take."""


class Failed(DomainError):
    """The rehearsal has failed:"""  # noqa: D415 - what has failed follows


@dataclass
class Program:
    """One program that may be stopped, killed and started again; `user` is whom it runs as, if not us."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    user: str | None = None
    starts: int = 0
    _process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    @property
    def runs(self) -> bool:
        """Whether it is there."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its process id, 0 before it was started."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Start it; what it says is added to its log."""
        with self.log.open("ab") as said:
            self._process = await asyncio.create_subprocess_exec(
                *self.command,
                env={"PATH": os.environ["PATH"], "HOME": str(self.log.parent), "LANG": "C.UTF-8", **self.environ},
                cwd=self.log.parent,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,  # Ctrl-C is for us, and whatever it starts can be found
                user=self.user,
                extra_groups=() if self.user else None,
            )
        self.starts += 1

    async def stop(self, seconds: float = 40, *, by: signal.Signals = signal.SIGTERM) -> int | None:
        """Ask it to end, and kill it where it does not; returns its exit code."""
        if self._process is None:
            return None
        if self.runs:
            self._process.send_signal(by)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), seconds)
        await self.kill()
        return self._process.returncode

    async def wait(self, seconds: float) -> int:
        """Wait until it has ended by itself; returns its exit code. Nothing goes on that nobody waits for."""
        if self._process is None:
            raise Failed(f"{self.name} was never started.")
        try:
            return await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            raise Failed(f"{self.name} has not ended within {seconds:g} seconds:\n{tail(self.log)}") from None
        finally:
            await self.kill()

    async def done(self, seconds: float = 120) -> None:
        """Start it and wait for its end; raise `Failed`, with the end of its log, where that is no success."""
        await self.start()
        if await self.wait(seconds):
            raise Failed(f"{self.name} ends with an error:\n{tail(self.log)}")

    async def kill(self) -> None:
        """End it, and whatever it started, with SIGKILL."""
        if self._process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    def check(self) -> None:
        """Raise `Failed`, with the end of its log, where it has ended by itself."""
        if not self.runs:
            raise Failed(f"{self.name} has ended by itself; {self.log} ends with:\n{tail(self.log)}")


async def until(holds: Callable[[], Awaitable[bool]], what: str, seconds: float = 60) -> None:
    """Wait until something holds; raise `Failed` saying what did not."""
    try:
        async with asyncio.timeout(seconds):
            while not await holds():
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise Failed(f"{what}: not within {seconds:g} seconds.") from None


async def listens(program: Program, port: int, seconds: float = 60) -> None:
    """Wait until a program listens on a port of this machine."""

    async def there() -> bool:
        program.check()
        with socket.socket() as tried:
            tried.settimeout(1)
            return tried.connect_ex(("127.0.0.1", port)) == 0

    await until(there, f"{program.name} listens on port {port}", seconds)


def free_ports(count: int) -> list[int]:
    """Free ports of this machine, each another, and none that was given out before: its program may come later."""
    found: list[int] = []
    while len(found) < count:
        port = secrets.choice(PORTS)
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            if port not in GIVEN:
                GIVEN.add(port)
                found.append(port)
    return found


def tail(log: Path, lines: int = 12) -> str:
    """The end of a log."""
    return "\n".join(line[:300] for line in log.read_text(errors="replace").splitlines()[-lines:])
