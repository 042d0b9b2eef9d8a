"""The ledger's commands, and the places where checkpoints are kept."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from aiohttp import web
from typer.testing import CliRunner

from commands.ledger import app
from domain.errors import Refused, Unavailable
from integrations.elsewhere import Address, Folder, elsewhere
from integrations.store import open_store
from starter import app as starter
from tests.ledger import entries

SECRET = "sig=canary"


class Desk:
    """Commands typed beside a store of their own."""

    def __init__(self, home: Path) -> None:
        self.home, self.key = home, home / "ledger.pem"
        self.environment = {"SIGNALBOX_HOME": str(home), "SIGNALBOX_STORE": "", "SIGNALBOX_LEDGER_KEY": str(self.key)}

    def type(self, *arguments: object, starts: bool = False) -> tuple[int, str]:
        typed = list(map(str, arguments))
        environment = {name: value for name, value in self.environment.items() if value} | {"COLUMNS": "400"}
        done = CliRunner().invoke(starter() if starts else app, typed, env=environment)
        return done.exit_code, " ".join(done.output.split())

    def append(self, case: str, *names: str) -> None:
        async def act() -> None:
            async with open_store(f"sqlite:///{self.home}/signalbox.db") as store:
                await store.ledger.append(case, entries(*names))

        asyncio.run(act())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    opened = Desk(tmp_path)
    opened.append("c", "a", "b")
    return opened


def test_from_a_key_to_a_checked_file_and_a_rotation(desk: Desk) -> None:
    code, said = desk.type("key", "new", desk.key)
    assert code == 0, said
    kid, kept = said.rpartition(" ")[2], desk.home / "kept"
    code, said = desk.type("checkpoint", "--to", kept)
    assert (code, f"Checkpoint 2: 1 cases, 2 entries, signed by {kid}." in said) == (0, True), said
    assert "2 new statements kept" in said
    desk.append("c", "d")
    code, said = desk.type("checkpoint", "--to", kept)
    assert "1 new statements kept" in said
    assert sorted(file.name for file in kept.iterdir()) == ["00000001.json", "00000002.json", "00000003.json"]
    for case in ((), ("--case", "c")):
        file = desk.home / f"ledger{len(case)}.jsonl"
        assert desk.type("export", file, *case)[0] == 0
        code, said = desk.type("verify", file, "--checkpoints", kept, "--key", kid)
        assert (
            code,
            said.endswith("3 entries (0 bodies erased), 2 checkpoints: nothing is missing, altered or added."),
        ) == (0, True), said
    other = desk.home / "other.pem"
    assert desk.type("key", "new", other)[0] == 0
    code, said = desk.type("key", "rotate", other, "--old", desk.key)
    assert (code, "From statement 4 on the ledger's key is" in said) == (0, True), said
    code, said = desk.type("checkpoint")
    assert (code, "`ledger key rotate` replaces that" in said) == (2, True), said
    assert desk.type("checkpoint", "--key", other)[0] == 0
    assert desk.type("verify", "--checkpoints", kept, "--key", kid)[0] == 0


def test_a_lost_key_is_replaced_and_verification_asks_for_the_new_one_s_id(desk: Desk) -> None:
    old = desk.type("key", "new", desk.key)[1].rpartition(" ")[2]
    desk.type("checkpoint")
    other = desk.home / "other.pem"
    new = desk.type("key", "new", other)[1].rpartition(" ")[2]
    code, said = desk.type("key", "rotate", other, "--lost")
    assert (code, "verification fails until --key names this id" in said) == (0, True), said
    code, said = desk.type("verify", "--key", old)
    assert (code, "did not sign that" in said) == (1, True), said
    assert desk.type("verify", "--key", old, "--key", new)[0] == 0


def test_damage_is_exit_code_1_and_said(desk: Desk) -> None:
    desk.type("key", "new", desk.key)
    desk.type("checkpoint", "--to", desk.home / "kept")
    for file in desk.home.glob("signalbox.db*"):
        file.unlink()
    desk.append("c", "other")
    desk.type("checkpoint")
    code, said = desk.type("verify", "--checkpoints", desk.home / "kept")
    assert code == 1
    assert "Checkpoint 2 is not the one kept as 00000002.json, and one key signed both" in said
    code, said = desk.type("checkpoint", "--to", desk.home / "kept")
    assert (code, "00000001.jsonistherealready" in said.replace(" ", "")) == (2, True), said


def test_erasing_says_what_goes_and_what_does_not(desk: Desk) -> None:
    code, said = desk.type("erase", "c", "--reason", "she asked", starts=True)
    assert (code, "there is no terminal to ask in" in said) == (2, True), said
    code, said = desk.type("erase", "c", "--reason", "she asked", "--yes", starts=True)
    assert (code, "2 bodies are erased." in said, "Temporal still keeps" in said) == (0, True, True), said
    code, said = desk.type("erase", "c", "--reason", "she asked", "--yes", starts=True)
    assert (code, said.endswith("Nothing was left to erase.")) == (0, True)
    assert desk.type("export", desk.home / "x.jsonl")[0] == 0
    last = json.loads((desk.home / "x.jsonl").read_text().splitlines()[-1])
    assert (last["kind"], json.loads(last["body"])["reason"]) == ("ledger.erasure", "she asked")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("checkpoint --key=nowhere.pem", "nowhere.pem cannot be used: No such file"),
        ("checkpoint --to http://example.com/x", "--to: http://example.com is no https:// address"),
        ("checkpoint --to https://", "--to: https:// is no https:// address"),
        ("checkpoint --to ftp://example.com", "--to: ftp://example.com is no https:// address"),
        ("key rotate x.pem", "Give --old FILE"),
        ("key rotate x.pem --old y.pem --lost", "Give --old FILE"),
        ("verify nowhere.jsonl", "nowhere.jsonl cannot be used: No such file"),
        ("verify --checkpoints nowhere", "nowhere cannot be used: No such file"),
        ("export x.jsonl --case nowhere", "The ledger has no such case. nowhere"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(desk: Desk, typed: str, said: str) -> None:
    code, told = desk.type(*typed.split())
    assert (code, said in told, "Traceback" in told) == (2, True, False), told


def test_erasing_nothing_or_for_no_reason_is_a_mistake(desk: Desk) -> None:
    assert desk.type("erase", "c", "--reason= ", "--yes", starts=True)[0] == 2
    code, said = desk.type("erase", "nowhere", "--reason", "x", "--yes", starts=True)
    assert (code, "The ledger has no such case. nowhere" in said) == (2, True)


def test_without_a_key_it_is_said_how_to_make_one(desk: Desk) -> None:
    desk.environment["SIGNALBOX_LEDGER_KEY"] = ""
    code, said = desk.type("checkpoint")
    assert (code, "`starter.py ledger key new` makes one" in said) == (2, True), said


class TestFolder:
    async def test_what_is_there_is_never_replaced(self, tmp_path: Path) -> None:
        place = Folder(tmp_path / "new")
        assert [await place.keep("1.json", b"one") for _ in range(2)] == [True, False]
        with pytest.raises(Refused, match=r"1\.json is there already and says something else"):
            await place.keep("1.json", b"two")
        assert [(file.name, file.read_bytes()) for file in (tmp_path / "new").iterdir()] == [("1.json", b"one")]

    async def test_of_many_at_once_one_writes_it_whole(self, tmp_path: Path) -> None:
        done = await asyncio.gather(*(Folder(tmp_path).keep("1.json", b"x" * 100_000) for _ in range(8)))
        assert done.count(True) >= 1
        assert (tmp_path / "1.json").stat().st_size == 100_000


class Shelf:
    """A server that takes PUT where nothing is."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.answers: list[int] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        if self.answers:
            return web.Response(status=self.answers.pop(0), headers={"Location": "http://127.0.0.1:1/"})
        if request.method == "GET":
            return web.Response(body=self.files[request.path_qs])
        if request.path_qs in self.files and request.headers["If-None-Match"] == "*":
            return web.Response(status=412)
        self.files[request.path_qs] = await request.read()
        return web.Response(status=201)


