"""Payloads through the codec: what comes back, what does not open, and who says so."""

import zlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.common import RawValue
from temporalio.converter import WithSerializationContext

from integrations.payloads import codec as module
from integrations.payloads.codec import ENCRYPTED, KEY_ID, EncryptingCodec
from integrations.payloads.converter import Converter, data_converter
from integrations.payloads.errors import Unopened
from integrations.payloads.events import open_payloads
from integrations.payloads.keyring import read_keyring
from integrations.settings import Settings
from tests.payloads import codec, keyring_in, payload, rotated_elsewhere

SECRET = b'{"vendor":"Van Dijk Gereedschappen B.V.","iban":"NL91ABNA0417164300"}'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return keyring_in(tmp_path)


async def sealed(by: EncryptingCodec, given: Payload) -> Payload:
    [found] = await by.encode([given])
    return found


async def opened(by: EncryptingCodec, given: Payload) -> Payload:
    [found] = await by.decode([given])
    return found


def test_nothing_that_reads_or_writes_payloads_asks_whose_they_are(file: Path, tmp_path: Path) -> None:
    """`composition.running` relies on it, and answers the SDK that there is no context."""
    by = data_converter(Settings(keyring=file, payloads=str(tmp_path)), "here")
    parts = (by.payload_codec, by.failure_converter, *Converter().converters.values())
    assert [part for part in parts if isinstance(part, WithSerializationContext)] == []


async def test_what_is_encrypted_says_its_key_and_nothing_else_and_comes_back_whole(file: Path) -> None:
    given = payload(SECRET, messageType=b"Invoice")
    found = await sealed(codec(file), given)
    assert dict(found.metadata) == {"encoding": ENCRYPTED, KEY_ID: read_keyring(file).current.encode()}
    assert b"Dijk" not in found.SerializeToString()
    assert await opened(codec(file), found) == given
    assert await sealed(codec(file), given) != found, "a nonce was used twice"


@given(st.binary(max_size=3000), st.dictionaries(st.text(max_size=9), st.binary(max_size=9), max_size=3))
async def test_any_payload_comes_back_whole(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, metadata: dict[str, bytes]
) -> None:
    by = codec(keyring_in(tmp_path_factory.mktemp("ring")))
    for each in (Payload(data=data, metadata=metadata), Payload()):
        assert await opened(by, await sealed(by, each)) == each


async def test_it_is_compressed_where_that_pays(file: Path) -> None:
    long, heavy = payload(SECRET * 40), payload(SECRET * 20_000)
    assert len((await sealed(codec(file), long)).data) < len(long.data) / 10
    assert await opened(codec(file), await sealed(codec(file), heavy)) == heavy
    short = payload(b'"ok"')
    assert len((await sealed(codec(file), short)).data) == len(short.SerializeToString()) + 1 + 12 + 16 + 1


async def test_plain_payloads_pass(file: Path) -> None:
    for each in (payload(b'"checked"'), Payload(), Payload(metadata={"encoding": b"binary/null"})):
        assert await opened(codec(file), each) == each


async def test_what_was_copied_from_another_namespace_or_altered_anywhere_does_not_open(file: Path) -> None:
    found = await sealed(codec(file), payload(SECRET))
    assert await opened(codec(file, "other"), found) == found
    for place in range(len(found.data)):
        data = bytearray(found.data)
        data[place] ^= 1
        bent = Payload(metadata=found.metadata, data=bytes(data))
        assert await opened(codec(file), bent) == bent, place
    for cut in (0, 1, 12, 13, 28, len(found.data) - 1):
        torn = Payload(metadata=found.metadata, data=found.data[:cut])
        assert await opened(codec(file), torn) == torn, cut


async def test_whoever_wants_the_value_of_what_did_not_open_is_told_the_key_and_what_to_do(file: Path) -> None:
    converter = data_converter(Settings(keyring=file), "other")
    found = await sealed(codec(file), payload(SECRET))
    with pytest.raises(Unopened, match=rf"the key {read_keyring(file).current} does not open.*Set the keyring"):
        await converter.decode([found], [dict])
    [raw] = await converter.decode([found], [RawValue])
    assert raw.payload == found
    without = data_converter(Settings(keyring=None), "default")
    with pytest.raises(Unopened, match="no SIGNALBOX_KEYRING is set"):
        await without.decode([found], [dict])


