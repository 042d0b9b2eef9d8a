"""What a worker must be able to show before it may move money: key, policy and a way to look an outcome up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from domain.actions import BaseAction
from domain.errors import DomainError
from governance.policy import Table

GUARDED = frozenset({"money", "irreversible"})


class Unguarded(DomainError):
    """An action could do harm that nothing would catch."""


def refuse_unguarded(
    systems: Mapping[type[BaseAction], object], performed: Iterable[type[BaseAction]], tables: Iterable[Table]
) -> None:
    """Raise `Unguarded` naming every money or irreversible action without key, policy coverage or reconciliation.

    `systems` says which adapter performs which action, `performed` which actions the processes may take.
    """
    known = tuple(tables)
    guarded = [action for action in performed if action.effect in GUARDED]
    faults = [fault for action in guarded for fault in _faults(action, systems.get(action), known)]
    if faults:
        raise Unguarded(" ".join(faults))


def _faults(action: type[BaseAction], system: object, tables: tuple[Table, ...]) -> Iterator[str]:
    name = action.__name__
    if not getattr(action, "step", ""):
        yield f"{name} names no step, so it has no idempotency key of its own."
    if not any(kind_of(action) in cells for table in tables for cells in _actions(table)):
        yield f"No policy table has a row for {kind_of(action)}, so {name} could never be judged but denied."
    if system is None:
        yield f"No adapter performs {name}."
    elif not callable(getattr(system, "find_receipt", None)):
        yield f"{type(system).__name__} has no find_receipt, so an unknown outcome of {name} would stay unknown."


def kind_of(action: type[BaseAction]) -> str:
    """The name of an action in policy tables."""
    return str(action.model_fields["kind"].default)


def _actions(table: Table) -> Iterator[frozenset[str]]:
    return (row.cells["action"].names for row in table.rows if "action" in row.cells and row.then != "deny")
