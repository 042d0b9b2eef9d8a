"""Large payloads in a folder and in a bucket of a server that speaks S3."""

import asyncio
import os
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.converter import DataConverter, _extstore

from integrations.payloads.codec import ENCRYPTED
from integrations.payloads.converter import data_converter
from integrations.payloads.errors import Unopened
from integrations.settings import Settings
from tests.payloads import keyring_in, payload

LARGE = os.urandom(4_000_000).hex()
REFERENCE = b"temporal.api.sdk.v1.ExternalStorageReference"


def converter(tmp_path: Path, where: str | None, *, encrypted: bool = True, **more: int) -> DataConverter:
    keyring = keyring_in(tmp_path, "ring.json") if encrypted and not (tmp_path / "ring.json").exists() else None
    keyring = tmp_path / "ring.json" if encrypted else keyring
    return data_converter(Settings(keyring=keyring, payloads=where, **more), "default")


async def test_a_large_payload_leaves_a_reference_and_comes_back(tmp_path: Path, bucket: str) -> None:
    for where in (str(tmp_path / "blobs"), bucket):
        by = converter(tmp_path, where)
        [kept] = await by.encode([LARGE])
        assert kept.ByteSize() < 400
        assert kept.metadata["messageType"] == REFERENCE
        assert await converter(tmp_path, where).decode([kept], [str]) == [LARGE]
        [inline] = await by.encode(["small"])
        assert inline.metadata["encoding"] == ENCRYPTED


async def test_what_is_stored_is_encrypted_and_for_its_owner_alone(tmp_path: Path) -> None:
    by = converter(tmp_path, str(tmp_path / "blobs"), payload_limit=1024)
    secret = os.urandom(3000).hex()
    await by.encode([f"NL88XBNK0999912345 {secret}"])
    [file] = (each for each in (tmp_path / "blobs").rglob("*") if each.is_file())
    assert b"NL88" not in await asyncio.to_thread(file.read_bytes)
    assert file.stat().st_mode & 0o077 == 0


async def test_an_altered_or_missing_payload_is_named_and_comes_back_once_it_is_restored(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "blobs"
    by = converter(tmp_path, str(folder))
    [kept] = await by.encode([LARGE + os.urandom(70_000).hex()])
    [file] = (each for each in folder.rglob("*") if each.is_file())
    whole = await asyncio.to_thread(file.read_bytes)
    await asyncio.to_thread(file.write_bytes, b"?" + whole[1:])
    with pytest.raises(Unopened, match=f"{file.name}: the document store holds other bytes.*Restore it"):
        await by.decode([kept], [str])
    await asyncio.to_thread(file.unlink)
    with pytest.raises(Unopened, match=f"{file.name}: it is not in the document store.*Restore it"):
        await by.decode([kept], [str])
    await asyncio.to_thread(file.write_bytes, whole)
    assert len((await by.decode([kept], [str]))[0]) > len(LARGE)


def reference(data: bytes, **more: bytes) -> Payload:
    return payload(data, **{"encoding": b"json/protobuf", "messageType": REFERENCE, **more})


@pytest.mark.parametrize("encrypted", [True, False])
@pytest.mark.parametrize("stored", [True, False])
async def test_a_reference_that_nobody_here_made_passes_as_it_is(tmp_path: Path, encrypted: bool, stored: bool) -> None:
    by = converter(tmp_path, str(tmp_path / "blobs") if stored else None, encrypted=encrypted)
    known = b'{"driverName":"signalbox","claimData":{"sha256":"%s"}}'
    forged = [
        reference(b"{"),
        reference(b'{"driverName":"aws.s3driver","claimData":{"bucket":"b","key":"k"}}'),
        reference(known % b"../../etc/passwd"),
        reference(b"{}"),
        payload(b"1", encoding=b"json/external-storage-reference"),
        payload(b'{"driver_name":"x","driver_claim":1}', encoding=b"json/external-storage-reference"),
        payload(b"1", __temporal_external_storage_reference=b"true"),
        reference(known % (b"a" * 64), __temporal_external_storage_reference=b"true"),
    ]
    for each in forged if encrypted or not stored else forged[:-1]:
        [raw] = await by.decode([each], [RawValue])
        assert raw.payload == each, each


async def test_a_worker_that_does_not_know_where_payloads_are_says_so(tmp_path: Path) -> None:
    [kept] = await converter(tmp_path, str(tmp_path / "blobs")).encode([LARGE])
    with pytest.raises(Unopened, match="no SIGNALBOX_PAYLOADS says where; set it"):
        await converter(tmp_path, None).decode([kept], [str])


def test_the_sdk_writes_no_encrypted_references_yet() -> None:
    assert _extstore._ENCODE_STORAGE_REFERENCES is False, "OwnConverter must let them be opened"
