"""Who is told what, once, whatever fails in between."""

import asyncio
import logging
import shutil
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from domain.errors import Refused, Unavailable
from domain.notice import Notice
from integrations.notify import Router, channels, router
from integrations.notify.log import LogChannel
from integrations.settings import Settings
from integrations.store import Store, open_store
from tests.notices import PAGES, directory, notice


@dataclass
class Recorded:
    """A channel that fails as it is told: the errors of each recipient, first one first."""

    name: str
    people: tuple[str, ...] = ("anna",)
    errors: dict[str, list[Exception]] = field(default_factory=dict[str, list[Exception]])
    sent: list[str] = field(default_factory=list[str])
    seconds: float = 0

    async def recipients(self, _: Notice) -> tuple[str, ...]:
        return self.people

    async def deliver(self, _: Notice, __: str, recipient: str) -> None:
        await asyncio.sleep(self.seconds)
        if waiting := self.errors.get(recipient):
            raise waiting.pop(0)
        self.sent.append(recipient)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[Store]:
    async with open_store(f"sqlite:///{tmp_path}/signalbox.db") as opened:
        yield opened


async def test_a_channel_that_fails_stops_no_other_and_a_further_try_sends_only_what_failed(store: Store) -> None:
    down = Recorded("mail", ("anna", "bob", "carla"), {"bob": [Unavailable("mail is down", 7)]})
    up = Recorded("webhook")
    both = Router([down, up], store.deliveries, PAGES)
    with pytest.raises(Unavailable, match="mail is down") as failed:
        await both.send(notice())
    assert failed.value.retry_after == 7
    assert (down.sent, up.sent) == (["anna", "carla"], ["anna"])
    await both.send(notice())
    assert (down.sent, up.sent) == (["anna", "carla", "bob"], ["anna"])


async def test_the_same_notice_twice_is_sent_once_and_another_one_is_sent(store: Store) -> None:
    channel = Recorded("mail")
    told = Router([channel], store.deliveries, PAGES)
    for key in ("a/0", "a/0", "a/1"):
        await told.send(notice(key=key))
    assert channel.sent == ["anna", "anna"]


async def test_a_refused_recipient_is_logged_and_marked_and_not_tried_again(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    channel = Recorded("mail", ("gone", "bob"), {"gone": [Refused("550 no such user"), Refused("again")]})
    told = Router([channel], store.deliveries, PAGES)
    for _ in range(2):
        await told.send(notice())
    assert channel.sent == ["bob"]
    assert "550 no such user" in caplog.text
    assert "again" not in caplog.text
    assert (await store.deliveries.states("a/0"))["mail", "gone"] == "refused"


async def test_what_was_cut_off_while_it_was_sent_is_sent_again(store: Store) -> None:
    channel = Recorded("mail", seconds=60)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(Router([channel], store.deliveries, PAGES).send(notice()), 0.5)
    assert (await store.deliveries.states("a/0"))["mail", "anna"] == "begun"
    again = Recorded("mail")
    await Router([again], store.deliveries, PAGES).send(notice())
    assert again.sent == ["anna"]


async def test_a_channel_that_hangs_ends_and_the_others_have_sent(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(router, "CHANNEL_SECONDS", 0.2)
    up = Recorded("webhook")
    with pytest.raises(Unavailable, match="The channel mail took longer"):
        await Router([Recorded("mail", seconds=60), up], store.deliveries, PAGES).send(notice())
    assert up.sent == ["anna"]


async def test_without_a_store_nothing_is_sent_twice_over(tmp_path: Path) -> None:
    channel = Recorded("mail")
    async with open_store(f"sqlite:///{tmp_path}/signalbox.db") as store:
        shutil.rmtree(tmp_path)
        with pytest.raises(Unavailable, match="store database"):
            await Router([channel], store.deliveries, PAGES).send(notice())
    assert channel.sent == []


async def test_the_log_has_one_line_with_the_link_whatever_the_title_holds(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await Router([LogChannel()], store.deliveries, PAGES).send(
        notice(title="Acme\r\nERROR forged \u202e" + "x" * 1_000_000)
    )
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("finance: To decide: Acme ERROR forged [U+202E]")
    assert line.endswith("http://ui/namespaces/default/workflows/approval.finance.invoice-1.post/run-1")
    assert len(line) < 500
    assert "\n" not in line


async def test_an_id_cannot_leave_the_path_of_its_link(store: Store) -> None:
    links: list[str] = []

    class Seen(Recorded):
        async def deliver(self, _: Notice, link: str, __: str) -> None:
            links.append(link)

    await Router([Seen("mail")], store.deliveries, PAGES).send(notice(workflow_id="a/../b?c#d e"))
    assert links == ["http://ui/namespaces/default/workflows/a%2F..%2Fb%3Fc%23d%20e/run-1"]


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ({"smtp_url": "smtp://u:canary@mail.example"}, "SIGNALBOX_SMTP_URL .* unencrypted"),
        ({"smtp_url": "smtp://u:canary@mail.example:port"}, "SIGNALBOX_SMTP_URL .* write smtp://"),
        ({"smtp_url": "http://u:canary@mail.example"}, "SIGNALBOX_SMTP_URL"),
        ({"smtp_url": "smtp://u:canary@mail.example?startls=1"}, "SIGNALBOX_SMTP_URL"),
        ({"smtp_url": "smtp://127.0.0.1"}, "SIGNALBOX_MAIL_FROM .* no mail address"),
        ({"smtp_url": "smtp://127.0.0.1", "mail_from": "nobody"}, "SIGNALBOX_MAIL_FROM"),
        ({"smtp_url": "smtp://127.0.0.1", "mail_from": "a@b.example\r\nBcc: x@y.example"}, "SIGNALBOX_MAIL_FROM"),
        ({"slack_webhook": "http://chat.example/canary"}, "SIGNALBOX_SLACK_WEBHOOK .* https://"),
        ({"slack_webhook": "canary"}, "SIGNALBOX_SLACK_WEBHOOK"),
        ({"slack_webhook": "https://[canary"}, "SIGNALBOX_SLACK_WEBHOOK"),
        ({"slack_webhook": "https://chat.example:canary/"}, "SIGNALBOX_SLACK_WEBHOOK"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_never_quoted(setting: dict[str, str], named: str) -> None:
    secret = {name: value if name == "mail_from" else SecretStr(value) for name, value in setting.items()}
    settings = Settings.model_validate(secret)
    assert "canary" not in repr(settings)
    with pytest.raises(ValueError, match=named) as failed:
        channels(settings, directory)
    assert "canary" not in str(failed.value)
    assert failed.value.__suppress_context__


def test_the_log_is_always_there_and_the_others_where_they_are_set(tmp_path: Path) -> None:
    assert [each.name for each in channels(Settings(home=tmp_path), directory)] == ["log"]
    everything = Settings(
        smtp_url=SecretStr("smtps://u:p%40ss@mail.example"),
        mail_from="Signalbox <box@example.com>",
        slack_webhook=SecretStr("https://hooks.example/services/T/B/x"),
    )
    assert [each.name for each in channels(everything, directory)] == ["log", "mail", "webhook"]
