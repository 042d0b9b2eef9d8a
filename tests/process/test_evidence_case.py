"""The evidence of cases on a real server: drawn on the command line, checked in an empty folder with the pack alone."""

import asyncio
import json
import sys
import zipfile
from pathlib import Path

import pytest
from temporalio.client import Client

from integrations.store import open_store
from tests.conftest import ROOT
from tests.facts import until
from tests.office import Office
from tests.sweeps import sweeping
from tests.terminal import Terminal, terminal_at
from verifier.verify import examine_file

SAMPLES = ROOT / "samples" / "invoices"
ABOVE = SAMPLES / "04-clean-above-5000.xml"


@pytest.fixture
def terminal(office: Office, client: Client) -> Terminal:
    return terminal_at(client, office.desk.settings.home)


async def checked(folder: Path, *arguments: str) -> tuple[int, str]:
    """What the pack's own program says, with nothing of the project around it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "verify.py", *arguments),
        cwd=folder,
        env={},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def decided(office: Office) -> str:
    """A case that a person decided."""
    case = await office.hand_in(ABOVE)
    await office.answer(case, "comment", "asked the supplier", "anna")
    await office.answer(case, "approve", "checked", "anna")
    await case.result()
    return case.id


async def swept(office: Office, case: str, *, seal: bool = True) -> None:
    """Sweep until the ledger has all of a case."""
    async with sweeping(office) as (sweep, store):

        async def done() -> bool:
            await sweep.sweep()
            return (await store.ledger.tail(case)).sealed or not seal

        await until(done)


def unpacked(pack: Path, folder: Path) -> Path:
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(folder)
    return folder


async def test_a_pack_is_whole_signed_and_checked_by_what_is_in_it(
    office: Office, terminal: Terminal, tmp_path: Path
) -> None:
    case = await decided(office)
    await swept(office, case)
    key = str(tmp_path / "ledger.pem")
    kid = (await terminal.type("ledger", "key", "new", key)).out.split()[-1]
    made = await terminal.type("ledger", "checkpoint", "--to", str(tmp_path / "kept"), SIGNALBOX_LEDGER_KEY=key)
    assert made.code == 0, made.err
    pack = tmp_path / "case.zip"
    said = await terminal.type("evidence", case, "-o", str(pack), "--documents", SIGNALBOX_LEDGER_KEY=key)
    assert (said.code, said.err) == (0, "")
    assert f"signed by {kid}" in said.out
    assert "Not in it" not in said.out, said.out
    folder = unpacked(pack, tmp_path / "case")
    names = {path.relative_to(folder).parts[0] for path in folder.rglob("*")}
    assert {"policies", "documents", "histories", "manifest.json", "README.txt"} <= names
    kept = [*("--key", kid), *("--checkpoints", str(tmp_path / "kept")), *("--case", case)]
    for place in (str(pack), "."):
        code, told = await checked(folder, place, *kept)
        assert (code, "nothing is missing, altered or added" in told) == (0, True), told
        assert len(told.splitlines()) == 1, told
    again = tmp_path / "again.zip"
    await terminal.type("evidence", case, "-o", str(again), "--documents", SIGNALBOX_LEDGER_KEY=key)
    assert again.read_bytes() == pack.read_bytes()
    assert "“checked”" in (folder / "trail.html").read_text()
    assert len([each for each in json.loads((folder / "decisions.json").read_text()) if each["is"] == "decision"]) == 1
    unseen = await asyncio.to_thread(not_named, folder, kid)
    assert unseen == []


def not_named(folder: Path, kid: str) -> list[str]:
    """The files of a pack that can be altered without being named."""
    found = list[str]()
    for file in (path for path in sorted(folder.rglob("*")) if path.is_file()):
        was = file.read_bytes()
        file.write_bytes(was.replace(b"e", b"E", 1) if b"e" in was else was + b"x")
        if not any(file.name in said for said in examine_file(folder, [kid]).damage):
            found.append(file.name)
        file.write_bytes(was)
    return found


async def test_a_case_that_goes_on_says_what_is_not_in_the_ledger_yet(
    office: Office, terminal: Terminal, tmp_path: Path
) -> None:
    case = await office.hand_in(ABOVE)
    await office.approval_of(case)
    pack = tmp_path / "case.zip"
    await swept(office, case.id, seal=False)
    said = await terminal.type("evidence", case.id, "-o", str(pack))
    assert (said.code, "The case is not sealed in the ledger yet" in said.out) == (0, True), said.err
    code, told = await checked(unpacked(pack, tmp_path / "case"), ".")
    assert (code, "only the manifest vouches for it" in told) == (0, True), told
    await case.terminate(reason="enough")


async def test_an_erased_case_leaves_who_erased_it_and_nothing_that_the_server_still_has(
    office: Office, terminal: Terminal, tmp_path: Path
) -> None:
    case = await decided(office)
    await swept(office, case)
    erased = await terminal.type("erase", case, "--reason", "the supplier asked us to", "--by", "anna", "--yes")
    assert erased.code == 0, erased.err
    pack = tmp_path / "case.zip"
    said = await terminal.type("evidence", case, "-o", str(pack), "--documents")
    assert said.code == 0, said.err
    folder = unpacked(pack, tmp_path / "case")
    code, told = await checked(folder, ".")
    assert (code, "because: 'the supplier asked us to'" in told) == (0, True), told
    assert "Fräszentrum" not in "".join(path.read_text() for path in folder.rglob("*") if path.is_file())
    async with open_store(office.desk.settings.store_url) as store:
        assert (await store.ledger.tail(case)).sealed
