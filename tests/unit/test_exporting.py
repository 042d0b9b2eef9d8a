"""Where figures go, as OpenTelemetry's variables say it."""

import pytest
from temporalio.runtime import OpenTelemetryConfig, PrometheusConfig

from integrations.operations.exporting import figures_of

OPS = "127.0.0.1:0"


def test_figures_are_served_where_somebody_asks_for_them_and_nowhere_else() -> None:
    assert figures_of(None).config is None
    assert isinstance(figures_of(OPS).config, PrometheusConfig)


def test_the_backend_of_traces_alone_gets_no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
    assert isinstance(figures_of(OPS).config, PrometheusConfig)
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    assert figures_of(OPS).config is None


@pytest.mark.parametrize(
    ("variables", "url", "http"),
    [
        ({"OTEL_METRICS_EXPORTER": "otlp"}, "http://localhost:4318/v1/metrics", True),
        (
            {"OTEL_METRICS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://all:4318/"},
            "http://all:4318/v1/metrics",
            True,
        ),
        (
            {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://own:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "http://own:4317",
            False,
        ),
    ],
)
def test_figures_are_sent_where_the_variables_say(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, http: bool
) -> None:
    for name, value in {**variables, "OTEL_EXPORTER_OTLP_HEADERS": "key=a%2Cb"}.items():
        monkeypatch.setenv(name, value)
    config = figures_of(OPS).config
    assert isinstance(config, OpenTelemetryConfig)
    assert (config.url, config.http, config.headers) == (url, http, {"key": "a,b"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_METRICS_EXPORTER", "secret"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "secret"),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "secret"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=f"{name} cannot be used") as wrong:
        figures_of(OPS)
    assert "secret" not in str(wrong.value)


def test_figures_that_are_sent_say_whose_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert figures_of(OPS).tags("worker-1@host") == {}
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "otlp")
    assert figures_of(OPS).tags("worker-1@host") == {
        "service.name": "signalbox",
        "service.instance.id": "worker-1@host",
    }
    monkeypatch.setenv("OTEL_SERVICE_NAME", "payables")
    assert figures_of(OPS).tags("worker-1@host")["service.name"] == "payables"
