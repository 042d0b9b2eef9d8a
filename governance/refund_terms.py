"""Reading refund-terms.toml: windows in their order, limits from a day on, figures by currency."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import TypeVar, cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.actions.refunds import RefundReason
from domain.refund_terms import CurrencyTerms, RefundTerms, RiskTerms, Window
from domain.sales import Category, Channel, Means
from governance.entries import Entry, read_toml

CATEGORIES: tuple[Category, ...] = get_args(Category)
CHANNELS: tuple[Channel, ...] = get_args(Channel)
REASONS: tuple[RefundReason, ...] = get_args(RefundReason)
MEANS: tuple[Means, ...] = get_args(Means)
MOST_DAYS = 3_650
MOST_REFUNDS = {"refunds_in_30_days": 3, "refunds_in_90_days": 90}
"""The third refund in 30 days is never settled by itself: a file may be stricter, never milder."""
MOST_ORDERS = 50
Name = TypeVar("Name", bound=str)


def load_refund_terms(content: bytes, file: str) -> RefundTerms:
    """Read the terms; raise `BadPolicy` naming the file, the entry, the field and the mend."""
    top = read_toml(content, file)
    top.only("version", "zone", "lost_after_days", "credit_means", "other_means", "risk", "window", "currency")
    return RefundTerms(
        version=top.text("version"),
        zone=_zone(top),
        lost_after_days=top.count("lost_after_days", MOST_DAYS),
        credit_means=_names(top, "credit_means", MEANS, every=False),
        other_means=_names(top, "other_means", MEANS, every=False),
        risks=_risks(top),
        windows=_windows(top),
        currencies={code: _currency(entry, code) for code, entry in top.named("currency")},
    )


def _zone(top: Entry) -> str:
    zone = top.text("zone")
    try:
        _ = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        top.refuse("zone", f"{zone} is no time zone; write one such as Europe/Berlin")
    return zone


def _names(entry: Entry, field: str, known: Sequence[Name], *, every: bool) -> tuple[Name, ...]:
    """Names of a list; where `every`, leaving the field out means all of them."""
    given = entry.texts(field)
    if unknown := [each for each in given if each not in known]:
        entry.refuse(field, f"{unknown[0]} is not known here; known are {', '.join(known)}")
    if entry.has(field) and not given and every:
        entry.refuse(field, "names nothing; leave it out to mean all")
    return cast("tuple[Name, ...]", given) or (tuple(known) if every else ())


def _risks(top: Entry) -> tuple[RiskTerms, ...]:
    found = sorted((_risk(each) for each in top.entries("risk")), key=lambda risk: risk.since, reverse=True)
    if not found:
        top.refuse("risk", "no limits are given; add a [[risk]]")
    if twice := [day for day, count in Counter(each.since for each in found).items() if count > 1]:
        top.refuse("risk", f"two are in force since {twice[0]}; keep one of them")
    return tuple(found)


def _risk(entry: Entry) -> RiskTerms:
    entry.only("since", "new_account_days", "refunds_in_30_days", "refunds_in_90_days", "usual_times", "usual_orders")
    for field, most in MOST_REFUNDS.items():
        if not entry.count(field, most):
            entry.refuse(field, f"must be from 1 to {most}: the refund that is asked for counts")
    return RiskTerms(
        since=entry.day("since"),
        new_account_days=entry.count("new_account_days", MOST_DAYS),
        refunds_in_30_days=entry.count("refunds_in_30_days", MOST_REFUNDS["refunds_in_30_days"]),
        refunds_in_90_days=entry.count("refunds_in_90_days", MOST_REFUNDS["refunds_in_90_days"]),
        usual_times=entry.number("usual_times"),
        usual_orders=entry.count("usual_orders", MOST_ORDERS),
    )


def _windows(top: Entry) -> tuple[Window, ...]:
    """In their order; every line and reason must have one, whenever it was ordered."""
    windows = tuple(_window(each) for each in top.entries("window"))
    if twice := [name for name, count in Counter(each.id for each in windows).items() if count > 1]:
        top.refuse("window", f"{twice[0]} stands there twice; give each an id of its own")
    for category, channel, reason in product(CATEGORIES, CHANNELS, REASONS):
        if not any(each.covers(category, channel, reason) for each in windows):
            said = f"none covers {category} from {channel} for {reason}; add one, with days = 0 for never"
            top.refuse("window", said)
    return windows


def _window(entry: Entry) -> Window:
    entry.only("id", "category", "channel", "reason", "since", "days", "grace_days", "why")
    days = entry.count("days", MOST_DAYS)
    grace = entry.count("grace_days", MOST_DAYS) if entry.has("grace_days") else 0
    if grace and not days:
        entry.refuse("grace_days", "days = 0 means never, which has no days of grace")
    _ = entry.text("why")
    return Window(
        id=entry.text("id"),
        categories=_names(entry, "category", CATEGORIES, every=True),
        channels=_names(entry, "channel", CHANNELS, every=True),
        reasons=_names(entry, "reason", REASONS, every=True),
        since=entry.day("since"),
        days=days,
        grace_days=grace,
    )


def _currency(entry: Entry, code: str) -> CurrencyTerms:
    entry.only("keep_up_to", "unusual_above")
    if not re.fullmatch(r"[A-Z]{3}", code):
        entry.refuse(None, "is named after no currency, such as EUR")
    return CurrencyTerms(keep_up_to=entry.number("keep_up_to"), unusual_above=entry.number("unusual_above"))
