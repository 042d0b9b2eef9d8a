"""Trails to read in a browser: a small server of this machine alone, which shows and changes nothing."""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Annotated
from urllib.parse import quote, urlsplit

import typer
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from temporalio.client import WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from commands.cases import state_of
from commands.console import UserError, command, interruptible, out
from commands.desk import Desk, open_desk
from commands.journaled import drawn
from commands.outcomes import CASES
from commands.trail import missing_in
from domain.errors import DomainError
from governance.trail.html import Html, element
from governance.trail.page import POLICY, document, page
from governance.trail.record import Record
from integrations.temporal.connection import is_loopback
from integrations.temporal.histories import Histories
from workflows import attributes

HOST, PORT = "127.0.0.1", 8235
EACH = "/trail/{case}"
"""Where the page of a case is, as SIGNALBOX_TRAIL_URL has it."""
NEWEST = 100
AT_ONCE = 2
"""Trails drawn up at the same time; further ones wait."""
PATIENCE = 30
"""Seconds that a page may take."""
UNKNOWN = (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT)
HEADERS = {
    "Content-Security-Policy": f"{POLICY}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

TITLES = {404: "Not found", 503: "Not now"}


@command
async def pages(
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.")] = PORT,
    host: Annotated[str, typer.Option(help="An address of this machine that no other machine reaches.")] = HOST,
) -> int:
    """Show trails in the browser, to this machine alone; nothing can be changed there. Stays up until Ctrl-C."""
    if not is_loopback(f"{host}:{port}"):
        raise UserError(
            f"{host} can be reached from other machines, and these pages ask nobody who they are. "
            f"Leave --host at {HOST}, and put a proxy that authenticates people in front."
        )
    stopping = interruptible()
    async with serving(await open_desk(), port, host) as address:
        out.print(f"The trails are at {address}/ for this machine alone; Ctrl-C ends it.", soft_wrap=True)
        out.print(
            f"A worker with SIGNALBOX_TRAIL_URL={address}{EACH} lets the Temporal UI link to them.", soft_wrap=True
        )
        await stopping.wait()
    return 0


@asynccontextmanager
async def serving(desk: Desk, port: int, host: str = HOST) -> AsyncGenerator[str]:
    """Serve until the block ends; yields the address. Raise `UserError` where the port is taken."""
    known = {host, HOST, "localhost", "::1", urlsplit(desk.settings.trail_url or "").hostname}
    application = web.Application(middlewares=[_told, _at_home(frozenset(known))])
    shown = Pages(desk)
    application.router.add_get("/", shown.newest)
    application.router.add_get("/trail/{case:.+}", shown.trail)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await listen(runner, host, port)
        yield f"http://{f'[{host}]' if ':' in host else host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def listen(runner: web.AppRunner, host: str, port: int, tls: SSLContext | None = None) -> None:
    """Listen there; raise `UserError` where that address cannot be had."""
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
    except OSError as error:
        what = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be had ({error.strerror})"
        raise UserError(f"The port {port} of {host} {what}: name another with --port.") from None


@dataclass(frozen=True)
class Pages:
    """What can be read."""

    desk: Desk
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def newest(self, _: web.Request) -> web.Response:
        """The newest cases, each with a link to its trail."""
        found = [each async for each in self.desk.client.list_workflows(CASES, limit=NEWEST)]
        return _page("The newest cases", *_cases(sorted(found, key=lambda case: case.start_time, reverse=True)))

    async def trail(self, request: web.Request) -> web.Response:
        """The trail of one workflow, as a page, or as records where its id is followed by `.json`."""
        case = request.match_info["case"]
        wanted = case.removesuffix(".json")
        if "\0" in case:
            raise web.HTTPNotFound
        async with self.turn:
            histories = await Histories(self.desk.client).case(wanted)
            found = await drawn(self.desk.settings, histories)
            if wanted == case:
                lacks = (*missing_in(histories), *filter(None, [found.lack]))
                made = await asyncio.to_thread(page, found.records, missing=lacks)
                return web.Response(text=made, content_type="text/html")
            made = await asyncio.to_thread(written, found.records)
        return web.Response(text=made, content_type="application/json")


def written(records: Iterable[Record]) -> str:
    """Records as JSON."""
    return json.dumps([record.model_dump(mode="json") for record in records])


def _cases(found: list[WorkflowExecution]) -> Iterator[Html]:
    if not found:
        yield element("p", "No case yet. `starter.py invoice FILE` starts one.")
        return
    yield element("p", f"The newest {NEWEST} at most; each leads to its trail. Times are UTC.", class_="dim")
    yield element("ol", *(_case(each) for each in found), class_="tree")


def _case(found: WorkflowExecution) -> Html:
    about = found.typed_search_attributes.get(attributes.SUBJECT) or ""
    link = element("b", element("a", found.id, href=f"trail/{quote(found.id, safe='')}"))
    return element(
        "li",
        element("time", f"{found.start_time:%d %b %Y %H:%M:%S}", class_="dim"),
        element("div", link, element("p", f"{state_of(found)}{': ' if about else ''}{about}"), class_="what"),
        class_="case",
    )


@web.middleware
async def _told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say in plain words what went wrong, and send the same headers with everything."""
    try:
        async with asyncio.timeout(PATIENCE):
            response = await handler(request)
    except web.HTTPNotFound:
        response = _wrong(
            404, "There is no such page: / lists the newest cases, and /trail/CASE shows the trail of one."
        )
    except web.HTTPException as refused:
        response = _wrong(refused.status, "This place shows trails alone, and nothing can be changed here.")
    except TimeoutError:
        response = _wrong(503, "This took too long. `starter.py trail CASE --html FILE` takes the time that it needs.")
    except RPCError as error:
        response = _unanswered(error)
    except DomainError as error:
        response = _wrong(503, str(error))
    response.headers.update(HEADERS)
    return response


def _at_home(known: frozenset[str | None]) -> Middleware:
    """Answer only to the names of this machine: another name that leads here is somebody's trick to read along."""

    @web.middleware
    async def at_home(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            name = urlsplit(f"//{request.headers.get('Host', '')}").hostname
        except ValueError:
            name = None
        if name is None or name not in known:
            return _wrong(421, f"This server answers to {HOST} and localhost, and to the host of SIGNALBOX_TRAIL_URL.")
        return await handler(request)

    return at_home


def _unanswered(error: RPCError) -> web.Response:
    if error.status in UNKNOWN:
        return _wrong(404, "The Temporal server knows no case of this id. It may be mistyped, or too old to be kept.")
    return _wrong(503, f"The Temporal server does not answer ({error.message}). Try again when it is back.")


def _wrong(status: int, said: str) -> web.Response:
    response = _page(TITLES.get(status, "Not here"), element("p", said))
    response.set_status(status)
    return response


def _page(title: str, *parts: Html) -> web.Response:
    body = element("body", element("main", element("h1", title), *parts))
    return web.Response(text=document(title, body), content_type="text/html")
