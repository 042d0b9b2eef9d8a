"""OpenTelemetry's own exporters, and spans as they take them. Imported only where a backend is set."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import grpc
from opentelemetry.exporter.otlp.proto import http
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as OverGrpc
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as OverHttp
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode
from requests import PreparedRequest, RequestException, Response, Session

from governance.trail.record import Value
from governance.trail.spans import INTEGERS, Span
from integrations.telemetry.sink import SCOPE, version
from integrations.telemetry.variables import Variables

NEVER = frozenset({grpc.StatusCode.OK})
"""What the exporter tries again by itself: the sweep does, and it would repeat a request that is too large, too."""


class Exporter:
    """One of the SDK's exporters; it reads headers and certificates from the variables itself."""

    def __init__(self, said: Variables) -> None:
        # It logs each failure with what the server answered, which may repeat the key; a sink says what is wrong.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self.where = said.address._replace(query="").geturl()
        self.seconds = said.milliseconds / 1000
        """As the specification has it; the exporters themselves would take the number for seconds."""
        self._resource = Resource(dict(said.resource))
        self._exporter = (_over_grpc if said.protocol == "grpc" else _over_http)(said, self.seconds)

    def export(self, spans: Sequence[Span]) -> bool:
        """Whether all of them were taken; blocks."""
        made = [readable(span, self._resource) for span in spans]
        return self._exporter.export(made) is SpanExportResult.SUCCESS

    def close(self) -> None:
        """End what goes on, where the protocol can."""
        self._exporter.shutdown()


def _over_grpc(said: Variables, seconds: float) -> SpanExporter:
    return OverGrpc(
        endpoint=said.address.geturl(),
        insecure=said.address.scheme == "http",
        timeout=seconds,
        compression=grpc.Compression.Gzip if said.compression == "gzip" else grpc.Compression.NoCompression,
        retryable_error_codes=NEVER,
    )


def _over_http(said: Variables, seconds: float) -> SpanExporter:
    compression = http.Compression(said.compression)
    return OverHttp(endpoint=said.address.geturl(), timeout=seconds, compression=compression, session=_Connection())


class _Connection(Session):
    """Says NOT_FOUND where the exporter would repeat for seconds, or take a redirect or login page for success."""

    def send(self, request: PreparedRequest, **options: Any) -> Response:  # noqa: ANN401 - as it is in requests
        """Send it once."""
        if self.verify is not True:
            options["verify"] = self.verify  # which REQUESTS_CA_BUNDLE would go before
        try:
            answer = super().send(request, **options)
        except RequestException:
            answer = Response()
        page = answer.headers.get("content-type", "").startswith("text/html")
        if page or HTTPStatus.MULTIPLE_CHOICES <= (answer.status_code or 300) < HTTPStatus.BAD_REQUEST:
            answer.status_code = HTTPStatus.NOT_FOUND
        return answer


def readable(span: Span, resource: Resource) -> ReadableSpan:
    """The span as the SDK has it."""
    return ReadableSpan(
        name=span.name,
        context=_context(span.trace_id, span.span_id),
        parent=_context(span.trace_id, span.parent_span_id) if span.parent_span_id else None,
        resource=resource,
        attributes=_told(span.attributes),
        events=[Event(each.name, _told(each.attributes), each.time_ns) for each in span.events],
        links=[Link(_context(each.trace_id, each.span_id), _told(each.attributes)) for each in span.links],
        kind=SpanKind[span.kind],
        status=Status(StatusCode[span.status], span.message if span.status == "ERROR" else None),
        start_time=span.start_ns,
        end_time=span.end_ns,
        instrumentation_scope=InstrumentationScope(SCOPE, version()),
    )


def _context(trace: str, span: str) -> SpanContext:
    return SpanContext(int(trace, 16), int(span, 16), is_remote=False)


def _told(attributes: Mapping[str, Value]) -> dict[str, Value]:
    """The encoder leaves out what it cannot encode."""
    return {
        name: value if not isinstance(value, int) or value in INTEGERS else str(value)
        for name, value in attributes.items()
    }
