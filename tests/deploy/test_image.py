"""The image: its Dockerfile linted, its health check run against real answers, and what it holds enough to start."""

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from integrations.settings import ROOT
from tests.deploy.tools import program, run, unknown_settings

DOCKERFILE = (ROOT / "Dockerfile").read_text()
LAST = DOCKERFILE.rpartition("\nFROM ")[2]
"""The stage that is kept."""


def test_the_linter_finds_nothing() -> None:
    assert run([program("hadolint"), "--failure-threshold", "style", "Dockerfile"]) == ""


@pytest.mark.parametrize(
    ("was", "now", "rule"),
    [
        ("USER 10001:10001", "USER root", "DL3002"),
        ("FROM python:${PYTHON_VERSION}-slim-bookworm", "FROM python", "DL3006"),
    ],
)
def test_the_linter_finds_what_is_wrong(tmp_path: Path, was: str, now: str, rule: str) -> None:
    wrong = tmp_path / "Dockerfile"
    wrong.write_text(DOCKERFILE.replace(was, now))
    with pytest.raises(AssertionError, match=rule):
        run([program("hadolint"), str(wrong)])


def test_it_runs_as_a_number_that_is_not_root_and_installs_by_hash() -> None:
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", LAST, re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE
    for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE):
        assert re.search(r":\$\{\w+_VERSION\}", image), f"{image} is not pinned"


def test_its_versions_are_those_of_env() -> None:
    env = (ROOT / ".env").read_text()
    for name, value in re.findall(r"^ARG (\w+_VERSION)=(.+)$", DOCKERFILE, re.MULTILINE):
        assert f"\n{name}={value}\n" in env


def test_its_settings_exist() -> None:
    assert unknown_settings(DOCKERFILE) == set()


class Answer(BaseHTTPRequestHandler):
    """Says of itself what its server is told to say."""

    def do_GET(self) -> None:
        self.send_response(self.server.says if self.path == "/livez" else 404)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Generator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Answer) as answering:
        thread = threading.Thread(target=answering.serve_forever)
        thread.start()
        yield answering
        answering.shutdown()
        thread.join()


def health_check(port: int) -> int:
    """Run the command of HEALTHCHECK against another port."""
    found = re.search(r"HEALTHCHECK.*?CMD (\[.*?\])$", LAST, re.MULTILINE | re.DOTALL)
    assert found
    words: list[str] = json.loads(found[1])
    assert ":9464/" in words[-1]
    command = [sys.executable, *words[1:-1], words[-1].replace(":9464/", f":{port}/")]
    return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode


def test_its_health_check_believes_the_endpoint(server: HTTPServer) -> None:
    for says, expected in ((200, 0), (503, 1)):
        server.says = says  # type: ignore[attr-defined]
        assert health_check(server.server_port) == expected


def test_its_health_check_fails_where_nobody_answers(server: HTTPServer) -> None:
    port = server.server_port
    server.server_close()
    assert health_check(port) == 1


def taken_in() -> list[str]:
    """What .dockerignore lets through: it refuses everything, then names what is let in."""
    first, *rest = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert first == "*"
    return [line.removeprefix("!") for line in rest if line.startswith("!")]


def test_nothing_of_a_checkout_gets_in_but_what_runs() -> None:
    for kept_out in (".git", ".venv", ".secrets", ".signalbox", ".env", "tests", "docs", "deploy", "mutants"):
        assert not any(fnmatch(kept_out, each) for each in taken_in())


def test_what_gets_in_is_enough(tmp_path: Path) -> None:
    """Worker and commands start from a copy of just that; a worker without a server says so and ends."""
    for each in taken_in():
        source = ROOT / each
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / each)
    home = {"SIGNALBOX_HOME": str(tmp_path / "home"), "TEMPORAL_ADDRESS": "127.0.0.1:1"}
    assert "on file" in run([sys.executable, str(tmp_path / "starter.py"), "seed"], **home)
    with pytest.raises(AssertionError, match="No Temporal server answers at"):
        run([sys.executable, str(tmp_path / "worker.py")], **home)
