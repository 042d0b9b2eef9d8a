"""What the pages say is so: commands parse, settings exist, tables load, what is shown as printed is printed."""

import asyncio
import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from pydantic import TypeAdapter
from temporalio.envconfig import ClientConfigProfile
from typer.testing import CliRunner

import starter
from domain.actions import STATED_FACTS
from governance.guard import refuse_unknown_roles
from governance.policy_check import check
from governance.policy_file import is_table
from integrations.frameworks.chosen import Chosen
from integrations.policy_folder import PolicyFolder
from integrations.settings import ROOT, Settings
from tests.reference import REFERENCE, commands, names_of, written

PAGES = (*(ROOT / name for name in ("README.md", "AGENTS.md")), *sorted((ROOT / "docs").rglob("*.md")))
OFFLINE = ("policy", "people", "suspend", "suspended", "resume")
"""Commands that need no server."""
REASONERS = "# reasoners.toml\n"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SECTION = re.compile(r"^(?=\[)", re.MULTILINE)


def each_page(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, *kinds: str) -> Iterator[str]:
    return (found[2] for found in BLOCK.finditer(page.read_text()) if found[1] in kinds)


def typed(page: Path) -> Iterator[tuple[str, bool]]:
    """What is typed at `starter.py`, and whether it is complete: a mention in a sentence may leave things out."""
    for block in blocks(page, "", "console", "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            if re.match(r"(\$ )?(\.venv/bin/python )?starter\.py\b", line):
                yield line.partition("starter.py")[2], True
    for found in re.finditer(r"`(?:\.venv/bin/python )?starter\.py( [^`]+)`", BLOCK.sub("", page.read_text())):
        yield found[1].replace("\\|", "|"), False


def parse(words: list[str], *, complete: bool) -> None:
    """Read a command line as the program would, without doing anything."""
    known = commands()
    length = next((size for size in (2, 1) if " ".join(words[:size]) in known), None)
    if length is None:
        groups = {path.split()[0] for path in known if " " in path}
        assert groups.intersection(words[:1]), f"there is no command {words[:2]}"
        assert not complete
        return
    name = " ".join(words[:length])
    try:
        known[name].make_context(name, [word for word in words[length:] if word != "--help"])
    except typer.BadParameter as error:
        if complete or type(error).__name__ != "MissingParameter":
            raise


@pytest.mark.parametrize("page", PAGES, ids=each_page)
def test_every_command_line_parses(page: Path) -> None:
    for line, complete in typed(page):
        parse(shlex.split(line, comments=True), complete=complete)


@pytest.mark.parametrize("line", ["aprove x", "approve x --notes y", "suspend agents x --reason y", "reject x"])
def test_a_command_line_that_does_not_exist_is_caught(line: str) -> None:
    with pytest.raises((AssertionError, Exception), match=r"no command|No such option|is not one of|Missing"):
        parse(shlex.split(line), complete=True)


@pytest.mark.parametrize("page", PAGES, ids=each_page)
def test_every_target_of_make_exists(page: Path) -> None:
    named = set(re.findall(r"^make ([\w-]+)|`make ([\w-]+)", page.read_text(), re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text()
    for target in filter(None, (name for pair in named for name in pair)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", PAGES, ids=each_page)
def test_every_setting_exists(page: Path) -> None:
    known = {name for field, one in Settings.model_fields.items() for name in names_of(field, one)}
    text = page.read_text()
    assert set(re.findall(r"\b(?:SIGNALBOX|OPENAI)_[A-Z_]*[A-Z]\b", text)) <= known
    for name in set(re.findall(r"\bTEMPORAL_[A-Z_]*[A-Z]\b", text)) - {"TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE"}:
        nothing = ClientConfigProfile.load(disable_file=True, override_env_vars={})
        assert ClientConfigProfile.load(disable_file=True, override_env_vars={name: "1"}) != nothing, name


def test_the_reference_says_what_the_code_says() -> None:
    page = REFERENCE.read_text()
    assert page == written(page), "run python -m tests.reference"


def test_the_reference_names_every_file_of_the_policy_folder() -> None:
    page = REFERENCE.read_text()
    for file in (ROOT / "policies").iterdir():
        said = "*.examples.toml" if file.name.endswith(".examples.toml") else file.name
        assert f"`{said}`" in page, file.name


@pytest.mark.parametrize("page", PAGES, ids=each_page)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", page.read_text())):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE) if anchor else []
        assert not anchor or anchor in {re.sub(r"[^\w\- ]", "", each).lower().replace(" ", "-") for each in headings}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped policies, which commands then use."""
    copied = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", copied)
    monkeypatch.setenv("SIGNALBOX_POLICIES", str(copied))
    monkeypatch.setenv("SIGNALBOX_HOME", str(tmp_path))
    return copied


ADDED = "add-a-process.md"
"""Its rules are about actions that are not there yet: tests/process/test_added_process.py follows it in a copy."""
WITH_RULES = [page for page in PAGES if "```toml" in page.read_text() and page.name != ADDED]


@pytest.mark.parametrize("page", WITH_RULES, ids=each_page)
def test_every_piece_of_a_policy_file_is_valid_in_its_place(page: Path, folder: Path) -> None:
    """One piece after the other, as a reader would follow the page; the first line of each names its file."""
    (folder / "login.example.com.jwks.json").write_text(JWKS)
    for block in blocks(page, "toml"):
        if block.startswith(REASONERS):
            continue
        named = re.match(r"# policies/([\w.-]+)\.toml", block)
        assert named, block
        file = folder / f"{named[1]}.toml"
        file.write_text(put_into(file.read_text(), block))
        if named[1].endswith(".examples"):
            said = CliRunner().invoke(starter.app(), ["policy", "test", named[1].removesuffix(".examples")])
            assert said.exit_code == 0, said.output
        else:
            asyncio.run(in_force(folder, named[1]))


@pytest.mark.parametrize("page", [page for page in PAGES if f"```toml\n{REASONERS}" in page.read_text()], ids=each_page)
def test_every_choice_of_a_framework_can_be_read_beside_the_samples(page: Path) -> None:
    for block in filter(lambda each: each.startswith(REASONERS), blocks(page, "toml")):
        for chosen in TypeAdapter(dict[str, Chosen]).validate_python(tomllib.loads(block)).values():
            for file in filter(None, (chosen.build, chosen.adapter)):
                assert (ROOT / "samples" / "frameworks" / file).is_file()
            assert chosen.python in {Path(f"../../.venv/{name}/bin/python") for name in ("langgraph", "openai-agents")}


async def in_force(folder: Path, name: str) -> None:
    """Read a file as a worker does; a table must be sound besides, and its roles must exist."""
    policies = PolicyFolder(folder)
    if is_table((folder / f"{name}.toml").read_bytes()):
        table = await policies.table(name)
        report = check(table, STATED_FACTS)
        assert report.sound, report
        refuse_unknown_roles([table], await policies.directory())
        return
    await {
        "people": policies.directory,
        "rates": policies.rates,
        "prices": policies.prices,
        "bank-terms": policies.bank_terms,
        "refund-terms": policies.refund_terms,
        "tolerances": lambda: policies.tolerances(None),
    }[name]()


JWKS = '{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": "wt3rJt7i37VKe8JBmZdIoOE7usJdwzg3yJ4mXrVGoQ8"}]}'


def put_into(file: str, block: str) -> str:
    """A file with a piece put in: entries of an id that is there already are replaced, rows come first."""
    top, *entries = SECTION.split(block)
    for key in re.findall(r"^(\w+) = ", top, re.MULTILINE):
        file = re.sub(rf"^{key} = .*\n", "", file, flags=re.MULTILINE)
    head, *old = SECTION.split(file)
    ids = {entry_id(each) for each in entries} - {None}
    kept = [each for each in old if entry_id(each) not in ids]
    place = next((n for n, each in enumerate(kept) if each.startswith("[[row]]")), len(kept))
    at = place if any(each.startswith("[[row]]") for each in entries) else len(kept)
    return top + head + "".join([*kept[:at], *(f"{each}\n" for each in entries), *kept[at:]])


def entry_id(entry: str) -> str | None:
    """What names an entry: its id or, of a section such as [role.ap], its heading."""
    named = re.search(r'^id = "(.+)"', entry, re.MULTILINE) if entry.startswith("[[") else None
    heading = entry.partition("\n")[0]
    return f"{heading} {named[1]}" if named else None if entry.startswith("[[") else heading


def printed(page: Path) -> Iterator[tuple[list[str], str]]:
    """The commands of a page that need no server, in order, and what it shows below each."""
    for block in blocks(page, "console"):
        for session in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, shown = session.partition("\n")
            words = shlex.split(line.partition("starter.py")[2], comments=True)
            if words[:1] and words[0] in OFFLINE:
                yield words, shown


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("page", [page for page in PAGES if any(printed(page))], ids=each_page)
def test_what_a_page_shows_as_printed_is_printed(page: Path) -> None:
    for words, shown in printed(page):
        said = CliRunner().invoke(starter.app(), words)
        at, got = 0, plain(said.output)
        for part in filter(None, map(str.strip, plain(shown).split("…"))):
            at = got.find(part, at)
            assert at >= 0, f"{words}: {part!r} is not in: {said.output}"


def plain(text: str) -> str:
    """Text without frames of tables, spaces and line ends: a terminal of another width breaks it elsewhere."""
    return re.sub(r"[\s│┃]+", " ", re.sub(r"[┏━┳┓┡╇┩├─┼┤└┴┘]+", " ", text)).strip()
