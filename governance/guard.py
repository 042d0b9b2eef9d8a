"""What a worker must be able to show before it may move money: key, policy and a way to look an outcome up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from domain.actions import GUARDED, KINDS, BaseAction, kind_of
from domain.errors import DomainError
from governance.judge import too_few
from governance.people import Directory
from governance.policy import ACTION, Table


class Unguarded(DomainError):
    """An action could do harm that nothing would catch."""


def refuse_unguarded(
    systems: Mapping[type[BaseAction], object], performed: Iterable[type[BaseAction]], tables: Iterable[Table]
) -> None:
    """Raise `Unguarded` naming every money or irreversible action without key, policy coverage or reconciliation.

    Also every row that asks fewer people than an action needs. `systems` says which adapter performs which action,
    `performed` which actions the processes may take.
    """
    known, taken = tuple(tables), tuple(performed)
    faults = [fault for action in taken if action.effect in GUARDED for fault in _faults(action, systems, known)]
    faults += [fault for action in taken for fault in _lowered(action, known)]
    if faults:
        raise Unguarded(" ".join(faults))


def refuse_unknown_roles(tables: Iterable[Table], directory: Directory) -> None:
    """Raise `Unguarded` naming every row that asks a role which people.toml does not have: nobody could answer."""
    faults = [
        f"Row {row.id} of {table.policy} asks {role}, which is no role of people.toml: add it there or ask another."
        for table in tables
        for row in table.rows
        if row.review
        for role in (*row.review.approvers, *row.review.escalate)
        if directory.role(role) is None
    ]
    if faults:
        raise Unguarded(" ".join(faults))


def refuse_undone(
    performed: Mapping[type[BaseAction], Callable[..., Any]], systems: Mapping[type[BaseAction], object]
) -> None:
    """Raise `Unguarded` naming every action that could be allowed and then never done: its case would wait for ever.

    `performed` says which method performs which action, `systems` which adapter has it.
    """
    known = frozenset(KINDS.values())
    faults = [
        f"{action.__name__} cannot travel: add it to Action in domain/actions/__init__.py."
        for action in performed
        if action not in known
    ]
    faults += [
        f"Nothing here performs {action.__name__}: add what has {method.__name__} to the systems of a file of "
        "composition/, and that file's function to WIRED in worker.py."
        for action, method in performed.items()
        if not callable(getattr(systems.get(action), method.__name__, None))
    ]
    if faults:
        raise Unguarded(" ".join(faults))


def _faults(
    action: type[BaseAction], systems: Mapping[type[BaseAction], object], tables: tuple[Table, ...]
) -> Iterator[str]:
    name, system = action.__name__, systems.get(action)
    if not getattr(action, "step", ""):
        yield f"{name} names no step, so it has no idempotency key of its own."
    rows = (row for table in tables if _judges(table, action) for row in table.rows_for(kind_of(action)))
    if all(row.then == "deny" for row in rows):
        yield f"No policy table has a row for {kind_of(action)}, so {name} could never be judged but denied."
    if system is None:
        yield f"No adapter performs {name}."
    elif not callable(getattr(system, "find_receipt", None)):
        yield f"{type(system).__name__} has no find_receipt, so an unknown outcome of {name} would stay unknown."


def _lowered(action: type[BaseAction], tables: tuple[Table, ...]) -> Iterator[str]:
    """Rows by which an action could happen with fewer people than it needs."""
    for table in tables:
        for row in table.rows_for(kind_of(action)) if _judges(table, action) else ():
            if fault := too_few(row, action):
                yield f"Policy {table.policy}: {fault} Raise its approvers."


def _judges(table: Table, action: type[BaseAction]) -> bool:
    return kind_of(action) in table.facts[ACTION].names
