"""The codec server over real HTTP: who may ask, from where, what comes back and what is written down."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from ssl import create_default_context
from typing import Any

import pytest
from aiohttp import ClientSession, web
from google.protobuf.json_format import MessageToDict, ParseDict
from temporalio.api.common.v1 import Payload, Payloads

from commands.codec_server import serving
from commands.console import UserError
from governance import oidc
from governance.jws import DoesNotCount, read
from governance.people import Directory
from integrations.codec_server import Access, access_for
from integrations.codec_server import issuer_keys as issuer_keys_module
from integrations.codec_server.access import Denied, NotServed
from integrations.payloads.codec import is_encrypted
from integrations.settings import Settings
from tests.certificates import self_signed
from tests.payloads import codec, keyring_in, payload, rotated_elsewhere
from tests.tokens import directory, id_token, issuer, issuer_keys, person

UI = "http://127.0.0.1:9000"
SECRET = b'{"vendor":"Van Dijk Gereedschappen B.V."}'


class Desk:
    """Somebody who asks the server."""

    def __init__(self, session: ClientSession, address: str) -> None:
        self._session, self._address = session, address

    async def ask(self, path: str, *payloads: Payload, **headers: str) -> tuple[int, Any, dict[str, str]]:
        said = json.dumps(MessageToDict(Payloads(payloads=payloads)))
        return await self.send("POST", path, said, {"Content-Type": "application/json", **_named(headers)})

    async def send(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        async with self._session.request(
            method, self._address + path, data=io.BytesIO(body.encode()), headers=headers
        ) as response:
            text = await response.text()
            told = list(ParseDict(json.loads(text), Payloads()).payloads) if text.startswith("{") else text
            return response.status, told, dict(response.headers)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@asynccontextmanager
async def asking(home: Path, **settings: Any) -> AsyncGenerator[Desk]:
    chosen = Settings(home=home, codec_origin=UI, **settings)
    async with serving(chosen, 0) as (address, _), ClientSession() as session:
        yield Desk(session, address)


def audit(home: Path) -> list[dict[str, Any]]:
    file = home / "codec-audit.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def keyring(tmp_path: Path) -> Path:
    return keyring_in(tmp_path)


async def test_it_opens_what_is_closed_and_closes_what_is_typed(tmp_path: Path, keyring: Path) -> None:
    async with asking(tmp_path, keyring=keyring) as desk:
        status, [closed], _ = await desk.ask("/encode", payload(b'"checked"'))
        assert (status, is_encrypted(closed)) == (200, True)
        plain = payload(b"1")
        status, opened, _ = await desk.ask("/decode", closed, plain)
        assert (status, opened) == (200, [payload(b'"checked"'), plain])
        assert (await desk.ask("/decode"))[:2] == (200, [])
        assert (await desk.send("GET", "/livez", "", {}))[:2] == (200, "ok")


async def test_the_namespace_of_the_request_counts(tmp_path: Path, keyring: Path) -> None:
    [theirs] = await codec(keyring, "payables").encode([payload(SECRET)])
    async with asking(tmp_path, keyring=keyring) as desk:
        assert (await desk.ask("/decode", theirs, X_Namespace="payables"))[1] == [payload(SECRET)]
        _, [told], _ = await desk.ask("/decode", theirs)
        assert told.data.startswith(b'"Not readable here: A payload that names the key ')
        _, [closed], _ = await desk.ask("/encode", payload(b"1"), X_Namespace="payables")
        assert await codec(keyring, "payables").decode([closed]) == [payload(b"1")]
        assert (await desk.ask("/decode", theirs, X_Namespace="x" * 256))[0] == 400


async def test_one_that_cannot_be_opened_says_why_in_its_place(tmp_path: Path, keyring: Path) -> None:
    [unknown] = await codec(rotated_elsewhere(keyring)).encode([payload(SECRET)])
    [known] = await codec(keyring).encode([payload(SECRET)])
    async with asking(tmp_path, keyring=keyring) as desk:
        status, [told, opened], _ = await desk.ask("/decode", unknown, known)
    assert (status, opened) == (200, payload(SECRET))
    assert b"which the keyring here does not have: put the newest keyring in place" in told.data


async def test_every_reading_leaves_a_line_without_content(tmp_path: Path, keyring: Path) -> None:
    [closed] = await codec(keyring).encode([payload(SECRET)])
    page = f"{UI}/namespaces/default/workflows/invoice-2d32/0192-run/history"
    async with asking(tmp_path, keyring=keyring) as desk:
        await desk.ask("/decode", closed, closed, Referer=page)
        await desk.ask("/encode", closed)
    [line] = audit(tmp_path)
    assert datetime.fromisoformat(line.pop("at")).tzinfo
    assert line == {
        "who": "somebody on this machine",
        "how": "not asked: profile dev",
        "did": "decode",
        "namespace": "default",
        "workflow": "invoice-2d32",
        "run": "0192-run",
        "payloads": 2,
    }
    assert (tmp_path / "codec-audit.jsonl").stat().st_mode & 0o077 == 0


async def test_nothing_is_opened_where_that_cannot_be_written_down(tmp_path: Path, keyring: Path) -> None:
    [closed] = await codec(keyring).encode([payload(SECRET)])
    async with asking(tmp_path, keyring=keyring, codec_audit=tmp_path) as desk:
        status, told, _ = await desk.ask("/decode", closed)
    assert (status, "nothing is opened unseen" in told, "Dijk" in told) == (503, True, False)


async def test_pages_of_one_origin_may_ask_and_of_no_other(tmp_path: Path, keyring: Path) -> None:
    [closed] = await codec(keyring).encode([payload(SECRET)])
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-namespace"}
    async with asking(tmp_path, keyring=keyring) as desk:
        status, _, headers = await desk.send("OPTIONS", "/decode", "", {"Origin": UI, **asks})
        assert (status, headers["Access-Control-Allow-Origin"], headers["Vary"]) == (204, UI, "Origin")
        assert "X-Namespace" in headers["Access-Control-Allow-Headers"]
        assert "Authorization-Extras" in headers["Access-Control-Allow-Headers"], "the UI of who signed in sends it"
        status, opened, headers = await desk.ask("/decode", closed, Origin=UI)
        assert (status, opened, headers["Access-Control-Allow-Origin"]) == (200, [payload(SECRET)], UI)
        for other in ("http://127.0.0.1:9001", "https://127.0.0.1:9000", "null", f"{UI}.evil.example", UI.upper()):
            for method in ("OPTIONS", "POST"):
                status, told, headers = await desk.send(method, "/decode", "{}", {"Origin": other, **asks})
                assert (status, "Access-Control-Allow-Origin" in headers) == (403, False), other
                assert f"Only pages of {UI} may ask" in told
    assert len(audit(tmp_path)) == 1


async def test_what_is_no_request_is_refused_in_a_sentence(tmp_path: Path, keyring: Path) -> None:
    kind = {"Content-Type": "application/json"}
    async with asking(tmp_path, keyring=keyring) as desk:
        for body in ("", "{", '{"payloads":1}', "[" * 100_000):
            status, told, _ = await desk.send("POST", "/decode", body, kind)
            assert (status, "as the Temporal API has them" in told) == (400, True), body[:20]
        assert (await desk.send("POST", "/decode", "{}", {"Content-Type": "text/plain"}))[0] == 415
        assert (await desk.send("POST", "/decode", " " * 17_000_000, kind))[0] == 413
        many = json.dumps({"payloads": [{}] * 5001})
        assert (await desk.send("POST", "/decode", many, kind))[0] == 413
        assert (await desk.send("GET", "/decode", "", {}))[0] == 405
        assert (await desk.send("POST", "/elsewhere", "{}", kind))[0] == 404


async def test_a_token_from_a_file_is_asked_for_under_dev(tmp_path: Path, keyring: Path) -> None:
    file = tmp_path / "token"
    file.touch(mode=0o600)
    await asyncio.to_thread(file.write_text, "open sesame open\n")
    [closed] = await codec(keyring).encode([payload(SECRET)])
    async with asking(tmp_path, keyring=keyring, codec_token=file) as desk:
        for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic open sesame open"}):
            status, told, headers = await desk.ask("/decode", closed, **header)
            assert (status, headers["WWW-Authenticate"], "Dijk" in told) == (401, "Bearer", False)
        assert (await desk.ask("/encode", closed))[0] == 401
        assert (await desk.ask("/decode", closed, Authorization="Bearer open sesame open"))[0] == 200
        status, _, _ = await desk.send(
            "OPTIONS", "/decode", "", {"Origin": UI, "Access-Control-Request-Method": "POST"}
        )
        assert status == 204, "no browser could ask"
    assert [line["who"] for line in audit(tmp_path)] == ["whoever has the token"]
    file.chmod(0o644)
    with pytest.raises(NotServed, match="run chmod 600"):
        await access_for(Settings(codec_token=file), nobody, loopback=True)
    file.chmod(0o600)
    await asyncio.to_thread(file.write_text, "short")
    with pytest.raises(NotServed, match="less than 16 characters"):
        await access_for(Settings(codec_token=file), nobody, loopback=True)


async def nobody() -> Directory:
    return directory(issuers=())


async def everybody() -> Directory:
    return directory(person("nora", subject="n-1"), issuers=(issuer(),))


async def production() -> Access:
    return (await access_for(Settings(profile="production"), everybody, loopback=False))[0]


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_production_takes_the_id_token_of_a_log_in_and_nothing_else() -> None:
    access, now = await production(), int(datetime.now(UTC).timestamp())
    fresh: dict[str, Any] = {"iat": now, "exp": now + 600, "auth_time": now}
    caller = await access(bearing(id_token(**fresh, nonce="of the log-in")))
    assert (caller.who, caller.how.startswith("id token of https://")) == ("nora", True)
    assert (await access({"Authorization": f"bearer {id_token(**fresh, nonce=...)}"})).who == "nora"
    refused = {
        "made for an answer": id_token(**fresh, nonce="a" * 64),
        "has expired": id_token(iat=now - 900, exp=now - 600, nonce="x"),
        "another audience": id_token(**fresh, aud="another", nonce="x"),
        "knows nobody": id_token(**fresh, sub="somebody", nonce="x"),
        "three parts": "open sesame",
        "bearer token": "",
    }
    for reason, token in refused.items():
        with pytest.raises(Denied, match=reason):
            await access(bearing(token))


async def test_the_ui_brings_the_id_token_beside_its_access_token() -> None:
    access, now = await production(), int(datetime.now(UTC).timestamp())
    mine = id_token(iat=now, exp=now + 600, auth_time=now, nonce="x")
    for beside in (bearing("an.opaque.token"), {}):
        assert (await access({**beside, "Authorization-Extras": mine})).who == "nora"
    with pytest.raises(Denied, match="has expired"):
        await access({**bearing(mine), "Authorization-Extras": id_token(iat=now - 900, exp=now - 600, nonce="x")})


async def test_a_ui_s_tokens_are_taken_where_its_audience_is_named() -> None:
    now = int(datetime.now(UTC).timestamp())
    token = id_token(iat=now, exp=now + 600, auth_time=now, nonce="x", aud="temporal-ui")
    with pytest.raises(Denied, match="another audience than signalbox"):
        await (await production())(bearing(token))

    async def named() -> Directory:
        return directory(person("nora", subject="n-1"), issuers=(issuer(login_audiences=("temporal-ui",)),))

    access, _ = await access_for(Settings(profile="production"), named, loopback=True)
    assert (await access(bearing(token))).who == "nora"


@dataclass
class Provider:
    """An identity provider's keys, which it has from time to time replaced."""

    keys: Any
    status: int = 200
    asked: int = 0

    async def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        return web.json_response(self.keys, status=self.status)

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[str]:
        made = web.Application()
        made.router.add_get("/keys", self.answer)
        runner = web.AppRunner(made)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/keys"
        finally:
            await runner.cleanup()


