"""The trail, sent to where people look at traces: an OTLP backend by the OTEL_* variables, and a file."""

from integrations.telemetry.drain import Drained, drain
from integrations.telemetry.sink import Sink
from integrations.telemetry.sinks import Outlets, outlets, sinks

__all__ = ["Drained", "Outlets", "Sink", "drain", "outlets", "sinks"]
