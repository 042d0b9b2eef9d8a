"""Authority limits: whether the amount at stake is within what somebody may decide on."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal

from domain.actions import GUARDED, BaseAction
from domain.values import Amount, CurrencyCode, Frozen
from governance.person import Asked, Limit, Person
from governance.rates import Rates


class Stake(Frozen):
    """The money that a decision is about."""

    amount: Amount | None
    currency: CurrencyCode | None


def stake(action: BaseAction) -> Stake:
    """What an action puts at stake: of what moves no money nobody's limit is asked, such as of a note about a bill."""
    facts = action.facts() if action.effect in GUARDED else {}
    return Stake.model_validate({"amount": facts.get("amount"), "currency": facts.get("currency")})


def shortfall(giver: Person, asked: Asked, rates: Rates | None) -> str | None:
    """Why somebody's limit does not cover the amount asked about; None where it does, or where no money is at stake."""
    if giver.limit is None or asked.amount is None:
        return None
    said = f"the limit of {giver.name} is {giver.limit}"
    at_stake = f"{asked.amount:f} {asked.currency or 'of an unknown currency'}"
    amount = _in_currency_of(giver.limit, asked, rates)
    if amount is None:
        return f"{said}, and no rate in rates.toml is recent enough to hold {at_stake} against it"
    return None if amount <= giver.limit.amount else f"{said}, and {at_stake} is at stake"


def _in_currency_of(limit: Limit, asked: Asked, rates: Rates | None) -> Decimal | None:
    """The amount without its sign, since a credit is a decision as large as a bill."""
    if asked.amount is None or asked.currency is None:
        return None
    if asked.currency == limit.currency:
        return abs(asked.amount)
    converted = (
        rates.convert(abs(asked.amount), asked.currency, limit.currency, asked.at.astimezone(UTC).date())
        if rates
        else None
    )
    return converted.amount if converted else None