@pytest.fixture
async def shelf() -> AsyncGenerator[Shelf]:
    ours = Shelf()
    served = web.Application()
    served.router.add_route("*", "/{name:.*}", ours.answer)
    runner = web.AppRunner(served)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    ours.url = f"http://user:pass@127.0.0.1:{runner.addresses[0][1]}/ledger/?{SECRET}"
    yield ours
    await runner.cleanup()


class TestAddress:
    async def test_a_file_is_put_below_it_and_never_replaced(self, shelf: Shelf) -> None:
        place = elsewhere(shelf.url)
        assert [await place.keep("1.json", b"one") for _ in range(2)] == [True, False]
        assert shelf.files == {f"/ledger/1.json?{SECRET}": b"one"}
        with pytest.raises(Refused, match=r"1\.json is there already and says something else"):
            await place.keep("1.json", b"two")

    @pytest.mark.parametrize(
        ("status", "error"), [(503, Unavailable), (429, Unavailable), (403, Refused), (302, Refused), (400, Refused)]
    )
    async def test_a_refusal_is_told_without_the_secret(
        self, shelf: Shelf, status: int, error: type[Exception]
    ) -> None:
        shelf.answers = [status]
        with pytest.raises(error, match=f"answered {status}") as told:
            await elsewhere(shelf.url).keep("1.json", b"one")
        assert "canary" not in str(told.value)
        assert "pass" not in str(told.value)

    async def test_nobody_there_is_unavailable_without_the_secret(self) -> None:
        with pytest.raises(Unavailable, match="cannot be reached") as told:
            await Address(f"http://127.0.0.1:1/x?{SECRET}").keep("1.json", b"one")
        assert "canary" not in str(told.value)
