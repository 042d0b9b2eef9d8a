"""What OpenTelemetry's variables say, where its exporters would only log that they cannot read them, secret and all.

Names and meanings: https://opentelemetry.io/docs/specs/otel/protocol/exporter.
"""

from __future__ import annotations

import os
import re
from typing import Annotated, Literal, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, FilePath, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

ATTRIBUTE = re.compile(r"\s*|\s*[^=\s]+\s*=.*")
HEADER = re.compile(r"|[0-9A-Za-z_.-]+\s*=[ !#-+.-:<-\[\]-~-]*")
"""What both exporters take; another one they would skip, and go without the key."""
PORTS = {"grpc": 4317, "http/protobuf": 4318}
T = TypeVar("T")
AnyCase = BeforeValidator(str.lower)


def _otlp(name: str) -> AliasChoices:
    """The variable for traces goes before the one for everything."""
    return AliasChoices(f"OTEL_EXPORTER_OTLP_TRACES_{name}", f"OTEL_EXPORTER_OTLP_{name}")


def _pairs(said: str) -> dict[str, str]:
    """`key=value,other=value`, percent-encoded."""
    split = (pair.partition("=") for pair in said.split(",") if pair.strip())
    return {unquote(key).strip(): unquote(value).strip() for key, _, value in split}


def _attributes(said: str) -> str:
    return _refused_unless(all(ATTRIBUTE.fullmatch(pair) for pair in said.split(",")), said)


def _headers(said: SecretStr) -> SecretStr:
    pairs = said.get_secret_value()
    plain = all(value.isascii() and value.isprintable() for value in _pairs(pairs).values())
    return _refused_unless(plain and all(HEADER.fullmatch(pair.strip()) for pair in pairs.split(",")), said)


def _refused_unless(sound: bool, said: T) -> T:
    if not sound:
        raise ValueError("write name=value,other=value in ASCII, with %2C for a comma in a value")
    return said


class Variables(BaseSettings):
    """What is set; a variable that is empty is not."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, extra="ignore")

    disabled: str = Field(default="", validation_alias="OTEL_SDK_DISABLED")
    chosen: Annotated[Literal["otlp", "none", ""], AnyCase] = Field(default="", validation_alias="OTEL_TRACES_EXPORTER")
    service: str = Field(default="", validation_alias="OTEL_SERVICE_NAME")
    about: Annotated[str, AfterValidator(_attributes)] = Field(default="", validation_alias="OTEL_RESOURCE_ATTRIBUTES")
    content: Annotated[Literal["true", "false", "no_content", "event_only", "span_only", "span_and_event"], AnyCase] = (
        Field(default="false", validation_alias="OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT")
    )
    whole: SecretStr = Field(default=SecretStr(""), validation_alias="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    base: SecretStr = Field(default=SecretStr(""), validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    protocol: Annotated[Literal["grpc", "http/protobuf"], AnyCase] = Field(
        default="http/protobuf", validation_alias=_otlp("PROTOCOL")
    )
    insecure: bool = Field(default=False, validation_alias=_otlp("INSECURE"))
    headers: Annotated[SecretStr, AfterValidator(_headers)] = Field(
        default=SecretStr(""), validation_alias=_otlp("HEADERS")
    )
    milliseconds: int = Field(default=10_000, ge=1, le=60_000, validation_alias=_otlp("TIMEOUT"))
    compression: Annotated[Literal["none", "gzip"], AnyCase] = Field(
        default="none", validation_alias=_otlp("COMPRESSION")
    )
    certificate: FilePath | None = Field(default=None, validation_alias=_otlp("CERTIFICATE"))
    client_key: FilePath | None = Field(default=None, validation_alias=_otlp("CLIENT_KEY"))
    client_certificate: FilePath | None = Field(default=None, validation_alias=_otlp("CLIENT_CERTIFICATE"))

    @property
    def sends(self) -> bool:
        """Whether spans go to a backend."""
        endpoint = self.whole.get_secret_value() or self.base.get_secret_value()
        return self.disabled.lower() != "true" and (self.chosen == "otlp" or bool(not self.chosen and endpoint))

    @property
    def captures_content(self) -> bool:
        """Whether spans carry what people and models wrote."""
        return self.content in ("true", "span_only", "span_and_event")

    @property
    def resource(self) -> dict[str, str]:
        """Who sends, as every span says it."""
        return (
            {"service.name": "signalbox"}
            | _pairs(self.about)
            | ({"service.name": self.service} if self.service else {})
        )

    @property
    def address(self) -> SplitResult:
        """Where to send; its query may hold a key. Below the general address traces have a path of their own."""
        name = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" if self.whole.get_secret_value() else "OTEL_EXPORTER_OTLP_ENDPOINT"
        said = self.whole.get_secret_value() or self.base.get_secret_value()
        grpc, port = self.protocol == "grpc", PORTS[self.protocol]
        if grpc and said and "://" not in said:
            said = f"http{'s' * (not self.insecure)}://{said}"
        parts = _split(said or f"http://localhost:{port}")
        if parts is None or (grpc and (parts.path.strip("/") or parts.query)):
            how = f"write http://host:{port} or https://host:{port}{', without a path' * grpc}"
            raise ValueError(f"{name} cannot be used: {how}, and keys into OTEL_EXPORTER_OTLP_HEADERS.")
        if grpc:
            return parts._replace(netloc=parts.netloc if parts.port else f"{parts.netloc.rstrip(':')}:{port}", path="")
        return parts._replace(path=parts.path or "/" if "TRACES" in name else f"{parts.path.rstrip('/')}/v1/traces")


def variables() -> Variables:
    """Read them; raise `ValueError` naming the one that is wrong, and never what it says."""
    try:
        said = Variables()
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False, include_input=False)
        name = str(first["loc"][0])
        name = name if os.environ.get(name) else name.replace("OTLP_TRACES_", "OTLP_")
        raise ValueError(f"{name} cannot be used: {first['msg'].removeprefix('Value error, ')}.") from None
    if said.sends:
        _ = said.address
    return said


def _split(said: str) -> SplitResult | None:
    try:
        parts = urlsplit(said)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and parts.username is None
    except ValueError:
        return None
    return parts if sound and not parts.fragment and re.fullmatch(r"[!-~]*", said) else None
