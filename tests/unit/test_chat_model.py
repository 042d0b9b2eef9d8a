import asyncio
import json
import logging
import re
import traceback
from datetime import UTC, datetime

import pytest
from httpx2 import Headers

from agents.claims import decode_claim
from agents.invoice_examiner import ExaminerProposal, invoice_examiner
from domain.chat import Chat, ChatMessage, Completion, Usage
from domain.errors import DETAIL_LIMIT, NoAnswer, Unavailable
from integrations.chat_model import ChatModel, ModelSettings
from integrations.retry_after import wait
from integrations.scripted_model import Reply, scripted_model

KEY = "canary-of-no-known-shape"
GOOD = {"resolution": {"kind": "escalate"}, "reason": "The brief does not settle it.", "confidence": "0.4"}
CHAT = Chat(
    messages=(ChatMessage(role="system", content="Answer in JSON."), ChatMessage(role="user", content="BRIEF")),
    schema_name="ExaminerProposal",
    json_schema=invoice_examiner.claim.model_json_schema(),
    max_output_tokens=500,
)


def settings(url: str, **changes: object) -> ModelSettings:
    return ModelSettings.model_validate(
        {"base_url": url, "api_key": KEY, "model": "test-model", "provider": "scripted", "seconds": 5, **changes}
    )


async def ask(*replies: Reply, **changes: object) -> Completion:
    async with scripted_model(replies) as server, ChatModel(settings(server.url, **changes)) as model:
        return await model.complete(CHAT)


def proposal(completion: Completion) -> ExaminerProposal | str:
    return decode_claim(completion.text, ExaminerProposal)


async def test_a_good_answer_comes_back_with_its_usage_and_provider() -> None:
    completion = await ask(Reply(content=GOOD))
    assert isinstance(proposal(completion), ExaminerProposal)
    assert (completion.provider, completion.model, completion.finish_reason) == ("scripted", "rules", "stop")
    assert completion.usage == Usage(
        input_tokens=len("Answer in JSON.BRIEF") // 4, output_tokens=len(completion.text) // 4
    )


async def test_the_question_arrives_whole() -> None:
    async with scripted_model([Reply(content=GOOD)]) as server, ChatModel(settings(server.url)) as model:
        await model.complete(CHAT)
        (asked,) = server.asked
    assert asked.messages == CHAT.messages
    assert (asked.model, asked.max_tokens, asked.authorization) == ("test-model", 500, f"Bearer {KEY}")
    assert asked.response_format.type == "json_schema"
    form = asked.response_format.json_schema
    assert isinstance(form, dict)
    assert (form["name"], form["strict"]) == ("ExaminerProposal", True)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(status=408), "answered 408"),
        (Reply(status=409), "answered 409"),
        (Reply(status=425), "answered 425"),
        (Reply(status=429, message="slow down"), "answered 429 for model test-model: slow down"),
        (Reply(status=429, code="rate_limit_exceeded"), "answered 429"),
        (Reply(status=502), "answered 502"),
        (Reply(status=503), "answered 503"),
        (Reply(status=529), "answered 529"),
        (Reply(fault="reset"), "cannot be reached, or broke off"),
        (Reply(fault="reset_midway"), "cannot be reached, or broke off"),
        (Reply(fault="malformed"), "sent no chat completion"),
        (Reply(fault="truncated"), "sent no chat completion"),
        (Reply(fault="html"), "sent no chat completion, but: <!doctype html>"),
        (Reply(fault="foreign_json"), 'sent no chat completion, but: {"status": "ok"'),
        (Reply(fault="empty_choices"), "without a choice"),
    ],
)
async def test_what_may_pass_is_unavailable(reply: Reply, said: str) -> None:
    with pytest.raises(Unavailable, match=re.escape(said)) as failure:
        await ask(reply)
    assert failure.value.retry_after is None


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            Reply(status=400, message="context too long", code="context_length_exceeded"),
            "400 for model test-model: context",
        ),
        (Reply(status=401), "Check the key."),
        (Reply(status=402), "The account cannot pay"),
        (Reply(status=403), "Check what the key may use."),
        (Reply(status=404, code="model_not_found"), "Check the base URL and the model's name."),
        (Reply(status=413), "The request is too large for this model."),
        (Reply(status=418), "answered 418"),
        (Reply(status=429, code="insufficient_quota"), "The account cannot pay"),
        (Reply(fault="redirect"), "It redirects: set the base URL"),
        (Reply(fault="huge"), "exceeds 2000000 bytes"),
        (Reply(fault="gzip_bomb"), "packed as 'gzip'"),
        (Reply(fault="refusal"), "test-model declines after 1 tokens: I cannot help with that."),
        (Reply(fault="content_filter"), "stopped by its content filter"),
    ],
)
async def test_what_will_not_pass_is_no_answer_with_advice(reply: Reply, said: str) -> None:
    with pytest.raises(NoAnswer, match=re.escape(said)):
        await ask(reply)


async def test_an_answer_that_never_ends_meets_the_deadline() -> None:
    endless = [
        Reply(content=GOOD, fault="drip"),
        Reply(content=GOOD, fault="hang"),
        Reply(content=GOOD, delay_ms=9_000),
    ]
    ends = await asyncio.gather(*(ask(reply, seconds=1) for reply in endless), return_exceptions=True)
    for end in ends:
        assert isinstance(end, Unavailable)
        assert "gave no whole answer within 1 s" in str(end)


