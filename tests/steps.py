"""One turn of an agent against the scripted model server, by the built-in turn or by whatever else reasons."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from temporalio.testing import ActivityEnvironment

from activities.documents import put_model
from activities.reasoning import Observation, ReasoningActivities, Thought, Turn
from agents.agent import Agent, Limits
from agents.claims import Evidence
from agents.tools import ReadTool
from domain.documents import DocumentRef
from domain.errors import Refused
from domain.prices import Price, Prices
from domain.reasoner import Reasoner
from domain.spending import Budget, Spent
from domain.values import Frozen, Ratio
from integrations.chat_model import ChatModel, ModelSettings
from integrations.documents import FolderDocuments
from integrations.scripted_model import Reply, ScriptedCall, ScriptedModel, scripted_model

MESSAGE = "Where is my order SO-1? {input} {tools}"


class Ask(Frozen):
    mark: str
    message: DocumentRef


class Say(Frozen):
    says: str
    confidence: Ratio
    evidence: tuple[Evidence, ...]


class Find(Frozen):
    order_id: str
    deep: bool = False


class Found(Frozen):
    order_id: str
    state: str


find_order = ReadTool("find_order", "An order by its number.", Find, Found, whose="anybody")


async def orders(asked: Find) -> Found | None:
    """The books: an order that is not for everybody, one that is not there, and others."""
    if asked.order_id == "SECRET":
        raise Refused("This order is not for everybody.")
    return Found(order_id=asked.order_id, state="on its way") if asked.order_id.startswith("SO-") else None


def nobody(_: Ask) -> Say | None:
    return None


def budget(**changes: Any) -> Budget:
    return Budget(**{"turns": 100, "tokens": 10_000_000, "money": Decimal(10), "seconds": 600, **changes})


def asker(*, tools: bool = True, **limits: Any) -> Agent[Ask, Say]:
    """An agent that answers a question, perhaps after a look at the books."""
    return Agent(
        name="asker",
        version="1",
        instructions="You answer a question about an order.",
        brief=Ask,
        claim=Say,
        fallback=nobody,
        limits=Limits(**{"turns": 6, "budget": budget(), **limits}),
        tools=(find_order,) if tools else (),
        own_words=("message",),
    )


def find(*numbers: str) -> Reply:
    return Reply(calls=tuple(ScriptedCall(tool="find_order", arguments={"order_id": number}) for number in numbers))


def answer(quote: str = "Where is my order", source: str = "message") -> Reply:
    said = {"says": "Soon.", "confidence": "0.9", "evidence": [{"source": source, "quote": quote}]}
    return Reply(content=said)


@dataclass
class Room:
    """Where an agent thinks."""

    model: ScriptedModel
    documents: FolderDocuments
    activities: ReasoningActivities
    agent: Agent[Ask, Say]

    async def think(
        self, *observations: Observation, earlier: Spent | None = None, told: list[Any] | None = None, **changes: Any
    ) -> Thought:
        """One turn: `earlier` is what attempts before it have used, and `told` gets what it says of that meanwhile."""
        message = await self.documents.put(MESSAGE.encode(), name="message", media_type="text/plain")
        brief = await put_model(self.documents, Ask(mark="one", message=message), "brief")
        turn = Turn(agent="asker", version="1", brief=brief, observations=observations, **changes)
        environment = ActivityEnvironment()
        if earlier:
            environment.info = replace(environment.info, attempt=2, heartbeat_details=[earlier.model_dump(mode="json")])
        if told is not None:
            environment.on_heartbeat = lambda *said: told.append(said[0] if said else None)
        return await environment.run(self.activities.think, turn)


class Dear:
    """A dollar for a million tokens."""

    async def prices(self) -> Prices:
        price = Price(model="rules", since=date(1970, 1, 1), input=Decimal(1), output=Decimal(1))
        return Prices(version="1", currency="USD", price=(price,))


class NothingStopped:
    async def stopped(self, **_: str | None) -> str | None:
        return None


@asynccontextmanager
async def room(
    replies: Iterable[Reply], home: Path, reasoner: Reasoner | None, agent: Agent[Ask, Say] | None = None, **model: Any
) -> AsyncGenerator[Room]:
    """An agent, the model that it asks, and what reasons in place of the built-in turn."""
    asked = agent or asker()
    documents = FolderDocuments(home / "documents")
    reasoners: Mapping[str, Reasoner] = {"asker": reasoner} if reasoner else {}
    async with scripted_model(replies) as server:
        settings = ModelSettings(
            base_url=server.url, api_key=SecretStr("sk-secret"), model="rules", provider="scripted", **model
        )
        async with ChatModel(settings) as chat:
            activities = ReasoningActivities(
                {("asker", "1"): asked},
                documents,
                chat,
                Dear(),
                NothingStopped(),
                reasoners,
                {"find_order": orders},
            )
            yield Room(server, documents, activities, asked)
