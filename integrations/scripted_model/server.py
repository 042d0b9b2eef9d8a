"""The HTTP side: it listens on the loopback address, writes down what it is asked, and answers or breaks as told."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web
from pydantic import ConfigDict, Field, JsonValue, field_validator

from domain.chat import TOOL_NAME, AskedCall, ChatMessage
from domain.values import Frozen
from integrations.scripted_model.bodies import MODEL, body_of, error_body
from integrations.scripted_model.reply import Reply
from integrations.scripted_model.rules import ruled

HOST = "127.0.0.1"
DRIP_MS = 20
MILLISECONDS = 1000
LARGEST_QUESTION = 8_000_000


class _Message(Frozen):
    """A message as it arrives."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "user", "assistant", "tool"]
    content: str | None
    tool_calls: tuple[dict[str, JsonValue], ...] = ()
    tool_call_id: str | None = None

    def read(self) -> ChatMessage:
        """The message in the project's own terms; a call without its parts is refused, as servers do."""
        calls = tuple(
            AskedCall.model_validate({"id": call["id"], **_fields(call["function"])}) for call in self.tool_calls
        )
        return ChatMessage(role=self.role, content=self.content or "", calls=calls, call_id=self.tool_call_id)


def _fields(function: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(function, dict):
        raise TypeError("a function is an object")
    if not re.fullmatch(TOOL_NAME, str(function["name"])):
        raise ValueError("a function has a name of letters, digits, _ and -")
    json.loads(str(function["arguments"]))
    return function


class ResponseFormat(Frozen):
    """The form that the answer is asked in."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: JsonValue = None


class Asked(Frozen):
    """One question as it arrived; fields this server has no use for are dropped."""

    model_config = ConfigDict(extra="ignore")

    model: str
    messages: tuple[ChatMessage, ...] = Field(min_length=1)
    response_format: ResponseFormat = ResponseFormat()
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    authorization: str | None = None
    tools: tuple[JsonValue, ...] = ()
    tool_choice: JsonValue = None

    @field_validator("messages", mode="before")
    @classmethod
    def _read(cls, said: list[JsonValue]) -> tuple[ChatMessage, ...]:
        return paired(tuple(_Message.model_validate(each).read() for each in said))

    @property
    def characters(self) -> int:
        """How long the question is."""
        return sum(len(message.content) for message in self.messages)


def paired(messages: tuple[ChatMessage, ...]) -> tuple[ChatMessage, ...]:
    """The same messages; raise ValueError, as servers do, unless each call is answered once, right after it."""
    open_calls: list[str] = []
    for message in messages:
        if message.role == "tool":
            open_calls.remove(message.call_id or "")
        elif open_calls:
            raise ValueError(f"the calls {open_calls} are not answered")
        open_calls += [call.id for call in message.calls]
    if open_calls or any(len({call.id for call in each.calls}) < len(each.calls) for each in messages):
        raise ValueError("every call has an id of its own and is answered")
    return messages


@dataclass
class ScriptedModel:
    """A running server: its address, and every question so far."""

    replies: Iterator[Reply]
    rules: bool
    refuse_schema: int | None
    refuse_tools: int | None = None
    url: str = ""
    asked: list[Asked] = field(default_factory=list["Asked"])

    async def models(self, _: web.Request) -> web.Response:
        """List the one model."""
        return web.json_response({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "script"}]})

    async def chat_completions(self, request: web.Request) -> web.StreamResponse:
        """Answer one question."""
        try:
            question = Asked.model_validate(
                {**await request.json(), "authorization": request.headers.get("Authorization")}
            )
        except (ValueError, TypeError, KeyError) as refusal:
            return _error(Reply(status=400, message=f"This is no chat completion request: {refusal}"))
        self.asked.append(question)
        return await _send(request, self._reply_to(question), question)

    def _reply_to(self, question: Asked) -> Reply:
        if self.refuse_tools and question.tools:
            return Reply(status=self.refuse_tools, message="tools are not supported")
        if self.refuse_schema and question.response_format.type == "json_schema":
            return Reply(status=self.refuse_schema, message="response_format json_schema is not supported")
        over = Reply() if self.rules else Reply(status=400, message="The script has no more replies.")
        reply = next(self.replies, over)
        silent = reply.content is None and not reply.calls
        return ruled(reply, question.messages) if self.rules and silent else reply


@asynccontextmanager
async def scripted_model(
    replies: Iterable[Reply] = (),
    *,
    rules: bool = False,
    refuse_schema: int | None = None,
    refuse_tools: int | None = None,
    port: int = 0,
) -> AsyncGenerator[ScriptedModel]:
    """Serve on 127.0.0.1 until the block ends; port 0 takes a free one.

    The replies come in order. With `rules`, a reply without content says what the rules say, and the rules go on when
    the script is over; without, a script that is over answers 400. `refuse_schema` is the status that a question with
    a JSON schema gets, as from servers that know JSON mode only, `refuse_tools` the same for one with tools; such a
    question takes no reply from the script.
    """
    server = ScriptedModel(iter(replies), rules=rules, refuse_schema=refuse_schema, refuse_tools=refuse_tools)
    application = web.Application(client_max_size=LARGEST_QUESTION)
    application.router.add_get("/v1/models", server.models)
    application.router.add_post("/v1/chat/completions", server.chat_completions)
    runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        server.url = f"http://{HOST}:{runner.addresses[0][1]}/v1"
        yield server
    finally:
        await runner.cleanup()


async def _send(request: web.Request, reply: Reply, asked: Asked) -> web.StreamResponse:
    await asyncio.sleep(reply.delay_ms / MILLISECONDS)
    if reply.status != web.HTTPOk.status_code:
        return _error(reply)
    body = body_of(reply, asked.characters, takes_calls=bool(asked.tools))
    match reply.fault:
        case "reset":
            return _abort(request, web.StreamResponse())
        case "hang":
            await asyncio.Event().wait()
        case "drip" | "reset_midway":
            return await _send_in_parts(request, body, reset=reply.fault == "reset_midway")
        case "redirect":
            raise web.HTTPTemporaryRedirect(location="/elsewhere")
        case _:
            pass
    kind = "text/html" if reply.fault == "html" else "application/json"
    packing = {"Content-Encoding": "gzip"} if reply.fault == "gzip_bomb" else {}
    return web.Response(body=body, content_type=kind, headers=packing)


async def _send_in_parts(request: web.Request, body: bytes, *, reset: bool) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await response.prepare(request)
    for position in range(len(body)):
        await response.write(body[position : position + 1])
        if reset and position > len(body) // 2:
            return _abort(request, response)
        await asyncio.sleep(0 if reset else DRIP_MS / MILLISECONDS)
    return response


def _abort(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return response


def _error(reply: Reply) -> web.Response:
    waits = {"Retry-After": reply.retry_after, "Retry-After-Ms": reply.retry_after_ms}
    headers = {name: value for name, value in waits.items() if value is not None}
    return web.json_response(error_body(reply), status=reply.status, headers=headers)
