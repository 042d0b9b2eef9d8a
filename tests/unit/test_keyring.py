"""The keyring's file, its rotation, and the commands for both."""

import json
import multiprocessing
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OctKey
from typer.testing import CliRunner, Result

from commands.keys import app
from integrations.keys import BadKey
from integrations.payloads.keyring import new_keyring, read_keyring, write_keyring
from integrations.payloads.live_keyring import LiveKeyring
from integrations.payloads.rotation import prepare, rotate
from tests.payloads import keyring_in

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=90)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "keyring.json"
    write_keyring(found, new_keyring(NOW))
    return found


def typed(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_it_is_its_owner_s_alone_and_reads_back_as_itself(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    ring = read_keyring(file)
    assert len(ring.encrypting.content) == 32
    assert ring.encrypting.k not in repr(ring)
    assert ring.mark not in repr(ring)
    assert [each.name for each in file.parent.iterdir()] == ["keyring.json"]


def test_the_key_in_the_file_is_a_jwk(file: Path) -> None:
    [key] = json.loads(file.read_text())["keys"]
    assert OctKey.import_key({name: value for name, value in key.items() if name != "made"}).raw_value == (
        read_keyring(file).encrypting.content
    )


def test_rotating_keeps_every_key_and_twice_is_once(file: Path) -> None:
    first = read_keyring(file).current
    done = rotate(file, LATER, again=False)
    assert done.ring == read_keyring(file)
    assert [key.kid for key in done.ring.keys] == [first, done.ring.current]
    again = rotate(file, LATER + timedelta(minutes=1), again=False)
    assert (again.ring, "nothing was changed" in again.said) == (done.ring, True)
    assert len(rotate(file, LATER + timedelta(minutes=1), again=True).ring.keys) == 3


def test_a_prepared_key_decrypts_first_and_encrypts_at_the_next_rotation(file: Path) -> None:
    first = read_keyring(file).current
    prepared = prepare(file, LATER).ring
    assert prepared.current == first
    assert prepare(file, LATER).ring == prepared
    done = rotate(file, LATER, again=False).ring
    assert (done.current, len(done.keys), done.prepared) == (prepared.keys[-1].kid, 2, None)


def test_two_who_rotate_at_once_lose_no_key(file: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as people:
        people.starmap(_rotated, [(file,)] * 8)
    assert len(read_keyring(file).keys) == 9


def _rotated(file: Path) -> None:
    rotate(file, LATER, again=True)


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(file)
    done = rotate(link, LATER, again=False)
    assert link.is_symlink()
    assert read_keyring(file) == done.ring


def changed(content: dict[str, Any], **how: Any) -> str:
    return json.dumps({**content, **how})


def test_every_fault_is_named_with_the_file_and_without_the_key(file: Path) -> None:
    said = json.loads(file.read_text())
    other = json.loads(new_keyring(NOW).model_dump_json())
    faults = {
        "": "is not JSON",
        file.read_text()[:-20]: "is not JSON",
        "{}": "current: Field required",
        '{"current":"a","current":"b"}': "gives 'current' twice",
        changed(said, current=other["current"]): "is not among its keys",
        changed(said, keys=said["keys"] * 2): "a key id comes twice",
        changed(said, keys=[*said["keys"], *other["keys"]]): "was not made by this keyring",
        changed(said, keys=[{**said["keys"][0], "k": "short"}]): "keys.0.k: String should match",
        changed(said, keys=[{**said["keys"][0], "alg": "A128GCM"}]): "keys.0.alg",
        changed(said, more=1): "more: Extra inputs",
    }
    for content, fault in faults.items():
        file.write_text(content)
        with pytest.raises(BadKey) as raised:
            read_keyring(file)
        assert fault in str(raised.value), content
        assert str(file) in str(raised.value)
        assert said["keys"][0]["k"] not in str(raised.value)


@pytest.mark.parametrize(("mode", "there"), [(0o640, True), (0o604, True), (0o600, False)])
def test_others_may_not_read_it_and_where_there_is_none_that_is_said(file: Path, mode: int, there: bool) -> None:
    file.chmod(mode) if there else file.unlink()
    with pytest.raises(BadKey, match="run chmod 600" if there else "is not there; copy that of the other workers"):
        read_keyring(file)


def test_a_running_worker_takes_up_a_new_key_and_keeps_the_old_ones_while_the_file_is_broken(
    file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.payloads.live_keyring.LOOK_SECONDS", 0)
    live = LiveKeyring(file)
    new = rotate(file, LATER, again=False).ring
    assert live.ring == new
    whole = file.read_bytes()
    file.write_bytes(whole[:-9])
    assert live.ring == new
    assert live.find("20261130-aaaaaaaa.aaaaaaaaaaaaaaaa") is None
    assert "the keys known before go on counting" in caplog.text
    file.unlink()
    assert live.ring == new
    file.write_bytes(whole)
    file.chmod(0o644)
    assert live.ring == new
    file.chmod(0o600)
    newest = rotate(file, LATER, again=True).ring
    assert live.find(newest.current) == newest.encrypting


def test_the_commands_say_what_was_done_and_print_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ring.json"
    assert "Name the file of the keyring" in typed("rotate").output
    assert "is not there" in typed("rotate", str(file)).output
    assert typed("rotate", "--new", str(file)).exit_code == 0
    assert "is there already" in typed("rotate", "--new", str(file)).output
    assert "nothing was changed" in typed("rotate", str(file)).output
    assert "is prepared" in typed("rotate", "--prepare", str(file)).output
    assert "Say one of" in typed("rotate", "--prepare", "--again", str(file)).output
    monkeypatch.setenv("SIGNALBOX_KEYRING", str(file))
    done = typed("rotate")
    assert (done.exit_code, "is kept, to decrypt" in done.output) == (0, True)
    shown = typed("ring").output
    ring = read_keyring(file)
    assert [line.split()[0] for line in shown.splitlines()] == [key.kid for key in ring.keys]
    assert not any(key.k in shown + done.output for key in ring.keys)


def test_a_keyring_in_a_folder_that_is_not_there_is_no_traceback(tmp_path: Path) -> None:
    said = typed("rotate", "--new", str(tmp_path / "nowhere" / "ring.json"))
    assert (said.exit_code, "No such file or directory" in said.output) == (2, True)
    assert keyring_in(tmp_path).exists()
