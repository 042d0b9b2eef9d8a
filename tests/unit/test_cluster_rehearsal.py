"""The parts of the rehearsal that need no server; what needs one is `make cluster-rehearsal`."""

import asyncio
import secrets
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from deploy.rehearsal import toolchain
from deploy.rehearsal.__main__ import app
from deploy.rehearsal.cluster import Cluster, Ports
from deploy.rehearsal.collector import series
from deploy.rehearsal.logins import rendered, subject
from deploy.rehearsal.postgresql import ADMINISTRATOR, BACKUP, PostgreSql
from deploy.rehearsal.processes import GIVEN, PORTS, Failed, Program, free_ports, listens, until
from deploy.rehearsal.report import Report, Step
from tests.conftest import ROOT
from tests.facts import until as known

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)


def test_the_report_is_a_page_with_a_row_a_step() -> None:
    steps = [Step("start", seconds=1.26, seen=["up", "a | b\nc"]), Step("dex", "left out", seen=["none here"])]
    page = Report("A rehearsal", ("What it is.",), {"PostgreSQL": "15.1"}, steps).markdown(AT)
    assert "**2 steps: 1 passed, 1 left out** in 1 s, on 30 November 2026" in page
    assert "| PostgreSQL | 15.1 |" in page
    assert "| start | passed | 1.3 | up; a \\| b c |" in page
    assert "| dex | left out | 0.0 | none here |" in page


def test_a_step_that_failed_fails_the_rehearsal_and_one_left_out_does_not() -> None:
    assert Report("", (), {}, [Step("a"), Step("b", "left out")]).passed
    assert not Report("", (), {}, [Step("a"), Step("b", "failed")]).passed


def test_a_configuration_gets_what_the_environment_has_and_else_its_own_default() -> None:
    template = 'issuer: {{ getenv "A" "http://a" }}\nweb: {{ getenv "B" "b" }}'
    assert rendered(template, {"A": "http://x"}) == "issuer: http://x\nweb: b"


def test_the_subject_of_a_token_is_read_without_its_signature() -> None:
    assert subject("e30.eyJzdWIiOiJncmV0YSJ9.x") == "greta"


def test_ports_are_free_and_fit_where_temporal_keeps_them() -> None:
    ports = free_ports(12)
    assert len(set(ports)) == 12
    assert all(port in PORTS and port < 2**15 for port in ports)


def test_each_role_is_told_its_ports_and_only_the_frontend_asks_for_tokens(tmp_path: Path) -> None:
    pytest.importorskip("pwd")
    try:
        database = PostgreSql(tmp_path, 5432)
    except toolchain.Missing as missing:
        pytest.skip(str(missing))
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "temporal_password").write_text("a password")
    cluster = Cluster(tmp_path, tmp_path, database, ("file:///a", "http://b"), {"internal-frontend": Ports(1, 2, 3, 4)})
    told = cluster.told("internal-frontend")
    assert told["INTERNAL_FRONTEND_GRPC_PORT"] == "1"
    assert told["INTERNAL_FRONTEND_MEMBERSHIP_PORT"] == "2"
    assert told["PROMETHEUS_ENDPOINT"] == "127.0.0.1:3"
    assert told["TEMPORAL_SERVICES"] == "internal-frontend"
    assert told["DB"] == "postgres12"
    assert (told["POSTGRES_USER"], told["POSTGRES_PWD"]) == ("temporal", "a password")
    assert not [name for name in told if name.startswith(("TEMPORAL_AUTH", "TEMPORAL_JWT"))]


def test_a_figure_is_that_of_the_workers_and_labels_that_are_asked_for() -> None:
    said = [
        "# TYPE bills_total counter",
        'bills_total{instance="worker-1@a",result="done"} 3',
        'bills_total{instance="worker-2@a",result="done"} 4',
        'bills_total{instance="worker-2@a",result="failed"} 5',
        'bills_total{instance="worker-33@a",result="done"} 6',
        'bills_total_more{instance="worker-1@a",result="done"} 7',
        'bills_total{result="done"} 8',
    ]
    assert series(said, "bills_total", {"result": "done"}, ["worker-1@", "worker-2@"]) == [3, 4]


def test_the_backup_is_the_one_of_the_page() -> None:
    page = (ROOT / "docs" / "how-to" / "run-in-a-cluster.md").read_text()
    assert f"pg_basebackup --username {ADMINISTRATOR} {BACKUP} " in page


async def test_a_program_that_does_not_end_is_killed_with_all_it_started(tmp_path: Path) -> None:
    stubborn = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        "print(child.pid, flush=True); time.sleep(60)"
    )
    program = Program("stubborn", (sys.executable, "-c", stubborn), {}, tmp_path / "log")
    await program.start()

    async def has_child() -> bool:
        return bool((tmp_path / "log").read_text().strip())

    await known(has_child, 10)
    child = psutil.Process(int((tmp_path / "log").read_text()))
    assert await program.stop(0.2) == -9

    async def gone() -> bool:
        return not child.is_running() or child.status() == psutil.STATUS_ZOMBIE

    await known(gone, 5)
    assert not program.runs


async def test_a_program_that_ends_by_itself_is_named_with_its_last_words(tmp_path: Path) -> None:
    program = Program("short", (sys.executable, "-c", "print('no such file')"), {}, tmp_path / "log")
    await program.start()
    with pytest.raises(Failed, match=r"short has ended by itself; .*\nno such file"):
        async with asyncio.timeout(10):
            await listens(program, free_ports(1)[0])


async def test_what_never_happens_is_named() -> None:
    async def never() -> bool:
        return False

    with pytest.raises(Failed, match="the moon is blue: not within"):
        await until(never, "the moon is blue", 0.1)


def test_without_go_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "_found", lambda: None)
    done = CliRunner().invoke(app, ["--cache", str(tmp_path / "cache"), "--version-a", "HEAD"])
    assert done.exit_code == 2
    said = " ".join(done.stderr.split())
    assert "there is no Go toolchain. Install Go 1.26 or newer" in said
    assert list((tmp_path / "cache").iterdir()) == []


async def test_a_build_that_fails_leaves_nothing_that_looks_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "go").write_text("#!/bin/sh\necho 'no such module' >&2\nexit 1\n")
    (tmp_path / "go").chmod(0o755)
    monkeypatch.setattr(toolchain, "_found", lambda: str(tmp_path / "go"))
    with pytest.raises(toolchain.Missing, match="fails: no such module"):
        await toolchain.tools(tmp_path / "cache", "nowhere", print)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_port_in_use_is_not_free() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert taken.getsockname()[1] not in free_ports(50)


def test_a_port_is_given_out_once_also_before_its_program_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = free_ports(2)
    GIVEN.difference_update((one, other))
    chosen = iter([one, one, other])
    monkeypatch.setattr(secrets, "choice", lambda _: next(chosen))
    assert free_ports(1) + free_ports(1) == [one, other]