async def test_keys_that_are_not_pinned_are_fetched_for_who_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    now = int(datetime.now(UTC).timestamp())
    token = id_token(iat=now, exp=now + 600, auth_time=now, nonce="x")
    provider = Provider({"keys": [each.as_dict(private=False) for each in issuer_keys().values()]})
    async with provider.serving() as address:

        async def unpinned() -> Directory:
            return directory(person("nora", subject="n-1"), issuers=(issuer(keys=(), jwks_uri=address),))

        access, _ = await access_for(Settings(profile="production"), unpinned, loopback=True)
        assert {each.who for each in await asyncio.gather(*(access(bearing(token)) for _ in range(5)))} == {"nora"}
        assert provider.asked == 1, "the keys are kept"
        strange = id_token(header={"kid": "made up"}, iat=now, exp=now + 600, nonce="x")
        for _ in range(3):
            with pytest.raises(Denied, match=r"neither people.toml nor http.* has the key .* “made up”; log in anew"):
                await access(bearing(strange))
        assert provider.asked == 1, "made up key ids make it ask no more often"
        monkeypatch.setattr(issuer_keys_module, "AGAIN", 0.0)
        with pytest.raises(Denied, match="made up"):
            await access(bearing(strange))
        assert provider.asked == 2, "new keys are found"
        for status, keys, said in ((500, {}, "answers 500"), (200, {"keys": []}, "holds no keys")):
            provider.status, provider.keys = status, keys
            with pytest.raises(Denied, match=said):
                await access(bearing(strange))
            assert (await access(bearing(token))).who == "nora", "the keys known before go on counting"
    with pytest.raises(Denied, match="does not answer"):
        await access(bearing(strange))
    with pytest.raises(DoesNotCount, match="0 of the keys pinned"):
        oidc.bearer(read(token), "x", await unpinned(), at=datetime.now(UTC))


