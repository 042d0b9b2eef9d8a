"""What the project itself keeps beside the Temporal history: what is stopped, and what people were told."""

from integrations.store.deliveries import Deliveries, Delivery
from integrations.store.stops import Stop, StopKind, Stops
from integrations.store.store import Store, open_store

__all__ = ["Deliveries", "Delivery", "Stop", "StopKind", "Stops", "Store", "open_store"]
