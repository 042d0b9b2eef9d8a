"""What people read who type a command wrongly: one clear sentence that names what is wrong, and exit code 2."""

import asyncio
import os
import re
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.terminal import Said, Terminal, terminal_at

NO_SERVER = {"TEMPORAL_ADDRESS": "127.0.0.1:1"}
CLEAN = "samples/invoices/01-clean-ubl.xml"


@pytest.fixture(scope="module")
def terminal(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    return terminal_at(client, tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize(
    "command",
    [
        *("list", "inbox", "inbox --mine nils", "show x", "watch", "watch x", f"invoice {CLEAN}"),
        *("approve x", "approve --query Amount<5", "reject x --reason no", "comment x --text hm", "delegate x --to y"),
    ],
)
async def test_without_a_server_a_command_says_so_and_what_to_do(terminal: Terminal, command: str) -> None:
    said = await terminal.type(*command.split(), **NO_SERVER)
    _is_one_clear_sentence(said, "No Temporal server answers at 127.0.0.1:1 (Connection refused).", "TEMPORAL_ADDRESS")


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("read missing.xml", ("missing.xml", "No such file")),
        ("check missing.xml", ("missing.xml", "No such file")),
        ("read samples", ("samples", "Is a directory")),
        ("check samples/README.md", ("README.md", "plain text")),
        ("read samples/invoices/14-truncated.xml", ("14-truncated.xml", "line 92")),
        ("read samples/invoices/15-entity-bomb.xml", ("15-entity-bomb.xml",)),
        ("seed --folder missing", ("missing", "suppliers.csv")),
        ("policy show missing", ("missing",)),
        ("show missing", ("No cases begin with missing", "starter.py list")),
        ("approve missing", ("missing", "starter.py inbox")),
        ("approve approval.finance.missing.post", ("approval.finance.missing.post", "starter.py inbox")),
        ("approve invoice-", ("'invoice-' does not say which case", "starter.py inbox")),
        ("approve", ("Name one approval", "--query", "starter.py inbox")),
        ("approve x --query Amount<5", ("Name one approval", "--query")),
        ("approve --query Amount<5 --change a=1", ("--change goes with one approval",)),
        ("approve --query Amount<5)", ("Amount<5)", "bracket")),
        ("approve x --as nils", ("--as", "--sign")),
        ("approve x --change y", ("--change y", "NAME=VALUE")),
        ("approve x --sign missing.pem", ("missing.pem", "No such file")),
        ("approve x --sign README.md", ("README.md", "run chmod 600")),
        ("reject --query Bogus=1 --reason no", ("does not understand", "Bogus")),
        ("delegate missing-1 --to nils", ("missing-1", "starter.py inbox")),
        ("inbox --mine nobody", ("people.toml", "nobody")),
        ("inbox --query Bogus=1", ("does not understand", "Bogus")),
        ("show approval.missing", ("approval.missing", "starter.py inbox")),
        ("watch approval.missing", ("approval.missing", "starter.py inbox")),
        ("watch missing", ("No cases begin with missing", "starter.py list")),
    ],
)
async def test_a_wrong_name_is_named_back(terminal: Terminal, command: str, named: tuple[str, ...]) -> None:
    _is_one_clear_sentence(await terminal.type(*command.split()), *named)


@pytest.mark.parametrize("given", ["missing.xml", "samples"])
async def test_a_file_that_cannot_be_read_starts_no_case(terminal: Terminal, given: str) -> None:
    said = await terminal.type("invoice", given)
    assert said.code == 2
    assert re.search(rf"{given}.*not started.*cannot be read", said.out)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
async def test_a_file_that_may_not_be_read_is_named(terminal: Terminal) -> None:
    locked = terminal.home / "locked.xml"
    locked.touch(mode=0)
    _is_one_clear_sentence(await terminal.type("read", str(locked)), "locked.xml", "Permission denied")


@pytest.mark.parametrize(
    ("command", "setting", "value", "named"),
    [
        ("seed", "SIGNALBOX_PROFILE", "prod", ("SIGNALBOX_PROFILE", "'prod'", "'dev'")),
        ("seed", "SIGNALBOX_DRAIN_SECONDS", "soon", ("SIGNALBOX_DRAIN_SECONDS", "'soon'", "integer")),
        ("seed", "SIGNALBOX_DATABASE", "books", ("SIGNALBOX_DATABASE", "'books'", "sqlite:///")),
        ("seed", "SIGNALBOX_HOME", "/dev/null/home", ("/dev/null/home",)),
        ("demo", "SIGNALBOX_HOME", "/dev/null/home", ("/dev/null/home",)),
        (f"check {CLEAN}", "SIGNALBOX_POLICIES", "missing", ("missing/tolerances.toml", "No such file")),
        ("list", "TEMPORAL_ADDRESS", "temporal.example:7233", ("temporal.example:7233", "this machine alone")),
        ("list", "TEMPORAL_ADDRESS", "localhost", ("TEMPORAL_ADDRESS", "host:port")),
        ("list", "TEMPORAL_PROFILE", "missing", ("TEMPORAL_PROFILE", "'missing'")),
    ],
)
async def test_a_wrong_setting_is_named_with_what_is_wrong(
    terminal: Terminal, command: str, setting: str, value: str, named: tuple[str, ...]
) -> None:
    _is_one_clear_sentence(await terminal.type(*command.split(), **{setting: value}), *named)


async def test_a_broken_policy_file_is_named_with_its_place(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "invoice.toml").write_text("policy = [")
    (tmp_path / "tolerances.toml").write_text("[default]\nprice_percent = 'much'\n")
    show, check = await asyncio.gather(
        terminal.type("policy", "show", "invoice", SIGNALBOX_POLICIES=str(tmp_path)),
        terminal.type("check", CLEAN, SIGNALBOX_POLICIES=str(tmp_path)),
    )
    _is_one_clear_sentence(show, "invoice.toml", "not a TOML file")
    _is_one_clear_sentence(check, "tolerances.toml", "price_percent")


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("TEMPORAL_ADDRESS", "127.0.0.1:1", "No Temporal server answers at 127.0.0.1:1"),
        ("SIGNALBOX_SANDBOX_FAULTS", "post_bill", "'post_bill' is not a fault"),
        ("SIGNALBOX_DRAIN_SECONDS", "soon", "SIGNALBOX_DRAIN_SECONDS is 'soon'"),
        ("SIGNALBOX_DATABASE", "books", "'books' is not a database URL"),
    ],
)
async def test_a_worker_that_cannot_start_says_why(terminal: Terminal, setting: str, value: str, named: str) -> None:
    said = await terminal.type(script="worker.py", **{setting: value})
    assert said.code == 2
    assert said.err.splitlines()[-1].startswith(f"The worker cannot start: {named}")
    assert "Traceback" not in said.err


def _is_one_clear_sentence(said: Said, *named: str) -> None:
    text = " ".join(said.err.split())
    assert said.code == 2, said
    assert text.startswith("Error: ")
    assert text.count("Error") == 1
    assert "Traceback" not in said.err
    assert not [each for each in named if each not in text], text
    assert len(text) < 600
