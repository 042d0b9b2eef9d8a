"""Reading one row of a policy file: what it matches, what then happens, and who is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn, cast, get_args

from domain.actions import GUARDED, KINDS
from domain.errors import BadPolicy
from governance.assurance import ORDER, Assurance
from governance.calendars import Span, span
from governance.cells import Cell, FactType, read_cell
from governance.policy import ACTION, Mode, ReviewRow, Row, Silence
from governance.verdict import Then

REVIEW_KEYS = frozenset({"approvers", "assurance", "deadline", "escalate", "silence"})
ROW_KEYS = frozenset({"id", "then", "why", "mode", "sample", "second_opinion"}) | REVIEW_KEYS
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
ROLE = re.compile(r"[a-z][a-z0-9-]{0,39}")
SHARE = re.compile(r"0\.[0-9]{1,6}|1|1\.0+")
MOST_PEOPLE = 9
"""People that one row may ask for: who of them fills which place is found by trying."""


@dataclass(frozen=True)
class Place:
    """Where in a file something is wrong."""

    file: str
    where: str

    def cell(self, name: str) -> Place:
        """A cell of this row."""
        return Place(self.file, f"{self.where}, cell {name}")

    def refuse(self, what: str) -> NoReturn:
        """Raise `BadPolicy` with what is wrong here and what to do."""
        raise BadPolicy(f"{self.file}: {self.where}: {what}.")

    def refuse_unknown(self, given: Mapping[str, object], known: frozenset[str]) -> None:
        """Refuse keys that mean nothing here."""
        if unknown := sorted(set(given) - known):
            self.refuse(f"{', '.join(unknown)} is not known here; known are {', '.join(sorted(known))}")


def read_row(file: str, number: int, given: object, facts: Mapping[str, FactType]) -> Row:
    """Read the row of this number; raise `BadPolicy`."""
    if not isinstance(given, dict):
        Place(file, f"row {number}").refuse("it is no table; a row begins with [[row]]")
    said = cast("dict[str, object]", given)
    place = Place(file, f"row {number} ({said.get('id', 'no id')})")
    place.refuse_unknown(said, ROW_KEYS | set(facts))
    name, why = said.get("id"), said.get("why")
    if not isinstance(name, str) or not ID.fullmatch(name):
        place.cell("id").refuse('it must be given, as a name such as "over-500"')
    if not isinstance(why, str) or not why.strip():
        place.cell("why").refuse("it must be given: a sentence for whoever asks why this happened")
    then = cast("Then", _one_of(place.cell("then"), said.get("then"), get_args(Then)))
    cells = {fact: _cell(place.cell(fact), facts[fact], said[fact]) for fact in facts if fact in said}
    mode, sample = _mode(place.cell("mode"), said, then), _sample(place.cell("sample"), said, then)
    second = _second_opinion(place.cell("second_opinion"), said, then, mode)
    asks = then == "review" or (then == "allow" and (mode == "review" or sample is not None or second))
    actions = cells[ACTION].names if ACTION in cells else frozenset(facts[ACTION].names)
    review = _review(place, said, actions) if asks else _none(place, said, then)
    return Row(name, cells, then, why, review, mode, sample, second)


def _cell(place: Place, fact: FactType, said: object) -> Cell:
    try:
        return read_cell(fact, said)
    except ValueError as error:
        place.refuse(str(error))


def _one_of(place: Place, said: object, words: tuple[str, ...]) -> str:
    if said not in words:
        place.refuse(f"it is one of {', '.join(words)}")
    return cast("str", said)


def _mode(place: Place, said: Mapping[str, object], then: Then) -> Mode:
    mode = cast("Mode", _one_of(place, said.get("mode", "auto"), get_args(Mode)))
    if (mode == "review" and then != "allow") or (mode == "shadow" and then == "deny"):
        place.refuse(f'{mode} changes nothing where then = "{then}"; leave it out')
    return mode


def _sample(place: Place, said: Mapping[str, object], then: Then) -> Decimal | None:
    if "sample" not in said:
        return None
    share = said["sample"]
    if then != "allow":
        place.refuse('it goes with then = "allow" only; leave it out')
    if isinstance(share, float):
        place.refuse(f'write it in quotes: "{share}" (a bare number with a point is not exact)')
    if isinstance(share, bool) or not SHARE.fullmatch(str(share)) or not Decimal(str(share)):
        place.refuse('it is a share above 0 and at most 1, such as "0.05"')
    return Decimal(str(share))


def _second_opinion(place: Place, said: Mapping[str, object], then: Then, mode: Mode) -> bool:
    second = said.get("second_opinion", False)
    if not isinstance(second, bool):
        place.refuse("it is true or false, without quotes")
    if second and (then != "allow" or mode == "review"):
        place.refuse('it goes with then = "allow" only, where people are not asked anyway; leave it out')
    return second


def _none(place: Place, said: Mapping[str, object], then: Then) -> None:
    """Nobody is asked, so nothing may say who."""
    if given := sorted(REVIEW_KEYS & said.keys()):
        mend = ', or add sample, second_opinion or mode = "review"' if then == "allow" else ""
        place.refuse(f'{" and ".join(given)} without review: nobody is asked where then = "{then}"; leave it out{mend}')


def _review(place: Place, said: Mapping[str, object], actions: frozenset[str]) -> ReviewRow:
    approvers = _approvers(place.cell("approvers"), said.get("approvers"))
    return ReviewRow(
        approvers=approvers,
        assurance=_assurance(place.cell("assurance"), said.get("assurance", "principal")),
        deadline=_deadline(place.cell("deadline"), said.get("deadline")),
        escalate=_escalate(place.cell("escalate"), said.get("escalate"), approvers),
        silence=_silence(place.cell("silence"), said.get("silence", "refuse"), actions),
    )


def _approvers(place: Place, said: object) -> dict[str, int]:
    roles = cast("dict[str, object]", said) if isinstance(said, dict) else {}
    if not roles:
        place.refuse("it says how many people of which role must approve, such as { finance = 2, legal = 1 }")
    for role, count in roles.items():
        if not ROLE.fullmatch(role):
            place.refuse(f"{role!r} is no role; write a name of people.toml, such as finance")
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            place.refuse(f"{role} needs a whole number of people, at least 1")
    approvers = cast("dict[str, int]", roles)
    if sum(approvers.values()) > MOST_PEOPLE:
        place.refuse(f"it asks {sum(approvers.values())} people; at most {MOST_PEOPLE} can be asked")
    return approvers


def _assurance(place: Place, said: object) -> Assurance:
    if said == "anonymous":
        place.refuse("anonymous would let anybody decide; the least is claimed")
    return cast("Assurance", _one_of(place, said, ORDER[1:]))


def _deadline(place: Place, said: object) -> Span:
    if not isinstance(said, str):
        place.refuse('it must be given, as a wait such as "48 hours" or "2 business days"')
    try:
        return span(said)
    except ValueError as error:
        place.refuse(str(error))


def _escalate(place: Place, said: object, approvers: Mapping[str, int]) -> tuple[str, ...]:
    if said is None:
        return ()
    roles = cast("list[object]", said) if isinstance(said, list) else []
    if not roles or not all(isinstance(role, str) and ROLE.fullmatch(role) for role in roles):
        place.refuse('it is a list of roles, each asked when those before are silent, such as ["finance-head"]')
    named = cast("list[str]", roles)
    if again := next((role for number, role in enumerate(named) if role in approvers or role in named[:number]), None):
        place.refuse(f"{again} is asked already; name roles that are not")
    return tuple(named)


def _silence(place: Place, said: object, actions: frozenset[str]) -> Silence:
    silence = cast("Silence", _one_of(place, said, get_args(Silence)))
    if silence == "allow":
        for name in sorted(actions):
            action = KINDS.get(name)
            if action is None:
                place.refuse(f"nobody knows what {name} does, so silence cannot allow it; write refuse")
            if action.effect in GUARDED or action.least_people:
                place.refuse(f"{name} must never happen because nobody answered; write refuse")
    return silence
