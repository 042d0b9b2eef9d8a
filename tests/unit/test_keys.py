"""Private keys in files, and the commands that make them."""

import getpass
import os
import stat
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey
from typer.testing import CliRunner

from commands.keys import app, public_entry
from governance.people import PublicKey
from governance.tokens import Proven, signed_answer
from integrations.keys import BadKey, key_id, new_key, public_point, read_key
from tests.tokens import AT, BINDING, directory, person, proven


def nobody() -> str:
    raise AssertionError("no passphrase was to be asked for")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "nora.pem"


def written(file: Path, content: bytes, mode: int = 0o600) -> Path:
    file.write_bytes(content)
    file.chmod(mode)
    return file


def pem(key: Any, form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def test_a_new_key_is_its_owner_s_alone_and_reads_back_as_itself(file: Path) -> None:
    key = new_key(file, None)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    found, kid = read_key(file, nobody)
    assert found.private_bytes_raw() == key.private_bytes_raw()
    assert kid == key_id(key)


@pytest.mark.parametrize("umask", [0, 0o777])
def test_no_umask_makes_a_key_more_open(file: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        new_key(file, None)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) & 0o177 == 0


def test_no_key_is_ever_overwritten(file: Path) -> None:
    written(file, b"precious")
    with pytest.raises(BadKey, match="is there already, and no key is ever overwritten"):
        new_key(file, None)
    assert file.read_bytes() == b"precious"


def test_no_key_is_written_through_a_link_to_nowhere(file: Path, tmp_path: Path) -> None:
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadKey, match="is there already"):
        new_key(file, None)
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_with_a_passphrase_opens_with_that_one_alone(file: Path) -> None:
    key = new_key(file, "schlüssel 1")
    assert b"ENCRYPTED" in file.read_bytes()
    assert read_key(file, lambda: "schlüssel 1")[0].private_bytes_raw() == key.private_bytes_raw()
    for other in ("", "schlüssel 2", "schlüssel 1 ", "x" * 5000):
        with pytest.raises(BadKey, match="this passphrase does not open it") as refused:
            read_key(file, lambda other=other: other)
        assert "schl" not in str(refused.value)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o601])
def test_a_key_that_others_can_use_is_refused(file: Path, mode: int) -> None:
    written(file, pem(Ed25519PrivateKey.generate()), mode)
    with pytest.raises(BadKey, match=f"mode {mode:04o}.; run chmod 600 "):
        read_key(file, nobody)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key_of_its_owner_alone_is_read(file: Path, mode: int) -> None:
    written(file, pem(Ed25519PrivateKey.generate()), mode)
    assert read_key(file, nobody)


def test_another_kind_of_key_is_refused(file: Path) -> None:
    others = [
        ed448.Ed448PrivateKey.generate(),
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ]
    for other in others:
        with pytest.raises(BadKey, match=r"it is no Ed25519 key; `starter.py keys new` makes one"):
            read_key(written(file, pem(other)), nobody)


def test_what_is_no_private_key_is_refused(file: Path) -> None:
    own = Ed25519PrivateKey.generate()
    public = own.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    ssh = pem(own, serialization.PrivateFormat.OpenSSH)
    for content in (b"", b"\x00" * 100, public, ssh, pem(own)[:60], b"-----BEGIN PRIVATE KEY-----\n", b"x" * 10**6):
        with pytest.raises(BadKey, match="it is no private key in PEM"):
            read_key(written(file, content), nobody)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for other in (tmp_path, pipe, Path(os.devnull)):
        with pytest.raises(BadKey, match="it is no file"):
            read_key(other, nobody)
    with pytest.raises(FileNotFoundError) as missing:
        read_key(tmp_path / "missing", nobody)
    assert missing.value.filename == str(tmp_path / "missing")


def test_nothing_stays_open(file: Path) -> None:
    written(file, b"nothing")
    before = os.dup(0)
    os.close(before)
    for _ in range(20):
        with pytest.raises(BadKey):
            read_key(file, nobody)
    after = os.dup(0)
    os.close(after)
    assert after == before


def test_a_key_s_id_is_its_thumbprint_of_rfc_7638() -> None:
    # The key and thumbprint of RFC 8037, appendices A.1 and A.3.
    d = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    key = Ed25519PrivateKey.from_private_bytes(d)
    assert public_point(key) == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert key_id(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_what_is_printed_for_people_toml_verifies_what_the_key_signs(file: Path) -> None:
    key, kid = new_key(file, None), key_id(read_key(file, nobody)[0])
    entry = tomllib.loads(f'[[person]]\nid = "nora"\n{public_entry(key, AT.date())}\n')["person"][0]["keys"][0]
    token = signed_answer(BINDING, person="nora", key=key, kid=kid, at=AT)
    given = proven(token, directory=directory(person("nora", PublicKey(**entry, until=None))))
    assert isinstance(given, Proven)


def said(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "400"})
    return result.exit_code, " ".join(result.output.split())


def test_the_command_makes_a_key_and_prints_its_public_half(file: Path) -> None:
    code, shown = said("new", str(file))
    key, kid = read_key(file, nobody)
    assert (code, " ".join(public_entry(key, datetime.now(UTC).date()).split()) in shown) == (0, True)
    assert "PRIVATE" not in shown
    assert f'kid = "{kid}"' in said("show", str(file))[1]


def test_a_mistake_is_one_sentence(file: Path) -> None:
    written(file, b"nothing", 0o644)
    assert (said("new", str(file))[0], "is there already" in said("new", str(file))[1]) == (2, True)
    assert (said("show", str(file))[0], "run chmod 600" in said("show", str(file))[1]) == (2, True)
    code, shown = said("new", str(file.parent / "missing" / "own.pem"))
    assert (code, "own.pem cannot be used: No such file or directory" in shown) == (2, True)


@pytest.mark.parametrize(
    ("typed", "why"), [(["a", "b"], "The two differ"), ([""], "at least one character"), (["a", ""], "The two differ")]
)
def test_no_key_is_made_with_a_passphrase_in_doubt(
    file: Path, monkeypatch: pytest.MonkeyPatch, typed: list[str], why: str
) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda _: typed.pop(0))
    code, shown = said("new", str(file), "--passphrase")
    assert (code, why in shown, file.exists()) == (2, True, False)


@pytest.mark.parametrize("trouble", [getpass.GetPassWarning("echo"), EOFError()])
def test_a_passphrase_is_not_asked_for_where_it_would_be_seen(
    file: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def fail(_: str) -> str:
        raise trouble

    monkeypatch.setattr(getpass, "getpass", fail)
    code, shown = said("new", str(file), "--passphrase")
    assert (code, "no terminal" in shown, file.exists()) == (2, True, False)


def test_a_key_of_joserfc_is_a_key_like_any_other(file: Path) -> None:
    own = OKPKey.generate_key("Ed25519")
    assert read_key(written(file, own.as_pem(private=True)), nobody)[1] == own.thumbprint()