async def test_a_delay_within_the_deadline_does_no_harm() -> None:
    assert proposal(await ask(Reply(content=GOOD, delay_ms=50)))


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("wrong_schema", "resolution: Field required"),
        ("extra_key", "approved: Extra inputs"),
        ("duplicate_keys", "the key resolution occurs twice"),
        ("nan", "NaN is not a number"),
        ("prose", "not one complete JSON object"),
        ("length", "not one complete JSON object"),
        ("no_content", "not one complete JSON object"),
    ],
)
async def test_what_the_model_does_wrong_comes_back_with_its_usage(fault: str, complaint: str) -> None:
    completion = await ask(Reply.model_validate({"content": GOOD, "fault": fault}))
    assert completion.usage.output_tokens is not None
    assert complaint in str(proposal(completion))
    assert completion.finish_reason == ("length" if fault == "length" else "stop")


async def test_a_fenced_answer_is_as_good() -> None:
    assert proposal(await ask(Reply(content=GOOD, fault="fenced"))) == proposal(await ask(Reply(content=GOOD)))


async def test_a_server_that_counts_no_tokens_says_none() -> None:
    assert (await ask(Reply(content=GOOD, fault="no_usage"))).usage == Usage(input_tokens=None, output_tokens=None)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with scripted_model() as server:
        url = server.url
    async with ChatModel(settings(url)) as model:
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1 \(test-model\) cannot be reached"):
            await model.complete(CHAT)


async def test_no_failure_is_retried_by_the_client() -> None:
    async with scripted_model([Reply(status=503), Reply(content=GOOD)]) as server:
        async with ChatModel(settings(server.url)) as model:
            with pytest.raises(Unavailable):
                await model.complete(CHAT)
        assert len(server.asked) == 1


@pytest.mark.parametrize("status", [400, 404, 422, 500])
async def test_a_server_without_json_schema_is_asked_in_json_mode_and_remembered(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with scripted_model([Reply(content=GOOD)] * 2, refuse_schema=status) as server:
        async with ChatModel(settings(server.url)) as model:
            with caplog.at_level(logging.WARNING):
                first, second = await model.complete(CHAT), await model.complete(CHAT)
        formats = [asked.response_format.type for asked in server.asked]
        system = server.asked[1].messages[0].content
    assert proposal(first) == proposal(second)
    assert formats == ["json_schema", "json_object", "json_object"]
    assert system.startswith("Answer in JSON.\n\nJSON SCHEMA ExaminerProposal\n{")
    assert json.loads(system.split("ExaminerProposal\n")[1])["required"] == ["resolution", "reason", "confidence"]
    assert f"127.0.0.1 answers {status} to a JSON schema" in caplog.text


async def test_a_server_that_is_just_down_is_not_taken_for_one_without_json_schema() -> None:
    replies = [Reply(status=500), Reply(status=500), Reply(content=GOOD)]
    async with scripted_model(replies) as server, ChatModel(settings(server.url)) as model:
        with pytest.raises(Unavailable, match="answered 500"):
            await model.complete(CHAT)
        assert isinstance(proposal(await model.complete(CHAT)), ExaminerProposal)
        assert [asked.response_format.type for asked in server.asked] == ["json_schema", "json_object", "json_schema"]


async def test_a_request_refused_in_both_forms_is_told_in_the_words_of_the_first() -> None:
    with pytest.raises(NoAnswer, match="first"):
        await ask(Reply(status=400, message="first"), Reply(status=400, message="second"))


async def test_a_busy_server_in_json_mode_is_unavailable_with_its_wait() -> None:
    with pytest.raises(Unavailable) as failure:
        await ask(Reply(status=400), Reply(status=429, retry_after="7"))
    assert failure.value.retry_after == 7


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "3600"}, 60),
        ({"retry-after": "999999999999999999999"}, None),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Mon, 23 Nov 2026 13:00:00 GMT"}, 60),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 2),
        ({"retry-after-ms": "junk", "retry-after": "9"}, 9),
    ],
)
def test_the_wait_is_what_the_server_asks_for_but_a_minute_at_most(
    headers: dict[str, str], seconds: int | None
) -> None:
    assert wait(Headers(headers), datetime(2026, 11, 23, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_no_secret_of_an_error_body_is_told(status: int) -> None:
    body = f"Incorrect key {KEY} sk-other*****7Qx4 Bearer abc.def at https://joe:pw@host A1b2C3d4E5f6G7h8I9j0K1l2M3n4 "
    reply = Reply(status=status, message=body + "x" * 5_000 + "\u202e")
    with pytest.raises((NoAnswer, Unavailable)) as failure:
        await ask(reply, reply)
    told = "".join(traceback.format_exception(failure.value)) + repr(failure.value)
    for secret in (KEY, "7Qx4", "abc.def", "joe", "A1b2C3d4", "\u202e"):
        assert secret not in told
    assert len(str(failure.value)) <= DETAIL_LIMIT + 60
    assert failure.value.__cause__ is None


def test_settings_never_show_the_key() -> None:
    configured = settings("http://127.0.0.1/v1")
    assert KEY not in repr(configured) + str(configured) + configured.model_dump_json()


@pytest.mark.parametrize(
    ("url", "provider", "limit"),
    [
        ("https://api.openai.com/v1", "openai", "max_completion_tokens"),
        ("http://user:secret@models.example.org:8000/v1", "models.example.org", "max_tokens"),
    ],
)
def test_provider_and_output_limit_follow_from_the_host(url: str, provider: str, limit: str) -> None:
    configured = settings(url, provider=None)
    assert (configured.provider_name, configured.output_limit_name) == (provider, limit)


async def test_a_named_output_limit_is_sent_under_its_name() -> None:
    async with scripted_model([Reply(content=GOOD)]) as server:
        async with ChatModel(settings(server.url, output_limit="max_completion_tokens")) as model:
            await model.complete(CHAT)
        assert (server.asked[0].max_tokens, server.asked[0].max_completion_tokens) == (None, 500)
