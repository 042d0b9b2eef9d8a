"""The nouns of the directory: a person, a role, a limit, a delegation, and what a request asks of them."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime

from pydantic import Field, JsonValue

from domain.values import Amount, CurrencyCode, Frozen


class Limit(Frozen):
    """The largest amount at stake that somebody may decide on."""

    amount: Amount
    currency: CurrencyCode

    def __str__(self) -> str:
        """The limit as people write it, such as `5000 EUR`."""
        return f"{self.amount:f} {self.currency}"


class Handover(Frozen):
    """One decision that somebody handed on to somebody else."""

    giver: str
    taker: str


class Mandate(Frozen):
    """One way in which a person may fill a role: their own, or another's who delegated or handed it to them."""

    role: str
    on_behalf_of: str | None
    """The id of the person whose authority this is; None for one's own."""
    via: str | None = None
    """`delegation` or `handover` where the authority is another's."""


class PublicKey(Frozen):
    """An Ed25519 public key, in force from a date to a date, both included."""

    kid: str
    x: str = Field(description="the 32 bytes of the point, as base64url without padding")
    since: date
    until: date | None


class OidcSubject(Frozen):
    """The name under which an identity provider knows somebody."""

    issuer: str
    subject: str


class Issuer(Frozen):
    """An identity provider, with the public keys that were pinned beside people.toml."""

    issuer: str
    audience: str
    keys: tuple[dict[str, JsonValue], ...] = Field(description="public keys as JWK; without any, no answer counts")
    login_audiences: tuple[str, ...] = Field(
        description="further audiences, such as a UI's; their tokens show who reads, and are never answers"
    )
    jwks_uri: str | None = Field(
        description="where keys are fetched that are not pinned, for log-ins and never for answers"
    )
    step_up_acr: tuple[str, ...] = Field(description="values of acr that say a second proof was given")
    step_up_minutes: int = Field(description="how old the proof may be")


class Person(Frozen):
    """Somebody who may decide, or start cases."""

    id: str
    name: str
    email: str | None
    roles: tuple[str, ...]
    limit: Limit | None = Field(description="None is without limit")
    principals: tuple[str, ...] = Field(description="what the server's authentication calls them")
    oidc: tuple[OidcSubject, ...]
    keys: tuple[PublicKey, ...]
    delegates: tuple[str, ...] = Field(description="the ids of those to whom this person may hand one decision")


class Delegation(Frozen):
    """Some roles of one person lent to another, from a date to a date, both included, in the role's own time zone."""

    giver: str
    taker: str
    roles: tuple[str, ...]
    since: date
    until: date


class RoleEntry(Frozen):
    """A role: the calendar it works by, and the mailbox it reads."""

    id: str
    calendar: str
    mailbox: str | None


class Asked(Frozen):
    """What a request asks: which roles, for how much, when, and what was handed on so far."""

    roles: tuple[str, ...]
    amount: Amount | None
    currency: CurrencyCode | None
    at: datetime
    handed: tuple[Handover, ...]
    requester: str


def names_of(person: Person) -> tuple[str, ...]:
    """Every name under which a person is found: id, e-mail, principals."""
    return (person.id, *((person.email,) if person.email else ()), *person.principals)


def folded(name: str) -> str:
    """A name as names are compared: compatibility forms, capitals and surrounding space do not tell people apart."""
    return unicodedata.normalize("NFKC", name).casefold().strip()