async def test_a_key_of_this_keyring_that_is_not_here_yet_stops_and_an_invented_one_does_not(file: Path) -> None:
    here = codec(file)
    ring, elsewhere = read_keyring(file), rotated_elsewhere(file)
    found = await sealed(codec(elsewhere), payload(SECRET))
    with pytest.raises(Unopened, match=r"which the keyring here does not have.*no restart is needed"):
        await opened(here, found)
    elsewhere.replace(file)
    assert await opened(here, found) == payload(SECRET)
    kid = ring.current
    for invented in ("", "x", "20261130-aaaaaaaa.aaaaaaaaaaaaaaaa", f"{kid}x", kid.upper(), "\udcff"):
        made_up = Payload(metadata={"encoding": ENCRYPTED, KEY_ID: invented.encode(errors="replace")}, data=b"x" * 40)
        assert await opened(here, made_up) == made_up


async def test_what_inflates_without_end_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = read_keyring(file).encrypting
    monkeypatch.setattr(module, "LARGEST", 100_000)
    by = codec(file)
    with pytest.raises(ValueError, match="larger than 100000"):
        await by.encode([payload(b"0" * 100_001)])
    for inflated in (zlib.compress(b"0" * 100_000_000), zlib.compress(b"0" * 50)[:-2]):
        nonce, bound = b"\x00" * 12, b"\x00".join((b"signalbox payload", b"\x01", key.kid.encode(), b"default"))
        data = b"\x01" + nonce + AESGCM(key.content).encrypt(nonce, b"\x01" + inflated, bound)
        with pytest.raises(Unopened, match="inflates to more than 100000 bytes, or is not whole"):
            await opened(by, Payload(metadata={"encoding": ENCRYPTED, KEY_ID: key.kid.encode()}, data=data))


async def test_a_history_is_opened_with_its_failures_and_what_is_not_ours_stays(file: Path) -> None:
    converter, by = data_converter(Settings(keyring=file), "default"), codec(file)
    failure = Failure()
    cause = ValueError("the account NL91 is closed")
    error = RuntimeError("no payment")
    error.__cause__ = cause
    await converter.encode_failure(error, failure)
    assert (failure.message, failure.cause.message) == ("Encoded failure", "Encoded failure")
    event = HistoryEvent(event_type=EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED)
    event.activity_task_failed_event_attributes.failure.CopyFrom(failure)
    other = Payload(metadata={"encoding": ENCRYPTED, KEY_ID: b"of somebody else"}, data=b"?" * 50)
    signal = HistoryEvent(event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
    signal.workflow_execution_signaled_event_attributes.input.payloads.extend([other, await sealed(by, payload(b"1"))])
    started = HistoryEvent(event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED)
    started.workflow_execution_started_event_attributes.memo.fields["order"].CopyFrom(await sealed(by, payload(b"2")))
    started.user_metadata.summary.CopyFrom(await sealed(by, payload(b'"summary"')))
    await open_payloads([event, signal, started], converter)
    told = event.activity_task_failed_event_attributes.failure
    assert (told.message, told.cause.message) == ("no payment", "the account NL91 is closed")
    assert not told.HasField("encoded_attributes")
    assert list(signal.workflow_execution_signaled_event_attributes.input.payloads) == [other, payload(b"1")]
    assert started.workflow_execution_started_event_attributes.memo.fields["order"] == payload(b"2")
    assert started.user_metadata.summary == payload(b'"summary"')


async def test_a_failure_that_somebody_else_encoded_stays_as_it_is(file: Path) -> None:
    converter, event = data_converter(Settings(keyring=file), "default"), HistoryEvent()
    for said in (b"[]", b"null", b'{"stack_trace":"x"}', b"{"):
        failure = event.activity_task_failed_event_attributes.failure
        failure.encoded_attributes.CopyFrom(payload(said))
        await open_payloads([event], converter)
        assert failure.HasField("encoded_attributes")
