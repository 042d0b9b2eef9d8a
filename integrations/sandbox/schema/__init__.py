"""The sandbox's tables, in one database: each module is one business system."""

from integrations.sandbox.schema import customers, effects, purchasing, sales, support
from integrations.sandbox.schema.effects import spent_faults
from integrations.sandbox.schema.metadata import schema

__all__ = ["customers", "effects", "purchasing", "sales", "schema", "spent_faults", "support"]
