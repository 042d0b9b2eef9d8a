"""Temporal's remote codec protocol over HTTP: POST /decode and /encode, payloads in and as many out.

Only pages of one origin may ask; the namespace comes with each request and is part of what is authenticated.
"""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.common import RawValue
from temporalio.converter import DataConverter

from domain.errors import Unavailable
from domain.text import show
from integrations.codec_server.access import BESIDE, Access, Caller, Denied
from integrations.codec_server.audit import Audit
from integrations.payloads.codec import LARGEST, is_encrypted

BIGGEST: Final = 16 * 1024 * 1024
"""Bytes of a request."""
MOST = 5_000
"""Payloads of a request."""
NAMES = 255
"""Characters of a namespace."""
ASKED_FOR = re.compile(r"/workflows/([^/?#]+)(?:/([^/?#]+))?")
"""Which workflow and run, where the UI says from which page it asks."""
ALLOWED = f"Authorization, {BESIDE}, Content-Type, X-Namespace"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Codec:
    """Opens and closes payloads for whoever may ask."""

    converters: Callable[[str], DataConverter]
    """By namespace."""
    namespace: str
    """Where a request names none."""
    access: Access
    audit: Audit

    async def decode(self, request: web.Request) -> web.Response:
        """Open payloads; one that cannot be opened says why in its place."""
        payloads, namespace = await _asked(request, self.namespace)
        caller = await self._caller(request, "decode", namespace)
        page = ASKED_FOR.search(request.headers.get("Referer", ""))
        await self.audit.say(
            who=caller.who,
            how=caller.how,
            did="decode",
            namespace=namespace,
            workflow=page and show(page[1], 200),
            run=page and page[2] and show(page[2], 60),
            payloads=len(payloads),
        )
        converter, left, opened = self.converters(namespace), LARGEST, list[Payload]()
        for each in payloads:
            found = await _opened(converter, each) if left > 0 else _said("This page shows too much at once to open.")
            left -= found.ByteSize()
            opened.append(found)
        return _answer(opened)

    async def encode(self, request: web.Request) -> web.Response:
        """Close payloads, so that what is typed in the UI travels encrypted."""
        payloads, namespace = await _asked(request, self.namespace)
        await self._caller(request, "encode", namespace)
        codec = self.converters(namespace).payload_codec
        if codec is None:
            raise web.HTTPServiceUnavailable(text="No keyring is set.")
        return _answer(await codec.encode(payloads))

    async def _caller(self, request: web.Request, did: str, namespace: str) -> Caller:
        try:
            return await self.access(request.headers)
        except Denied as error:
            log.warning("To %s was refused in %s: %s", did, show(namespace, 60), show(error.detail, 200))
            raise


def application(
    converters: Callable[[str], DataConverter], namespace: str, access: Access, audit: Audit, origin: str
) -> web.Application:
    """The server's application, for pages of this origin; `converters` makes the data converter of a namespace."""
    codec = Codec(functools.lru_cache(maxsize=16)(converters), namespace, access, audit)
    made = web.Application(middlewares=[_from(origin), _plainly], client_max_size=BIGGEST)
    made.router.add_post("/decode", codec.decode)
    made.router.add_post("/encode", codec.encode)
    made.router.add_get("/livez", _alive)
    return made


async def _opened(converter: DataConverter, payload: Payload) -> Payload:
    try:
        [raw] = await converter.decode([payload], [RawValue])
        if is_encrypted(raw.payload):
            converter.payload_converter.from_payloads([raw.payload])  # raises, and says why
    except Unavailable as error:
        return _said(str(error))
    return raw.payload


def _said(sentence: str) -> Payload:
    """A sentence in the place of what cannot be shown."""
    [said] = DataConverter.default.payload_converter.to_payloads([f"Not readable here: {sentence}"])
    return said


async def _asked(request: web.Request, namespace: str) -> tuple[list[Payload], str]:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="Send payloads as application/json.")
    named = request.headers.get("X-Namespace") or namespace
    if len(named) > NAMES:
        raise web.HTTPBadRequest(text=f"X-Namespace has more than {NAMES} characters.")
    try:
        found = Parse(await request.text(), Payloads())
    except (ParseError, ValueError, RecursionError):
        raise web.HTTPBadRequest(text='Send {"payloads": [ … ]} as the Temporal API has them.') from None
    if len(found.payloads) > MOST:
        raise web.HTTPRequestEntityTooLarge(BIGGEST, text=f"At most {MOST} payloads at once.")
    return list(found.payloads), named


def _answer(payloads: list[Payload]) -> web.Response:
    return web.Response(text=MessageToJson(Payloads(payloads=payloads), indent=None), content_type="application/json")


async def _alive(request: web.Request) -> web.Response:
    _ = request
    return web.Response(text="ok")


def _from(origin: str) -> Middleware:
    """Answer pages of this origin, and programs, which name none; CORS asks for this before each request."""

    @web.middleware
    async def asked_from(request: web.Request, handler: Handler) -> web.StreamResponse:
        named = request.headers.get("Origin")
        if named not in (None, origin):
            return web.Response(status=403, text=f"Only pages of {origin} may ask (SIGNALBOX_CODEC_ORIGIN).")
        asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        response = web.Response(status=204) if asks else await handler(request)
        response.headers.update({"Vary": "Origin", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
        if named:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Credentials"] = "true"
        if asks:
            response.headers["Access-Control-Allow-Methods"] = "POST"
            response.headers["Access-Control-Allow-Headers"] = ALLOWED
        return response

    return asked_from


@web.middleware
async def _plainly(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say what went wrong in a sentence, so that the page may read it too."""
    try:
        return await handler(request)
    except Denied as error:
        return web.Response(status=401, text=str(error), headers={"WWW-Authenticate": "Bearer"})
    except Unavailable as error:
        return web.Response(status=503, text=str(error))
    except web.HTTPException as error:
        return web.Response(status=error.status, text=error.text)
