"""What every process needs: documents, agents, verdicts, people and notices."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from activities.documents import DocumentActivities
from activities.explaining import ExplainingActivities
from activities.identity import IdentityActivities
from activities.notification import NotificationActivities
from activities.policy import PolicyActivities
from activities.reasoning import ReasoningActivities
from activities.second_reading import SecondReadingActivities
from agents.agent import Agent
from agents.second_reader import second_reader
from composition.opened import Opened, Wired
from domain.errors import BadPolicy
from domain.ports import LanguageModel
from integrations.chat_model import ChatModel, ModelSettings
from integrations.frameworks import reasoners
from integrations.no_model import NoModel
from integrations.notify import Router, channels
from integrations.reading.reader import ChildReader
from integrations.temporal.connection import ui_address


async def common(opened: Opened, agents: Mapping[tuple[str, str], Agent[Any, Any]], stack: AsyncExitStack) -> Wired:
    """What all processes look up and do, with these agents."""
    settings, policies, store = opened.settings, opened.policies, opened.store
    reading = DocumentActivities(opened.documents, await stack.enter_async_context(ChildReader()))
    reasoning = ReasoningActivities(
        agents,
        opened.documents,
        await _model(opened, stack),
        policies,
        store.stops,
        await reasoners(settings.reasoners, agents.values()),
        models=await _models(opened, stack),
    )
    judging = PolicyActivities(policies, store.stops, settings.profile)
    notices = Router(channels(settings, policies.directory), store.deliveries, _pages(opened))
    return Wired(
        (
            reading,
            reasoning,
            SecondReadingActivities(agents, opened.documents),
            judging,
            IdentityActivities(opened.signals, policies, settings.profile),
            ExplainingActivities(opened.documents, reasoning),
            NotificationActivities(notices),
        )
    )


def _pages(opened: Opened) -> str:
    """Where the UI shows the workflows of this namespace."""
    ui = opened.settings.ui_url or ui_address(opened.settings.home)
    return f"{ui}/namespaces/{opened.client.namespace}/workflows"


async def _model(opened: Opened, stack: AsyncExitStack) -> LanguageModel:
    settings = opened.settings
    if settings.chat_url is None:
        return NoModel()
    await _priced(opened, settings.model, "SIGNALBOX_MODEL")
    chosen = ModelSettings(
        base_url=settings.chat_url,
        api_key=settings.model_key or SecretStr("none"),
        model=settings.model,
        provider=settings.model_provider,
    )
    return await stack.enter_async_context(ChatModel(chosen))


async def _models(opened: Opened, stack: AsyncExitStack) -> Mapping[str, LanguageModel]:
    """The agents that ask another model than the others do."""
    settings = opened.settings
    if settings.second_model is None:
        return {}
    url = settings.second_model_url or settings.chat_url
    if url is None:
        raise ValueError("SIGNALBOX_SECOND_MODEL names a model, but no server: set SIGNALBOX_SECOND_MODEL_URL.")
    await _priced(opened, settings.second_model, "SIGNALBOX_SECOND_MODEL")
    key = settings.second_model_key or (None if settings.second_model_url else settings.model_key)
    chosen = ModelSettings(base_url=url, api_key=key or SecretStr("none"), model=settings.second_model, provider=None)
    return {second_reader.name: await stack.enter_async_context(ChatModel(chosen))}


async def _priced(opened: Opened, model: str, setting: str) -> None:
    """Raise `BadPolicy` for a model without a price: no budget could hold it."""
    if (await opened.policies.prices()).of(model, datetime.now(UTC).date()) is None:
        raise BadPolicy(
            f"{opened.settings.policies / 'prices.toml'}: it has no price for {model} ({setting}), so "
            "no budget could hold it. Add a [[price]]; a model of your own that costs nothing has the price 0."
        )
