"""docker-compose.yml with a container engine: started, given cases, hurt, looked at and taken away.

Beside other stacks: name, network and ports are its own. `SIGNALBOX_TEST_COMPOSE` names a further compose file, for an
engine that lacks something or an image that cannot be had; `.env` and the image are those of this folder.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from integrations.settings import ROOT
from integrations.temporal.dev_server import free_port
from tests.deploy.tools import program

TAKEN = ("deploy", "policies", "samples", "docker-compose.yml", ".env")
PORTS = ("UI_REVIEW_PORT", "UI_ADMIN_PORT", "GRAFANA_PORT", "PROMETHEUS_PORT", "JAEGER_PORT", "DEX_PORT", "CODEC_PORT")
STARTS, SAYS = 600, 120
"""Seconds: until all of it works, and for a command."""
JOBS = {"books", "spans-volume", "temporal-namespace", "temporal-schema"}


@dataclass(frozen=True)
class Stack:
    """One stack, by Docker Compose."""

    folder: Path
    environ: dict[str, str]

    def compose(self, *words: str, seconds: float = SAYS) -> str:
        done = subprocess.run(
            (program("docker-compose"), *words),
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(words)}: {done.stderr[-2000:]}{done.stdout[-2000:]}"
        return done.stdout

    def starter(self, *words: str) -> str:
        return self.compose("run", "--rm", "-T", "starter", *words)

    def containers(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.compose("ps", "--all", "--format", "json").splitlines()]

    def states(self) -> dict[str, set[str]]:
        found = dict[str, set[str]]()
        for each in self.containers():
            found.setdefault(each["Service"], set()).add(each["State"])
        return found


def until(holds: Callable[[], bool], what: str, seconds: float = SAYS) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(1)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    for name in TAKEN:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
    files = ["docker-compose.yml", *filter(None, [os.environ.get("SIGNALBOX_TEST_COMPOSE")])]
    third = secrets.randbelow(200)
    network = {
        "TEMPORAL_SUBNET": f"172.31.{third}.0/24",
        "TEMPORAL_ADDRESSES": f"172.31.{third}.128/25",
        "TEMPORAL_FRONTEND_ADDRESS": f"172.31.{third}.10",
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST") if name in os.environ}
    own = {
        "COMPOSE_FILE": ":".join(files),
        "COMPOSE_PROJECT_NAME": f"signalbox-{secrets.token_hex(4)}",
        "COLUMNS": "160",
    }
    made = Stack(folder, kept | network | own | {name: str(free_port()) for name in PORTS})
    _there_is_an_engine(made)
    subprocess.run(("sh", "deploy/secrets.sh", ".secrets"), cwd=folder, check=True, capture_output=True)
    with ExitStack() as ending:
        ending.callback(made.compose, "down", "--volumes", "--timeout", "20")
        made.compose("up", "--detach", "--no-build", "--scale", "worker=2", seconds=STARTS)
        yield made


def _there_is_an_engine(stack: Stack) -> None:
    try:
        stack.compose("ps")
    except AssertionError as error:
        pytest.skip(f"no container engine answers: {str(error)[:200]}")


def test_everything_starts_and_stays(stack: Stack) -> None:
    jobs = {each["Service"]: each["ExitCode"] for each in stack.containers() if each["Service"] in JOBS}
    assert jobs == dict.fromkeys(JOBS, 0)
    others = {service: state for service, state in stack.states().items() if service not in JOBS}
    assert set().union(*others.values()) == {"running"}, others
    assert {"postgres", "temporal-frontend", "ui-review", "worker", "otel-collector"} <= set(others)


def test_a_case_ends_and_another_one_asks(stack: Stack) -> None:
    said = stack.starter("invoice", "samples/invoices/01-clean-ubl.xml", "samples/invoices/05-price-variance.xml")
    assert "posted" in said
    assert "asks buyer" in said
    waiting = stack.starter("inbox")
    assert "1 from buyer, at least principal" in waiting, "nobody is believed what a client says of itself"
    assert re.search(r"^ +starter\.py approve approval\.buyer\.", waiting, re.MULTILINE)


def test_a_worker_is_killed_and_the_other_goes_on(stack: Stack) -> None:
    stack.compose("kill", "--signal", "KILL", "worker")
    stack.compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "worker=2", "worker")
    assert "posted" in stack.starter("invoice", "samples/invoices/02-clean-cii.xml")


def test_the_database_and_the_server_come_back(stack: Stack) -> None:
    stack.compose("restart", "postgres", "temporal-history", "temporal-frontend")

    def goes_on() -> bool:
        try:
            return "posted" in stack.starter("invoice", "samples/invoices/03-clean-facturx.pdf")
        except AssertionError:
            return False

    until(goes_on, "a case is brought to its end", STARTS)


def test_a_worker_writes_nothing_outside_its_folders_and_has_no_rights(stack: Stack) -> None:
    said = stack.compose(
        *("exec", "-T", "worker", "sh", "-c"),
        "id -u; grep -E 'CapEff|NoNewPrivs' /proc/self/status; touch /app/x /opt/x 2>&1; touch /tmp/x && echo kept",
    )
    assert said.startswith("10001\n")
    assert re.search(r"CapEff:\s+0+$", said, re.MULTILINE)
    assert re.search(r"NoNewPrivs:\s+1$", said, re.MULTILINE)
    assert said.count("Read-only file system") == 2
    assert said.endswith("kept\n")


def test_told_to_stop_it_leaves_and_the_trail_is_whole(stack: Stack) -> None:
    stack.compose("stop", "worker")
    assert {each["ExitCode"] for each in stack.containers() if each["Service"] == "worker"} == {0}
    stack.compose("start", "worker")
    until(lambda: "complete; nothing is missing" in stack.starter("verify", "--all"), "the trail is whole")
