"""Keyrings and codecs for tests."""

from datetime import UTC, datetime
from pathlib import Path

from temporalio.api.common.v1 import Payload

from integrations.payloads.codec import EncryptingCodec
from integrations.payloads.keyring import new_keyring, read_keyring, write_keyring
from integrations.payloads.live_keyring import LiveKeyring
from integrations.payloads.rotation import rotate


def keyring_in(folder: Path, name: str = "keyring.json") -> Path:
    """The file of a new keyring."""
    file = folder / name
    write_keyring(file, new_keyring(datetime.now(UTC)))
    return file


def rotated_elsewhere(file: Path) -> Path:
    """A copy of a keyring that was rotated, as another machine has it."""
    copy = file.with_name(f"elsewhere-{file.name}")
    write_keyring(copy, read_keyring(file))
    rotate(copy, datetime.now(UTC), again=True)
    return copy


def codec(file: Path, namespace: str = "default") -> EncryptingCodec:
    """A codec as a process of its own would have it."""
    return EncryptingCodec(LiveKeyring(file), namespace)


def payload(data: bytes, **metadata: bytes) -> Payload:
    """A payload of JSON, unless it says otherwise."""
    return Payload(metadata={"encoding": b"json/plain", **metadata}, data=data)
