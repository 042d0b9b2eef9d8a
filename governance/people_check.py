"""Whether the people of people.toml can meet every row of a table that may ask them, whoever starts the case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal

from governance.people import Asked, Directory
from governance.policy import ReviewRow, Row, Table
from governance.quorum import Vote, missing
from governance.rates import Rates
from governance.reach import Reach, reach

OUTSIDER = ""
"""A requester whom people.toml does not know."""
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Unmet:
    """A row that its people cannot meet."""

    row: str
    why: str
    requesters: tuple[str, ...] = ()
    """The people who must have asked for it to be so; nobody named is whoever asks."""


@dataclass(frozen=True)
class Office:
    """Who is there at a moment (UTC), and the rates by which limits in other currencies are read."""

    directory: Directory
    rates: Rates | None
    at: datetime

    def unmet(self, table: Table) -> Iterator[Unmet]:
        """The rows that cannot be met, with the reason; those that only some requesters leave unmet name them."""
        for row in table.rows:
            if row.review:
                yield from self._strangers(row, row.review) or self._lacks(row, row.review, table)

    def _strangers(self, row: Row, review: ReviewRow) -> list[Unmet]:
        """Roles that nobody could have."""
        unknown = [role for role in dict.fromkeys(_roles(review)) if self.directory.role(role) is None]
        idle = [role for role in review.escalate if role not in unknown and not self.directory.who(role, self.at)]
        return [
            *(Unmet(row.id, f"it asks {role}, which people.toml does not have; add [role.{role}]") for role in unknown),
            *(Unmet(row.id, f"it escalates to {role}, which is nobody's role; give it to a person") for role in idle),
        ]

    def _lacks(self, row: Row, review: ReviewRow, table: Table) -> list[Unmet]:
        amounts = reach(table, row)
        ask = _Ask(self, review, table.currency)
        if why := ask.lack(amounts, OUTSIDER):
            return [Unmet(row.id, why)]
        askers: dict[str, tuple[str, ...]] = {}
        for person in self.directory.people:
            if why := ask.lack(amounts, person.id):
                askers[why] = (*askers.get(why, ()), person.id)
        return [Unmet(row.id, why, requesters) for why, requesters in askers.items()]


@dataclass(frozen=True)
class _Ask:
    """One row put to everybody."""

    office: Office
    review: ReviewRow
    currency: str

    def lack(self, amounts: Reach | None, requester: str) -> str | None:
        """Why the row cannot be met for all of its amounts; None where it can."""
        if lacking := self.missing(None, requester):
            return f"it lacks {_counted(lacking)}"
        if amounts is None or not (lacking := self.missing(amounts.most, requester)):
            return None
        said = f"it lacks {_counted(lacking)} whose limit covers"
        most = max((limit for limit in self._limits() if not self.missing(limit, requester)), default=amounts.least)
        if most <= amounts.least:
            return f"{said} any amount it is for"
        return f"{said} more than {most:f} {self.currency}"

    def missing(self, amount: Decimal | None, requester: str) -> Mapping[str, int]:
        """How many of which role are missing if everybody who may approve does, those included to whom it escalates."""
        at, directory = self.office.at, self.office.directory
        asked = Asked(
            roles=_roles(self.review), amount=amount, currency=self.currency, at=at, handed=(), requester=requester
        )
        found = ((person, directory.mandates(person, asked, self.office.rates)) for person in directory.people)
        votes = tuple(
            Vote(person=person.id, mandates=mandates, assurance="claimed", event_id=0, at=at)
            for person, mandates in found
            if not isinstance(mandates, str)
        )
        return missing(votes, self.review.approvers, self.review.escalate)

    def _limits(self) -> Iterator[Decimal]:
        """Everybody's limit in the table's currency, to the cent below, as far as there are rates."""
        rates, day = self.office.rates, self.office.at.astimezone(UTC).date()
        for limit in (person.limit for person in self.office.directory.people if person.limit):
            if limit.currency == self.currency:
                yield limit.amount
            elif rates and (found := rates.convert(limit.amount, limit.currency, self.currency, day)):
                yield found.amount.quantize(CENT, ROUND_FLOOR)


def _roles(review: ReviewRow) -> tuple[str, ...]:
    return (*review.approvers, *review.escalate)


def _counted(lacking: Mapping[str, int]) -> str:
    return " and ".join(f"{count} more of {role}" for role, count in lacking.items())
