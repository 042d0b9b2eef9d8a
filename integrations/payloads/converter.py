"""The one data converter that worker, commands, sweep and schedules use."""

from __future__ import annotations

from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
    EncodingPayloadConverter,
)

from integrations.bucket import documents_at
from integrations.payloads.blobs import Blobs
from integrations.payloads.codec import ENCRYPTED, EncryptingCodec, key_id_of
from integrations.payloads.errors import Unopened
from integrations.payloads.live_keyring import LiveKeyring
from integrations.payloads.storage import OwnConverter, storage
from integrations.settings import Settings


class SaysWhyNot(EncodingPayloadConverter):
    """Stands for payloads that are still encrypted when somebody wants their value."""

    @property
    def encoding(self) -> str:
        """What such payloads say."""
        return ENCRYPTED.decode()

    def to_payload(self, value: Any) -> Payload | None:  # noqa: ANN401, ARG002 - the SDK's own signature
        """Make nothing of it: values are encrypted as payloads."""
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:  # noqa: ANN401, ARG002
        """Raise `Unopened` with the key's id and what to do."""
        raise Unopened(
            f"A payload that names the key {key_id_of(payload)[:60]} does not open here: no SIGNALBOX_KEYRING is set, "
            "or it was altered, or encrypted for another namespace or by another keyring. Set the keyring of this "
            "namespace; where it is set, restore what was altered, or end the case that has it."
        )


class Converter(PydanticPayloadConverter):
    """Pydantic's JSON, and a sentence where there is nothing to read."""

    def __init__(self) -> None:
        super().__init__()
        CompositePayloadConverter.__init__(self, *self.converters.values(), SaysWhyNot())


def in_clear(settings: Settings) -> str | None:
    """What to say where production keeps everything in clear on the server; None where it does not."""
    if settings.profile != "production" or settings.keyring is not None:
        return None
    return (
        "SIGNALBOX_KEYRING is not set: whoever can read the Temporal server, its database or its backups reads every "
        "invoice, account, message and answer. docs/security.md says how to encrypt them."
    )


def data_converter(settings: Settings, namespace: str) -> DataConverter:
    """As the settings say; raise `BadKey` for a keyring and `BadBucket` for a store that cannot be used."""
    keys = LiveKeyring(settings.keyring) if settings.keyring else None
    blobs = Blobs(documents_at(settings.payloads, "SIGNALBOX_PAYLOADS")) if settings.payloads else None
    return OwnConverter(
        payload_converter_class=Converter,
        payload_codec=EncryptingCodec(keys, namespace) if keys else None,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes if keys else DefaultFailureConverter,
        external_storage=storage(blobs, keys, namespace, settings.payload_limit),
    )