async def test_it_speaks_tls_with_a_certificate_of_its_own(tmp_path: Path, keyring: Path) -> None:
    certificate, key = self_signed(tmp_path)
    chosen = Settings(home=tmp_path, codec_origin=UI, keyring=keyring, codec_certificate=certificate, codec_key=key)
    trusting = create_default_context(cafile=str(certificate))
    async with serving(chosen, 0) as (address, _), ClientSession() as session:
        assert address.startswith("https://127.0.0.1:")
        async with session.get(f"{address}/livez", ssl=trusting) as answer:
            assert await answer.text() == "ok"
    _, other = self_signed(tmp_path / "other")
    for wrong, said in (
        ({"codec_key": None}, "need each other"),
        ({"codec_key": other}, "the key is not the certificate's"),
        ({"codec_certificate": key, "codec_key": certificate}, "that is not PEM"),
        ({"codec_certificate": tmp_path / "none.pem"}, "cannot be read: No such file"),
    ):
        with pytest.raises(UserError, match=said):
            async with serving(chosen.model_copy(update=wrong), 0):
                pass


async def test_it_does_not_start_where_nobody_could_be_told_apart() -> None:
    with pytest.raises(NotServed, match=r"no \[\[issuer\]\]"):
        await access_for(Settings(profile="production"), nobody, loopback=True)
    with pytest.raises(NotServed, match="Other machines would reach it"):
        await access_for(Settings(), nobody, loopback=False)


@pytest.mark.parametrize("origin", ["*", "https://*.example.com", "ui.example.com", "https://ui.example.com/", "null"])
async def test_what_is_no_origin_is_refused(tmp_path: Path, keyring: Path, origin: str) -> None:
    with pytest.raises(UserError, match="SIGNALBOX_CODEC_ORIGIN"):
        async with serving(Settings(home=tmp_path, keyring=keyring, codec_origin=origin), 0):
            pass


async def test_without_a_keyring_there_is_nothing_to_open(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="set SIGNALBOX_KEYRING"):
        async with serving(Settings(home=tmp_path), 0):
            pass
