"""The `LanguageModel` port over Chat Completions, the one interface that every model server speaks.

What the server does wrong is raised; what the model does wrong is returned, so that its tokens are counted and the
complaint can go back to it. Temporal owns the retries, so the client makes none.

====================================================  ============================================================
the server or model …                                 becomes
====================================================  ============================================================
answers 408, 409, 425, 429 or 5xx                     `Unavailable`, with the wait it asks for (at most 60 s)
cannot be reached, resets, drips past the deadline    `Unavailable`
answers 200 with HTML, broken or foreign JSON         `Unavailable`: a proxy in between, or a restart
answers 200 without a choice                          `Unavailable`
has no quota left (429 or 402)                        `NoAnswer`
answers any other 3xx or 4xx                          `NoAnswer`, with what to check
answers more than the agreed bytes, or compressed     `NoAnswer`
refuses, or its content filter stops it               `NoAnswer`
stops at its output limit (`finish_reason` length)    a `Completion` with the torso: the claim's decoder complains
says nothing at all                                   a `Completion` with empty text: the claim's decoder complains
answers 400, 404, 422 or 500 to the JSON schema       asked again at once with the schema in the prompt (JSON mode); if
                                                      that works, this adapter stays with it
answers so to tools                                   the same, with the tools in the prompt too; what has no tools goes
                                                      on with its schema
calls tools in any form                               a `Completion` with the calls as written: whoever knows the tools
                                                      judges them
====================================================  ============================================================

No temperature is sent: several models refuse any but their own. Proxies and `OPENAI_ORG_ID` are taken from the
environment by the client library, as its users expect.
"""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from openai import APIConnectionError, APIStatusError, AsyncOpenAI, DefaultAsyncHttpx2Client
from pydantic import ValidationError

from domain.chat import Chat, Completion, Usage
from domain.errors import NoAnswer, Unavailable
from integrations.chat_model.failures import explained, is_transient, may_refuse_schema, told
from integrations.chat_model.response_limit import limit_response
from integrations.chat_model.settings import ModelSettings
from integrations.chat_model.strict_schema import strict_schema
from integrations.chat_model.tool_wire import calls_of, in_words, message_of, spoken_calls, tools_of
from integrations.chat_model.wire import WireAnswer, WireUsage

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam
    from openai.types.chat.completion_create_params import ResponseFormat


class ChatModel:
    """One model on one server; open it with `async with`, or call `close` when done."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._in_words: set[bool] = set()
        """Which chats the server takes in words only: those with tools (True), those without (False)."""
        self._client = AsyncOpenAI(
            api_key=settings.api_key.get_secret_value(),
            base_url=settings.base_url,
            max_retries=0,
            timeout=settings.seconds,
            http_client=DefaultAsyncHttpx2Client(
                follow_redirects=False,  # a redirect would carry the brief to a host that nobody chose
                headers={"Accept-Encoding": "identity"},
                event_hooks={"response": [limit_response(settings.response_bytes)]},
            ),
        )

    async def __aenter__(self) -> Self:
        """Nothing is opened before the first question."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def complete(self, chat: Chat) -> Completion:
        """Ask once. Raise `Unavailable` where trying again may help, else `NoAnswer`."""
        where = f"{self._settings.host} ({self._settings.model})"
        try:
            async with asyncio.timeout(self._settings.seconds):
                body = await self._ask(chat)
        except TimeoutError:
            raise Unavailable(f"{where} gave no whole answer within {self._settings.seconds} s.") from None
        except APIConnectionError as failure:
            cause = type(failure.__cause__ or failure).__name__
            raise Unavailable(f"{where} cannot be reached, or broke off: {cause}.") from None
        except APIStatusError as failure:
            raise explained(failure, self._settings) from None
        said = completion_of(body, self._settings)
        if chat.tools and True in self._in_words and not said.calls:
            return said.model_copy(update={"calls": spoken_calls(said.text)})
        return said

    async def _ask(self, chat: Chat) -> str:
        if bool(chat.tools) in self._in_words:
            return await self._ask_in_prompt(chat)
        try:
            return await self._ask_with_schema(chat)
        except APIStatusError as failure:
            if not may_refuse_schema(failure):
                raise
            refusal = failure
        return await self._ask_again(chat, refusal)

    async def _ask_again(self, chat: Chat, refusal: APIStatusError) -> str:
        try:
            body = await self._ask_in_prompt(chat)
        except APIStatusError as failure:
            raise (failure if is_transient(failure) else refusal) from None
        self._in_words.add(bool(chat.tools))
        logging.getLogger(__name__).warning(
            "%s answers %d to %s: from now on the schema goes into the prompt.",
            self._settings.host,
            refusal.status_code,
            "tools with a JSON schema" if chat.tools else "a JSON schema",
        )
        return body

    async def _ask_with_schema(self, chat: Chat) -> str:
        schema = {"name": chat.schema_name, "schema": strict_schema(chat.json_schema), "strict": True}
        return await self._post(chat, {"type": "json_schema", "json_schema": schema})

    async def _ask_in_prompt(self, chat: Chat) -> str:
        return await self._post(in_words(chat), {"type": "json_object"})

    async def _post(self, chat: Chat, response_format: dict[str, object]) -> str:
        said = [message_of(message) for message in chat.messages]
        answer = await self._client.chat.completions.with_raw_response.create(
            model=self._settings.model,
            messages=cast("list[ChatCompletionMessageParam]", cast("object", said)),
            response_format=cast("ResponseFormat", cast("object", response_format)),
            extra_body={self._settings.output_limit_name: chat.max_output_tokens, **tools_of(chat)},
        )
        return answer.text


def completion_of(body: str, settings: ModelSettings) -> Completion:
    """Read what the server answered with 200: an answer, or the error that it amounts to."""
    try:
        answer = WireAnswer.model_validate_json(body)
    except ValidationError:
        raise Unavailable(f"{settings.host} sent no chat completion, but: {told(body, settings)}") from None
    if not answer.choices:
        raise Unavailable(f"{settings.host} sent an answer without a choice.")
    choice = answer.choices[0]
    usage = answer.usage or WireUsage()
    if choice.message.refusal or choice.finish_reason == "content_filter":
        words = told(choice.message.refusal or "stopped by its content filter", settings)
        raise NoAnswer(f"{settings.model} declines after {usage.completion_tokens or 0} tokens: {words}")
    return Completion(
        text=choice.message.content or "",
        finish_reason=choice.finish_reason,
        model=answer.model or settings.model,
        provider=settings.provider_name,
        usage=Usage(input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens),
        asked=settings.model,
        calls=calls_of(choice.message.tool_calls),
    )
