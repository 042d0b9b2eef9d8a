"""Who may decide what: the directory of people, their names, roles and limits, and who stands in for whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

from domain.errors import BadPolicy
from domain.values import Frozen, Sha256
from governance.calendars import Calendar
from governance.limits import shortfall
from governance.person import (
    Asked,
    Delegation,
    Handover,
    Issuer,
    Limit,
    Mandate,
    OidcSubject,
    Person,
    PublicKey,
    RoleEntry,
    folded,
    names_of,
)
from governance.rates import Rates

__all__ = [
    "Asked",
    "Delegation",
    "Directory",
    "Handover",
    "Issuer",
    "Limit",
    "Mandate",
    "OidcSubject",
    "Person",
    "PublicKey",
    "RoleEntry",
]


class Directory(Frozen):
    """Everybody whom people.toml names; a name, key or subject belongs to one person at most."""

    version: str
    file_digest: Sha256
    people: tuple[Person, ...]
    roles: tuple[RoleEntry, ...]
    calendars: dict[str, Calendar]
    delegations: tuple[Delegation, ...]
    issuers: tuple[Issuer, ...]

    @cached_property
    def _by_id(self) -> dict[str, Person]:
        return {person.id: person for person in self.people}

    @cached_property
    def _by_name(self) -> dict[str, Person]:
        return {folded(name): person for person in self.people for name in names_of(person)}

    @cached_property
    def _by_principal(self) -> dict[str, Person]:
        return {principal: person for person in self.people for principal in person.principals}

    @cached_property
    def _by_subject(self) -> dict[tuple[str, str], Person]:
        return {(each.issuer, each.subject): person for person in self.people for each in person.oidc}

    @cached_property
    def _by_role(self) -> dict[str, RoleEntry]:
        return {role.id: role for role in self.roles}

    def person(self, person_id: str) -> Person | None:
        """The person of exactly this id."""
        return self._by_id.get(person_id)

    def known_as(self, name: str) -> Person | None:
        """The person of this id, e-mail or principal, however it is capitalised; `anna@host` also stands for `anna`."""
        name = folded(name)
        return self._by_name.get(name) or self._by_name.get(name.partition("@")[0])

    def by_principal(self, principal: str) -> Person | None:
        """The person whom the server's authentication calls exactly this."""
        return self._by_principal.get(principal)

    def by_subject(self, issuer: str, subject: str) -> Person | None:
        """The person whom an identity provider calls exactly this."""
        return self._by_subject.get((issuer, subject))

    def role(self, role: str) -> RoleEntry | None:
        """The role of exactly this id."""
        return self._by_role.get(role)

    def calendar_of(self, role: str) -> Calendar:
        """The calendar a role works by; raise `BadPolicy` for a role that people.toml does not have."""
        entry = self._by_role.get(role)
        if entry is None:
            known = ", ".join(self._by_role)
            raise BadPolicy(f"people.toml: {role} is no role there; roles are {known}. Add [role.{role}].")
        return self.calendars[entry.calendar]

    def in_force(self, role: str, at: datetime) -> Iterator[Delegation]:
        """The delegations of a role on the date that it is at a moment where the role works."""
        if role in self._by_role:
            today = self.calendar_of(role).today(at)
            yield from (each for each in self.delegations if role in each.roles and each.since <= today <= each.until)

    def who(self, role: str, at: datetime) -> tuple[Person, ...]:
        """Everybody who may fill a role at a moment, those to whom it is delegated included; in the file's order."""
        takers = {each.taker for each in self.in_force(role, at)}
        return tuple(person for person in self.people if role in person.roles or person.id in takers)

    def mandates(self, person: Person, asked: Asked, rates: Rates | None = None) -> tuple[Mandate, ...] | str:
        """Each way in which a person may fill a role that is asked for; or, in words, why there is none.

        The amount is held against the limit of whoever's authority it is; without rates a foreign amount is covered by
        no limit. Borrowed authority cannot be lent or handed on. The requester decides neither in person nor through
        anybody else.
        """
        if self.is_requester(person, asked.requester):
            return "the person who asked cannot decide"
        held = [(mandate, self._by_id[mandate.on_behalf_of or person.id]) for mandate in self._held(person, asked)]
        if not held:
            return f"{person.name} has none of the roles asked for, of their own or lent: {', '.join(asked.roles)}"
        free = [(mandate, giver) for mandate, giver in held if not self.is_requester(giver, asked.requester)]
        if not free:
            return "nobody can decide on behalf of the person who asked"
        short = [shortfall(giver, asked, rates) for _, giver in free]
        return tuple(mandate for (mandate, _), why in zip(free, short, strict=True) if why is None) or str(short[0])

    def may_hand(self, giver: Person, taker_name: str, asked: Asked, rates: Rates | None = None) -> Person | str:
        """The person to whom somebody may hand this decision; or, in words, why they may not."""
        taker = self.known_as(taker_name)
        if taker is None:
            return "nobody of that name is in people.toml"
        if taker.id not in giver.delegates:
            return f"{giver.name} may not hand decisions to {taker.name}: people.toml says to whom, under delegates"
        if self.is_requester(taker, asked.requester):
            return "a decision cannot be handed to the person who asked for it"
        mandates = self.mandates(giver, asked, rates)
        if isinstance(mandates, str):
            return mandates
        if all(mandate.on_behalf_of for mandate in mandates):
            return f"{giver.name} decides here on somebody else's behalf, and borrowed authority cannot be handed on"
        return taker

    def is_requester(self, person: Person, requester: str) -> bool:
        """Whether the person who asked is this one, under whichever of their names."""
        asker = self.known_as(requester)
        return asker is not None and asker.id == person.id

    def _held(self, person: Person, asked: Asked) -> Iterator[Mandate]:
        for role in dict.fromkeys(asked.roles):
            if role in person.roles:
                yield Mandate(role=role, on_behalf_of=None)
            lent = {each.giver: "delegation" for each in self.in_force(role, asked.at) if each.taker == person.id}
            handed = {each.giver: "handover" for each in asked.handed if self._stands(each, person)}
            for giver, via in {**handed, **lent}.items():
                if giver in self._by_id and role in self._by_id[giver].roles:
                    yield Mandate(role=role, on_behalf_of=giver, via=via)

    def _stands(self, handed: Handover, person: Person) -> bool:
        """A handover stands as long as people.toml still lets its giver hand to its taker."""
        giver = self._by_id.get(handed.giver)
        return (
            handed.taker == person.id and giver is not None and giver.id != person.id and person.id in giver.delegates
        )
