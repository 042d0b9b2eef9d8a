"""What the project itself keeps beside the Temporal history: what is stopped, who was told, and the ledger."""

from integrations.store.deliveries import Deliveries, Delivery
from integrations.store.ledger import Ledger, NoSuchCase, Sealed
from integrations.store.ledger_log import Damaged, LedgerLog, NotTheKey
from integrations.store.stops import Stop, StopKind, Stops
from integrations.store.store import Store, open_store

__all__ = [
    "Damaged",
    "Deliveries",
    "Delivery",
    "Ledger",
    "LedgerLog",
    "NoSuchCase",
    "NotTheKey",
    "Sealed",
    "Stop",
    "StopKind",
    "Stops",
    "Store",
    "open_store",
]
