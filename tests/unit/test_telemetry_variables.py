"""OpenTelemetry's variables as its specification has them: a wrong one is named, and a secret never quoted."""

import sys
from collections.abc import Generator, Mapping
from subprocess import run

import pytest

from integrations.settings import Settings
from integrations.telemetry import outlets
from integrations.telemetry.variables import Variables, variables
from tests.collector import environment
from tests.conftest import ROOT

HOST = "http://collector.example.com:4318"
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture(autouse=True)
def _nothing_set() -> Generator[None]:
    with environment({}):
        yield


def read(said: Mapping[str, str]) -> Variables:
    with environment(said):
        return variables()


def chosen(**said: str) -> Variables:
    return read({ENDPOINT: HOST} | {f"OTEL_{name}": value for name, value in said.items()})


@pytest.mark.parametrize(
    ("said", "sends"),
    [
        ({}, False),
        ({ENDPOINT: ""}, False),
        ({ENDPOINT: HOST}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": HOST}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", ENDPOINT: HOST}, False),
        ({"OTEL_SDK_DISABLED": "TRUE", ENDPOINT: HOST}, False),
        ({"OTEL_SDK_DISABLED": "yes", ENDPOINT: HOST}, True),
    ],
)
def test_spans_are_sent_where_an_address_or_the_exporter_is_set(said: Mapping[str, str], sends: bool) -> None:
    assert read(said).sends == sends


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ({}, f"{HOST}/v1/traces"),
        ({"EXPORTER_OTLP_TRACES_ENDPOINT": ""}, f"{HOST}/v1/traces"),
        ({"EXPORTER_OTLP_ENDPOINT": "https://c.example/otel/"}, "https://c.example/otel/v1/traces"),
        ({"EXPORTER_OTLP_TRACES_ENDPOINT": "https://c.example"}, "https://c.example/"),
        ({"EXPORTER_OTLP_TRACES_ENDPOINT": "http://[::1]:9/in?k=v"}, "http://[::1]:9/in?k=v"),
        ({"EXPORTER_OTLP_PROTOCOL": "GRPC"}, HOST),
        ({"EXPORTER_OTLP_PROTOCOL": "grpc", "EXPORTER_OTLP_ENDPOINT": "https://c.example/"}, "https://c.example:4317"),
        ({"EXPORTER_OTLP_PROTOCOL": "grpc", "EXPORTER_OTLP_ENDPOINT": "c.example:1"}, "https://c.example:1"),
        (
            {"EXPORTER_OTLP_PROTOCOL": "grpc", "EXPORTER_OTLP_ENDPOINT": "c:1", "EXPORTER_OTLP_INSECURE": "true"},
            "http://c:1",
        ),
        ({"EXPORTER_OTLP_PROTOCOL": "grpc", "EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}, f"{HOST}/v1/traces"),
    ],
)
def test_the_address_is_read_as_the_protocol_has_it(said: dict[str, str], address: str) -> None:
    assert chosen(**said).address.geturl() == address


def test_without_an_address_it_is_this_machine() -> None:
    otlp = {"OTEL_TRACES_EXPORTER": "otlp"}
    assert read(otlp).address.geturl() == "http://localhost:4318/v1/traces"
    assert read(otlp | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}).address.geturl() == "http://localhost:4317"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_TRACES_EXPORTER", "console"),
        ("OTEL_TRACES_EXPORTER", "otlp,console"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "udp"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "60001"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "-1"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "maybe"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such/file.pem"),
        (ENDPOINT, "collector:4318"),
        (ENDPOINT, "ftp://collector"),
        (ENDPOINT, "http://"),
        (ENDPOINT, "http://collector:canary"),
        (ENDPOINT, "http://user:canary@collector:4318"),
        (ENDPOINT, "http://collector/#canary"),
        (ENDPOINT, "http://[canary"),
        (ENDPOINT, "http://colle ctor/canary"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "canary"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "canary"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=canary;secret"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "=canary"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=b,can ary=c"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=canary%0d%0ax: y"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=canary%C3%A9"),
        ("OTEL_RESOURCE_ATTRIBUTES", "canary"),
        ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "perhaps"),
    ],
)
async def test_a_wrong_variable_is_named_before_anything_starts(name: str, value: str) -> None:
    with environment({ENDPOINT: HOST, name: value}), pytest.raises(ValueError, match=rf"^{name} cannot") as failed:
        async with outlets(Settings()):
            pass
    assert "canary" not in str(failed.value)
    assert "\n" not in str(failed.value)


def test_grpc_has_no_path() -> None:
    with pytest.raises(ValueError, match=f"{ENDPOINT} cannot be used: write http://host:4317 .*, without a path"):
        chosen(EXPORTER_OTLP_ENDPOINT=f"{HOST}/v1/traces", EXPORTER_OTLP_PROTOCOL="grpc")


def test_no_secret_is_shown() -> None:
    said = chosen(
        EXPORTER_OTLP_HEADERS="Authorization=Bearer%20canary, x-org = a%3Db ,",
        EXPORTER_OTLP_TRACES_ENDPOINT="http://c/?key=canary",
    )
    assert "canary" not in f"{said!r} {said}"


def test_a_service_has_a_name_and_the_shorter_variable_wins() -> None:
    assert read({}).resource == {"service.name": "signalbox"}
    said = {"OTEL_RESOURCE_ATTRIBUTES": "service.name=a, deployment.environment.name=pro%2Cd,"}
    assert read(said).resource == {"service.name": "a", "deployment.environment.name": "pro,d"}
    assert read(said | {"OTEL_SERVICE_NAME": "till"}).resource["service.name"] == "till"


@pytest.mark.parametrize(
    ("said", "captures"), [("", False), ("False", False), ("TRUE", True), ("span_and_event", True)]
)
def test_content_is_asked_for_by_the_standard_variable(said: str, captures: bool) -> None:
    assert read({"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": said}).captures_content == captures


def test_a_worker_without_a_backend_imports_neither_grpc_nor_opentelemetry() -> None:
    asks = "import sys, integrations.telemetry; print({'grpc', 'opentelemetry', 'google.protobuf'} & {*sys.modules})"
    said = run([sys.executable, "-c", asks], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
