"""The key commands at a terminal of their own."""

import os
import pty
import sys
import threading
from pathlib import Path

from integrations.keys import read_key
from tests.conftest import ROOT
from tests.terminal import Terminal


def typed(command: str, file: Path, *lines: str) -> tuple[int, str]:
    """Somebody types these lines, one at each question; the exit code, and all that was to be seen."""
    arguments = [sys.executable, str(ROOT / "starter.py"), "keys", *command.split(), str(file)]
    pid, screen = pty.fork()
    if pid == 0:
        os.execv(sys.executable, arguments)
    patience = threading.Timer(60, os.kill, [pid, 9])
    patience.start()
    seen, left = b"", list(lines)
    try:
        while received := os.read(screen, 1024):
            seen += received
            if left and seen.count(b": ") > len(lines) - len(left):
                os.write(screen, left.pop(0).encode() + b"\n")
    except OSError:
        pass  # how a terminal ends whose program has ended
    finally:
        os.close(screen)
    patience.cancel()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen.decode()


def test_a_passphrase_is_asked_for_without_being_seen(tmp_path: Path) -> None:
    file = tmp_path / "nora.pem"
    code, seen = typed("new --passphrase", file, "open sesame", "open sesame")
    assert (code, "sesame" in seen) == (0, False), seen
    assert read_key(file, lambda: "open sesame")
    code, seen = typed("show", file, "open sesame")
    assert (code, "[[person.keys]]" in seen, "sesame" in seen) == (0, True, False), seen


async def test_what_is_printed_can_be_piped_and_a_mistake_says_what_to_do(tmp_path: Path) -> None:
    terminal, file = Terminal({}, tmp_path), tmp_path / "nora.pem"
    made = await terminal.type("keys", "new", str(file))
    assert (made.code, made.err) == (0, "")
    assert f'kid = "{read_key(file, str)[1]}"\n' in made.out
    again = await terminal.type("keys", "new", str(file))
    assert (again.code, "is there already" in again.err, "Traceback" in again.err) == (2, True, False)
