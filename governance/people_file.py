"""Reading people.toml: whatever is wrong is refused naming the file, the entry, the field and the mend."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from pydantic import JsonValue, ValidationError

from governance.calendars import WEEK, Calendar
from governance.entries import Entry, read_toml
from governance.key_entry import read_key
from governance.people import Delegation, Directory, Issuer, Limit, OidcSubject, Person, RoleEntry
from governance.people_rules import refuse_contradictions
from governance.pinned_keys import public_keys

Read = Callable[[str], bytes]
ID = re.compile(r"[a-z][a-z0-9._-]{0,39}")
CURRENCY = re.compile(r"[A-Z]{3}")
EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
ADDRESS = re.compile(r"(https://|http://(127\.0\.0\.1|([\w-]+\.)*localhost)(:\d+)?(/|$))\S*")
"""Over TLS, but for what never leaves a machine (RFC 6761 §6.3)."""
MOST_STEP_UP = 1440
"""Minutes: a second proof of yesterday is none."""


def load_people(content: bytes, file: str, read: Read) -> Directory:
    """Read people.toml; `read` gives the content of a file beside it. Raise `BadPolicy` with what is wrong."""
    top = read_toml(content, file)
    top.only("version", "default_calendar", "calendar", "role", "person", "delegation", "issuer")
    calendars = {name: _calendar(entry) for name, entry in top.named("calendar")}
    roles = tuple(_role(name, entry, top, calendars) for name, entry in top.named("role"))
    sections = _Sections(frozenset(role.id for role in roles), read)
    directory = Directory(
        version=top.text("version"),
        file_digest=hashlib.sha256(content).hexdigest(),
        people=tuple(sections.person(entry) for entry in top.entries("person")),
        roles=roles,
        calendars=calendars,
        delegations=tuple(sections.delegation(entry) for entry in top.entries("delegation")),
        issuers=tuple(sections.issuer(entry) for entry in top.entries("issuer")),
    )
    refuse_contradictions(directory, file)
    return directory


def _calendar(entry: Entry) -> Calendar:
    entry.only("zone", "opens", "closes", "days", "holidays")
    days = entry.texts("days")
    if unknown := [day for day in days if day not in WEEK]:
        entry.refuse("days", f"{unknown[0]} is no day; days are {', '.join(WEEK)}")
    fields = {"zone": entry.text("zone"), "opens": entry.clock("opens"), "closes": entry.clock("closes")}
    try:
        return Calendar.model_validate(
            {**fields, "days": tuple(WEEK.index(day) for day in days), "holidays": entry.days("holidays")}
        )
    except ValidationError as error:
        entry.refuse(None, error.errors()[0]["msg"].removeprefix("Value error, "))


def _role(name: str, entry: Entry, top: Entry, calendars: dict[str, Calendar]) -> RoleEntry:
    entry.only("calendar", "mailbox")
    if not ID.fullmatch(name):
        entry.refuse(None, "a role is named in small letters, digits and hyphens, such as finance-head")
    if not entry.has("calendar") and not top.has("default_calendar"):
        entry.refuse("calendar", "is missing; name one here, or default_calendar at the top of the file")
    source, field = (entry, "calendar") if entry.has("calendar") else (top, "default_calendar")
    calendar = source.text(field)
    if calendar not in calendars:
        known = ", ".join(calendars) or "none"
        source.refuse(field, f"{calendar} is no calendar of this file ({known}); add [calendar.{calendar}]")
    return RoleEntry(id=name, calendar=calendar, mailbox=_email(entry, "mailbox"))


@dataclass(frozen=True)
class _Sections:
    """What the sections about people need to know of the rest."""

    roles: frozenset[str]
    read: Read

    def person(self, entry: Entry) -> Person:
        entry.only("id", "name", "email", "roles", "limit", "principals", "oidc", "keys", "delegates")
        roles = self._roles(entry)
        return Person(
            id=_id(entry, "id"),
            name=entry.text("name"),
            email=_email(entry, "email"),
            roles=roles,
            limit=_limit(entry) if roles or entry.has("limit") else None,
            principals=entry.texts("principals"),
            oidc=tuple(_subject(each) for each in entry.entries("oidc")),
            keys=tuple(read_key(each) for each in entry.entries("keys")),
            delegates=entry.texts("delegates"),
        )

    def delegation(self, entry: Entry) -> Delegation:
        entry.only("giver", "taker", "roles", "since", "until")
        roles = self._roles(entry)
        if not roles:
            entry.refuse("roles", 'must name what is lent, such as ["finance"]')
        since, until = entry.day("since"), entry.day("until")
        if until < since:
            entry.refuse("until", f"{until} is before {since}, when it starts; exchange them")
        return Delegation(giver=_id(entry, "giver"), taker=_id(entry, "taker"), roles=roles, since=since, until=until)

    def issuer(self, entry: Entry) -> Issuer:
        entry.only("issuer", "audience", "keys", "login_audiences", "jwks_uri", "step_up_acr", "step_up_minutes")
        fetched = entry.has("jwks_uri")
        if not entry.has("keys") and not fetched:
            entry.refuse("keys", "must be given, or jwks_uri where nobody's answers are signed there")
        acr = entry.texts("step_up_acr")
        minutes = entry.count("step_up_minutes", MOST_STEP_UP) if acr or entry.has("step_up_minutes") else 0
        if bool(acr) != bool(minutes):
            entry.refuse("step_up_minutes", "and step_up_acr need each other: which proof, and how old it may be")
        return Issuer(
            issuer=_address(entry, "issuer", "is the provider's https:// address, exactly as in its tokens"),
            audience=entry.text("audience"),
            keys=self._pinned(entry) if entry.has("keys") else (),
            login_audiences=entry.texts("login_audiences"),
            jwks_uri=_address(entry, "jwks_uri", "is the https:// address of its keys") if fetched else None,
            step_up_acr=acr,
            step_up_minutes=minutes,
        )

    def _pinned(self, entry: Entry) -> tuple[dict[str, JsonValue], ...]:
        name = entry.text("keys")
        if not re.fullmatch(r"\w[\w.-]*\.json", name):
            entry.refuse("keys", "is the name of a JWKS file beside this one, such as login.example.com.jwks.json")
        try:
            return public_keys(self.read(name))
        except OSError as error:
            mend = "save the answer of the provider's jwks_uri beside this file"
            entry.refuse("keys", f"{name} cannot be read ({error.strerror}); {mend}")
        except ValueError as error:
            entry.refuse("keys", f"{name} {error}")

    def _roles(self, entry: Entry) -> tuple[str, ...]:
        roles = entry.texts("roles")
        if unknown := [role for role in roles if role not in self.roles]:
            entry.refuse("roles", f"{unknown[0]} is no role of this file ({', '.join(sorted(self.roles))})")
        return roles


def _id(entry: Entry, field: str) -> str:
    found = entry.text(field)
    if not ID.fullmatch(found):
        entry.refuse(field, f"{found} is no id; use up to 40 small letters, digits, dots and hyphens, a letter first")
    return found


def _address(entry: Entry, field: str, said: str) -> str:
    address = entry.text(field)
    if not ADDRESS.fullmatch(address):
        entry.refuse(field, said)
    return address


def _email(entry: Entry, field: str) -> str | None:
    if not entry.has(field):
        return None
    address = entry.text(field)
    if not EMAIL.fullmatch(address):
        entry.refuse(field, f"{address} is no address, such as finance@example.com")
    return address


def _limit(entry: Entry) -> Limit | None:
    """An amount and a currency; without limit is written out, so that nobody has it by forgetting."""
    said = entry.fields.get("limit")
    if said == "unlimited":
        return None
    if not isinstance(said, dict):
        entry.refuse("limit", 'must be given, as { amount = "5000", currency = "EUR" } or "unlimited"')
    limit = Entry(entry.file, f"{entry.where}, limit", cast("dict[str, object]", said))
    limit.only("amount", "currency")
    amount, currency = limit.number("amount"), limit.text("currency")
    if not CURRENCY.fullmatch(currency):
        limit.refuse("currency", f"{currency} is no currency code, such as EUR")
    return Limit(amount=amount, currency=currency)


def _subject(entry: Entry) -> OidcSubject:
    entry.only("issuer", "subject")
    return OidcSubject(issuer=entry.text("issuer"), subject=entry.text("subject"))
