"""Where figures go: served for a scraper, or sent by OTLP; the SDK's core does both, for its figures and for ours.

`OTEL_METRICS_EXPORTER=otlp` sends them to `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` or, below its path, to
`OTEL_EXPORTER_OTLP_ENDPOINT`; else they are served where `SIGNALBOX_OPS_ADDRESS` says. The endpoint of the traces alone
sends no figures: many backends of traces take none.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from temporalio.runtime import OpenTelemetryConfig, PrometheusConfig

from integrations.operations.scraping import Scrape, scraping

AnyCase = BeforeValidator(str.lower)
PORTS = {"grpc": 4317, "http/protobuf": 4318}
NAME_OF_ALL = "OTEL_EXPORTER_OTLP_ENDPOINT"
NAME = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"


def _otlp(name: str) -> AliasChoices:
    return AliasChoices(f"OTEL_EXPORTER_OTLP_METRICS_{name}", f"OTEL_EXPORTER_OTLP_{name}")


class MetricVariables(BaseSettings):
    """What OpenTelemetry's variables say of metrics: https://opentelemetry.io/docs/specs/otel/protocol/exporter."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, extra="ignore")

    exporter: Annotated[Literal["otlp", "prometheus", "none", ""], AnyCase] = Field(
        default="", validation_alias="OTEL_METRICS_EXPORTER"
    )
    whole: SecretStr = Field(default=SecretStr(""), validation_alias=NAME)
    base: SecretStr = Field(default=SecretStr(""), validation_alias=NAME_OF_ALL)
    protocol: Annotated[Literal["grpc", "http/protobuf"], AnyCase] = Field(
        default="http/protobuf", validation_alias=_otlp("PROTOCOL")
    )
    headers: SecretStr = Field(default=SecretStr(""), validation_alias=_otlp("HEADERS"))

    service: str = Field(default="signalbox", validation_alias="OTEL_SERVICE_NAME")

    @property
    def sends(self) -> bool:
        """Whether figures go to a backend: where somebody says so, or names a backend for them alone."""
        return self.exporter == "otlp" or (not self.exporter and bool(self.whole.get_secret_value()))

    def config(self) -> OpenTelemetryConfig:
        """Where to, and how; raise `ValueError` naming the variable that is wrong, and never what it says."""
        http, own = self.protocol == "http/protobuf", self.whole.get_secret_value()
        said = own or self.base.get_secret_value() or f"http://localhost:{PORTS[self.protocol]}"
        parts = urlsplit(said)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(
                f"{NAME if own else NAME_OF_ALL} cannot be used: write http://host:{PORTS[self.protocol]}."
            )
        below = http and not own
        return OpenTelemetryConfig(
            url=f"{said.rstrip('/')}/v1/metrics" if below else said,
            headers=_pairs(self.headers.get_secret_value()),
            http=http,
            durations_as_seconds=True,
        )


@dataclass(frozen=True)
class Figures:
    """How the core exports, and how that is read here."""

    config: OpenTelemetryConfig | PrometheusConfig | None
    scrape: Scrape
    service: str | None = None
    """Who sends them, where they are sent."""

    def tags(self, instance: str) -> dict[str, str]:
        """What a collector tells several workers apart by; who comes for figures knows where they are from."""
        return {"service.name": self.service, "service.instance.id": instance} if self.service else {}


def figures_of(ops_address: str | None) -> Figures:
    """Read the variables; raise `ValueError` naming the one that is wrong."""
    try:
        said = MetricVariables()
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False, include_input=False)
        raise ValueError(f"{first['loc'][0]} cannot be used: {first['msg'].removeprefix('Value error, ')}.") from None
    if said.sends:
        return Figures(said.config(), scraping(None), said.service)
    if ops_address is None or said.exporter == "none":
        return Figures(None, scraping(None))
    return _served()


def _served() -> Figures:
    """The core's exporter has a port of its own, on this machine alone, which the one public endpoint reads."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    config = PrometheusConfig(
        bind_address=address, counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True
    )
    return Figures(config, scraping(address))


def _pairs(said: str) -> dict[str, str]:
    split = (pair.partition("=") for pair in said.split(",") if pair.strip())
    return {unquote(key).strip(): unquote(value).strip() for key, _, value in split}
