"""An OTLP collector that keeps every request: gRPC and HTTP, and as unfriendly as a test wants it."""

import asyncio
import os
import ssl
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import grpc
import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.certificates import self_signed

PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True)
class Answer:
    """What it says: an HTTP status and the gRPC status beside it; or it hangs, hangs up, or leaves spans out."""

    status: int = 200
    code: grpc.StatusCode = grpc.StatusCode.OK
    headers: dict[str, str] = field(default_factory=dict[str, str])
    rejected: int = 0
    hangs: bool = False
    drops: bool = False
    body: bytes = b""


TAKEN = Answer()
REFUSED = Answer(400, grpc.StatusCode.INVALID_ARGUMENT)
TOO_LARGE = Answer(413, grpc.StatusCode.RESOURCE_EXHAUSTED)
BUSY = Answer(503, grpc.StatusCode.UNAVAILABLE, {"Retry-After": "7"})
STRANGER = Answer(401, grpc.StatusCode.UNAUTHENTICATED)
HANGS, DROPS = Answer(hangs=True), Answer(drops=True)

Judge = Callable[[ExportTraceServiceRequest], Answer]


def take(_: ExportTraceServiceRequest) -> Answer:
    return TAKEN


def always(answer: Answer) -> Judge:
    return lambda _: answer


def spans_in(request: ExportTraceServiceRequest) -> list[Span]:
    return [span for group in request.resource_spans for scope in group.scope_spans for span in scope.spans]


@dataclass(frozen=True)
class Tls:
    """A certificate for 127.0.0.1 that signs itself; who wants something must show the same one."""

    certificate: Path
    key: Path

    @classmethod
    def made(cls, folder: Path) -> Self:
        return cls(*self_signed(folder))

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(self.certificate, self.key)
        return context

    def credentials(self) -> grpc.ServerCredentials:
        key, certificate = self.key.read_bytes(), self.certificate.read_bytes()
        return grpc.ssl_server_credentials([(key, certificate)], certificate, require_client_auth=True)


@dataclass
class Collector:
    """What arrived, and what it made of it."""

    endpoint: str = ""
    judge: Judge = take
    requests: list[ExportTraceServiceRequest] = field(default_factory=list[ExportTraceServiceRequest])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    paths: list[str] = field(default_factory=list[str])
    taken: list[Span] = field(default_factory=list[Span])

    def hear(self, request: ExportTraceServiceRequest, headers: dict[str, str]) -> Answer:
        self.requests.append(request)
        self.headers.append(headers)
        answer = self.judge(request)
        if answer.status == 200 and not (answer.hangs or answer.drops):
            self.taken += spans_in(request)
        return answer

    @property
    def spans(self) -> dict[str, Span]:
        """As a backend that knows a span by its id has them."""
        return {span.span_id.hex(): span for span in self.taken}

    @property
    def times(self) -> Counter[str]:
        return Counter(span.span_id.hex() for span in self.taken)


def answered(answer: Answer) -> ExportTraceServiceResponse:
    return ExportTraceServiceResponse(partial_success=ExportTracePartialSuccess(rejected_spans=answer.rejected))


@asynccontextmanager
async def over_http(collector: Collector, port: int = 0, tls: Tls | None = None) -> AsyncGenerator[Collector]:
    async def post(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        collector.paths.append(request.path_qs)
        answer = collector.hear(ExportTraceServiceRequest.FromString(body), dict(request.headers))
        if answer.hangs:
            await asyncio.sleep(60)
        if answer.drops and request.transport:
            request.transport.abort()
        body = answer.body or (answered(answer).SerializeToString() if answer.status == 200 else b"canary")
        return web.Response(status=answer.status, body=body, headers={"Content-Type": PROTOBUF, **answer.headers})

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", post)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls.context() if tls else None).start()
    collector.endpoint = f"http{'s' * bool(tls)}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield collector
    finally:
        await runner.cleanup()


class Service(TraceServiceServicer):
    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    async def Export(self, request: ExportTraceServiceRequest, context: Any) -> ExportTraceServiceResponse:  # noqa: N802
        headers = {key: str(value) for key, value in context.invocation_metadata()}
        answer = self._collector.hear(request, headers)
        if answer.hangs:
            await asyncio.sleep(60)
        if answer.drops or answer.code != grpc.StatusCode.OK:
            code = grpc.StatusCode.UNAVAILABLE if answer.drops else answer.code
            await context.abort(code, f"canary: you sent {headers}")
        return answered(answer)


@asynccontextmanager
async def over_grpc(collector: Collector, port: int = 0, tls: Tls | None = None) -> AsyncGenerator[Collector]:
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    add_TraceServiceServicer_to_server(Service(collector), server)
    place = f"127.0.0.1:{port}"
    bound = server.add_secure_port(place, tls.credentials()) if tls else server.add_insecure_port(place)
    collector.endpoint = f"http{'s' * bool(tls)}://127.0.0.1:{bound}"
    await server.start()
    try:
        yield collector
    finally:
        await server.stop(0)


SERVERS = {"grpc": over_grpc, "http/protobuf": over_http}


@contextmanager
def environment(said: Mapping[str, str]) -> Generator[None]:
    """These of OpenTelemetry's variables, and no other ones."""
    with pytest.MonkeyPatch.context() as patched:
        for name in [name for name in os.environ if name.startswith("OTEL_")]:
            patched.delenv(name)
        for name, value in said.items():
            patched.setenv(name, value)
        yield
