"""A line in a chat, on a real HTTP server."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverter, DefaultPayloadConverter

from domain.errors import Refused, Unavailable
from integrations.notify import webhook
from integrations.notify.webhook import WebhookChannel
from tests.notices import PAGES, notice

LINK = f"{PAGES}/approval.finance.invoice-1.post/run-1"
Answer = Callable[[], Awaitable[web.StreamResponse]]


async def accepted() -> web.StreamResponse:
    return web.Response(text="ok")


@dataclass
class Chat:
    """What was posted, and what it answers."""

    posted: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    answer: Answer = accepted
    address: str = ""

    async def hear(self, request: web.Request) -> web.StreamResponse:
        self.posted.append(await request.json())
        return await self.answer()

    async def tell(self, **changes: Any) -> str:
        await WebhookChannel(SecretStr(self.address)).deliver(notice(**changes), LINK, "everyone")
        return str(self.posted[-1]["text"])


@pytest.fixture
async def chat() -> AsyncGenerator[Chat]:
    opened = Chat()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", opened.hear)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    opened.address = f"http://127.0.0.1:{runner.addresses[0][1]}/services/T1/canary?token=canary"
    yield opened
    await runner.cleanup()


async def test_a_line_says_what_to_decide_with_the_link_on_a_line_of_its_own(chat: Chat) -> None:
    said = (await chat.tell()).splitlines()
    assert said[0] == "To decide: Post INV-1 of Acme GmbH, 1,190.00 EUR?"
    assert said[-2:] == ["An answer counts until 25 Nov 2026 14:00 UTC.", f"<{LINK}>"]


@pytest.mark.parametrize(
    "evil",
    [
        "<!here> <!channel>",
        "@channel @here",
        "<@U123>",
        "<https://evil.example|your bank>",
        "\uff1c!here\uff1e",
        "\uff20here",
    ],
)
async def test_outside_text_calls_nobody_and_links_nowhere(chat: Chat, evil: str) -> None:
    said = (await chat.tell(title=evil, lines=(evil,))).removesuffix(f"<{LINK}>")
    assert not [mark for mark in ("<", ">", "@", "://", "\uff1c", "\uff20") if mark in said]


async def test_ampersands_arrive_as_chats_want_them_and_a_megabyte_does_not(chat: Chat) -> None:
    said = await chat.tell(title="Fish & Chips", lines=("x" * 1_000_000,) * 100)
    assert said.startswith("To decide: Fish &amp; Chips")
    assert len(said) < 20_000


@pytest.mark.parametrize(
    ("status", "headers", "error", "wait"),
    [
        (429, {"Retry-After": "7"}, Unavailable, 7),
        (503, {"Retry-After": "86400"}, Unavailable, 60),
        (500, {}, Unavailable, None),
        (404, {}, Refused, None),
        (403, {}, Refused, None),
    ],
)
async def test_a_failure_says_whether_trying_again_helps(
    chat: Chat, status: int, headers: dict[str, str], error: type[Exception], wait: int | None
) -> None:
    async def fail() -> web.StreamResponse:
        return web.Response(status=status, headers=headers, text="canary")

    chat.answer = fail
    with pytest.raises(error, match=f"127.0.0.1 answered {status}") as failed:
        await chat.tell()
    assert getattr(failed.value, "retry_after", None) == wait
    assert "canary" not in str(failed.value)


async def test_no_redirect_is_followed(chat: Chat) -> None:
    async def redirect() -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "/canary"})

    chat.answer = redirect
    with pytest.raises(Refused, match="a redirect: set SIGNALBOX_SLACK_WEBHOOK"):
        await chat.tell()
    assert len(chat.posted) == 1


async def test_a_server_that_hangs_is_unavailable(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang() -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    chat.answer = hang
    monkeypatch.setattr(webhook, "SECONDS", 0.2)
    with pytest.raises(Unavailable, match="Timeout") as failed:
        await chat.tell()
    assert "canary" not in str(failed.value)


async def test_an_answer_without_end_is_not_read(chat: Chat) -> None:
    async def endless() -> web.StreamResponse:
        return web.StreamResponse(headers={"Content-Length": str(10**9)})

    chat.answer = endless
    async with asyncio.timeout(5):
        await chat.tell()


async def test_a_server_that_is_not_there_is_unavailable_without_its_address() -> None:
    channel = WebhookChannel(SecretStr("http://127.0.0.1:1/services/" + "canary"))
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1 cannot be reached") as failed:
        await channel.deliver(notice(), LINK, "everyone")
    recorded = Failure()
    DefaultFailureConverter().to_failure(failed.value, DefaultPayloadConverter(), recorded)
    assert "cannot be reached" in str(recorded)
    assert "canary" not in str(recorded), "what an activity raises is in the history, with its causes and its stack"
