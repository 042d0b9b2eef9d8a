"""What entries of people.toml may not say together: two people under one name or key, authority out of nowhere."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import NoReturn

from domain.errors import BadPolicy
from governance.people import Delegation, Directory, Person
from governance.person import folded, names_of

Marks = Callable[[Person], Iterator[tuple[Hashable, str]]]


def refuse_contradictions(directory: Directory, file: str) -> None:
    """Raise `BadPolicy` naming the file, both entries where there are two, and the mend."""
    if not directory.people:
        _refuse(file, "the file", "it names nobody; add a [[person]]")
    issuers = [each.issuer for each in directory.issuers]
    if twice := [issuer for issuer in issuers if issuers.count(issuer) > 1]:
        _refuse(file, f"issuer {twice[0]}", "stands there twice; keep one")
    for marks in (_ids, _names, _subjects, _kids, _keys):
        _refuse_shared(directory, file, marks)
    _refuse_ambiguous(directory, file)
    for person in directory.people:
        _examine_person(directory, file, person)
    for delegation in directory.delegations:
        _examine_delegation(directory, file, delegation)


def _ids(person: Person) -> Iterator[tuple[Hashable, str]]:
    yield person.id, f"the id {person.id}"


def _names(person: Person) -> Iterator[tuple[Hashable, str]]:
    yield from {folded(name): f"the name {name}" for name in names_of(person)}.items()


def _subjects(person: Person) -> Iterator[tuple[Hashable, str]]:
    yield from (((each.issuer, each.subject), f"the subject {each.subject} of {each.issuer}") for each in person.oidc)


def _kids(person: Person) -> Iterator[tuple[Hashable, str]]:
    yield from ((key.kid, f"the key id {key.kid}") for key in person.keys)


def _keys(person: Person) -> Iterator[tuple[Hashable, str]]:
    yield from ((key.x, f"the public key {key.x}") for key in person.keys)


def _refuse_shared(directory: Directory, file: str, marks: Marks) -> None:
    """A name, subject or key stands for one person."""
    owners: dict[Hashable, Person] = {}
    for person in directory.people:
        for mark, said in marks(person):
            if (other := owners.setdefault(mark, person)) is not person:
                _refuse(file, f"person {other.id} and person {person.id}", f"both have {said}; keep one of them")


def _refuse_ambiguous(directory: Directory, file: str) -> None:
    """A client calls itself `name@host`, so what stands before an @ is a name too."""
    owners = {folded(name): person for person in directory.people for name in names_of(person)}
    for name, person in owners.items():
        other = owners.get(name.partition("@")[0], person)
        if other.id != person.id:
            said = f"{name} of the one reads as {other.id} of the other on some computer; give one of them another name"
            _refuse(file, f"person {person.id} and person {other.id}", said)


def _examine_person(directory: Directory, file: str, person: Person) -> None:
    where = f"person {person.id}"
    for marks in (_kids, _keys, _subjects):
        if twice := [said for _, said in marks(person) if sum(said == other for _, other in marks(person)) > 1]:
            _refuse(file, where, f"{twice[0]} stands there twice; keep one")
    if person.id in person.delegates:
        _refuse(file, f"{where}, delegates", "nobody hands a decision to themselves; remove the id")
    if unknown := [each for each in person.delegates if directory.person(each) is None]:
        _refuse(file, f"{where}, delegates", f"{unknown[0]} is no person of this file; write the id of one")
    issuers = {each.issuer for each in directory.issuers}
    if strange := [each.issuer for each in person.oidc if each.issuer not in issuers]:
        _refuse(
            file, f"{where}, oidc", f"{strange[0]} is no issuer of this file; add an [[issuer]] with its pinned keys"
        )


def _examine_delegation(directory: Directory, file: str, lent: Delegation) -> None:
    where = f"delegation of {lent.giver} to {lent.taker}"
    if lent.giver == lent.taker:
        _refuse(file, where, "nobody lends to themselves; name another taker")
    if unknown := [each for each in (lent.giver, lent.taker) if directory.person(each) is None]:
        _refuse(file, where, f"{unknown[0]} is no person of this file; write the id of one")
    giver = directory.person(lent.giver)
    if lacking := [role for role in lent.roles if giver and role not in giver.roles]:
        _refuse(file, f"{where}, roles", f"{lent.giver} is not {lacking[0]}, and nobody can lend what they have not")


def _refuse(file: str, where: str, what: str) -> NoReturn:
    raise BadPolicy(f"{file}: {where}: {what}.")
