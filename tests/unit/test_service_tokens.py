"""Tokens with which programs call the Temporal server, and the file they are taken from."""

import asyncio
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from temporalio.client import Client
from typer.testing import CliRunner

import starter
from domain.errors import DomainError, Unavailable
from integrations.keys import BadKey, new_key
from integrations.service_tokens import (
    BadToken,
    key_set,
    known_keys,
    new_service_key,
    read_service_key,
    service_token,
)
from integrations.settings import Settings
from integrations.temporal.connection import NotAllowed, connect
from integrations.temporal.token_file import BadTokenFile, fresh_token, read_token
from tests.facts import until

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def said(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(starter.app(), list(words))
    return done.exit_code, " ".join((done.output + done.stderr).split())


def test_a_token_says_who_calls_and_what_they_may(tmp_path: Path) -> None:
    key = new_service_key(tmp_path / "services.pem")
    made = service_token(key, "worker", ["signalbox:write"], now=NOW, valid=timedelta(hours=1))
    keys = KeySet.import_key_set(json.loads(key_set([], key)))
    token = jwt.decode(made, keys, algorithms=["ES256"])
    assert token.header["kid"] == keys.keys[0].kid
    assert token.claims == {
        "iss": "signalbox",
        "sub": "worker",
        "groups": ["signalbox:write"],
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 3600,
    }


@pytest.mark.parametrize("permission", ["write", "signalbox:write:more", "signalbox:own", ":write", "a b:read", ""])
def test_a_permission_that_the_server_would_misread_makes_no_token(tmp_path: Path, permission: str) -> None:
    key = new_service_key(tmp_path / "services.pem")
    with pytest.raises(BadToken, match="is no permission; write namespace:role"):
        service_token(key, "worker", [permission], now=NOW, valid=timedelta(hours=1))


@pytest.mark.parametrize("name", ["", "a b", "x" * 101, "wörker"])
def test_a_name_that_histories_could_not_show_makes_no_token(tmp_path: Path, name: str) -> None:
    key = new_service_key(tmp_path / "services.pem")
    with pytest.raises(BadToken, match="is no name for a token"):
        service_token(key, name, ["signalbox:read"], now=NOW, valid=timedelta(hours=1))


def test_a_key_of_another_kind_signs_no_token(tmp_path: Path) -> None:
    new_key(tmp_path / "person.pem", None)
    (tmp_path / "none.pem").write_text("no key")
    (tmp_path / "none.pem").chmod(0o600)
    for name in ("person.pem", "none.pem"):
        with pytest.raises(BadKey, match="it is no P-256 key in PEM"):
            read_service_key(tmp_path / name)


def test_a_second_key_joins_the_set_so_that_tokens_of_both_count(tmp_path: Path) -> None:
    jwks, first, second = tmp_path / "set.json", tmp_path / "first.pem", tmp_path / "second.pem"
    for each in (first, second):
        assert said("access", "key", str(each), "--jwks", str(jwks))[0] == 0
    keys = KeySet.import_key_set(json.loads(jwks.read_text()))
    for each in (first, second):
        token = service_token(read_service_key(each), "job", ["a:read"], now=NOW, valid=timedelta(hours=1))
        assert jwt.decode(token, keys, algorithms=["ES256"]).claims["sub"] == "job"
    assert "d" not in json.loads(jwks.read_text())["keys"][0]


def test_a_file_that_is_no_key_set_is_left_as_it_is(tmp_path: Path) -> None:
    jwks = tmp_path / "set.json"
    jwks.write_text("[]")
    with pytest.raises(BadKey, match="it is no JSON Web Key Set"):
        known_keys(jwks)
    code, words = said("access", "key", str(tmp_path / "new.pem"), "--jwks", str(jwks))
    assert (code, jwks.read_text(), (tmp_path / "new.pem").exists()) == (2, "[]", False)
    assert "it is no JSON Web Key Set; name another file." in words


def test_a_token_takes_the_place_of_the_last_one_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    key, file = tmp_path / "services.pem", tmp_path / "worker.token"
    said("access", "key", str(key), "--jwks", str(tmp_path / "set.json"))
    made = ("access", "token", "worker", "--may", "signalbox:write", "--key", str(key), "--hours", "2", "-o", str(file))
    for _ in range(2):
        code, words = said(*made)
        assert code == 0
        assert "worker may signalbox:write until" in words
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []
    assert read_token(file).count(".") == 2


@pytest.mark.parametrize("content", [b"", b"two words", b"\xff\xfe", b"a\nb"])
def test_a_file_without_one_token_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(BadTokenFile, match=r"SIGNALBOX_TOKEN_FILE: .*token has to hold one token"):
        read_token(tmp_path / "token")


def test_a_token_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadTokenFile, match="token cannot be read: No such file"):
        read_token(tmp_path / "token")


async def test_a_new_token_is_used_without_a_restart_and_a_missing_one_changes_nothing(tmp_path: Path) -> None:
    client, file = cast("Any", SimpleNamespace(api_key="first")), tmp_path / "token"
    file.write_text("first\n")
    async with fresh_token(cast("Client", client), file, every=0.01):
        file.unlink()
        await asyncio.sleep(0.05)
        assert client.api_key == "first"
        file.write_text("second\n")

        async def taken() -> bool:
            return client.api_key == "second"

        await until(taken, 5)


REFUSED = 'Failed client connect: `get_system_info` call error: Status { code: PermissionDenied, message: "…" }'
DEAF = "Failed client connect: Server connection error: tonic::transport::Error(Transport, …)"


@pytest.mark.parametrize(
    ("said_by_sdk", "kind", "words"),
    [
        (REFUSED, NotAllowed, "refuses the token that it is shown: it has expired"),
        (DEAF, Unavailable, "A token goes over TLS; set TEMPORAL_TLS=false if that server has none"),
    ],
)
async def test_a_refused_token_is_told_apart_from_a_server_that_is_away(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said_by_sdk: str,
    kind: type[DomainError | Unavailable],
    words: str,
) -> None:
    async def refused(*_: object, **__: object) -> Client:
        raise RuntimeError(said_by_sdk)

    (tmp_path / "token").write_text("a.b.c")
    monkeypatch.setattr(Client, "connect", refused)
    monkeypatch.delenv("TEMPORAL_TLS", raising=False)
    with pytest.raises(kind, match=words):
        await connect(Settings(home=tmp_path, token_file=tmp_path / "token"))
