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
from agents.agent import Agent
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
    )
    judging = PolicyActivities(policies, store.stops, settings.profile)
    notices = Router(channels(settings, policies.directory), store.deliveries, _pages(opened))
    return Wired(
        [
            reading.read_document,
            reading.confirm_reading,
            reasoning.think,
            reasoning.fall_back,
            judging.judge,
            judging.amend,
            IdentityActivities(opened.signals, policies, settings.profile).who_answered,
            ExplainingActivities(opened.documents, reasoning).explain,
            NotificationActivities(notices).notify,
        ]
    )


def _pages(opened: Opened) -> str:
    """Where the UI shows the workflows of this namespace."""
    ui = opened.settings.ui_url or ui_address(opened.settings.home)
    return f"{ui}/namespaces/{opened.client.namespace}/workflows"


async def _model(opened: Opened, stack: AsyncExitStack) -> LanguageModel:
    settings = opened.settings
    if settings.chat_url is None:
        return NoModel()
    if (await opened.policies.prices()).of(settings.model, datetime.now(UTC).date()) is None:
        raise BadPolicy(
            f"{settings.policies / 'prices.toml'}: it has no price for {settings.model} (SIGNALBOX_MODEL), so "
            "no budget could hold it. Add a [[price]]; a model of your own that costs nothing has the price 0."
        )
    key = settings.model_key or SecretStr("none")
    chosen = ModelSettings(
        base_url=settings.chat_url, api_key=key, model=settings.model, provider=settings.model_provider
    )
    return await stack.enter_async_context(ChatModel(chosen))
