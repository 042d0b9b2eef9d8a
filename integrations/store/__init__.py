"""What the project keeps beside Temporal's history: what is stopped, who was told, what was tried, the ledger."""

from integrations.store.deliveries import Deliveries, Delivery
from integrations.store.journal import Journal, NotJournaled
from integrations.store.ledger import Ledger, NoSuchCase, Sealed
from integrations.store.ledger_log import Damaged, LedgerLog, NotTheKey
from integrations.store.outbox import Due, Outbox
from integrations.store.stops import Stop, StopKind, Stops
from integrations.store.store import Store, open_store

__all__ = [
    "Damaged",
    "Deliveries",
    "Delivery",
    "Due",
    "Journal",
    "Ledger",
    "LedgerLog",
    "NoSuchCase",
    "NotJournaled",
    "NotTheKey",
    "Outbox",
    "Sealed",
    "Stop",
    "StopKind",
    "Stops",
    "Store",
    "open_store",
]
