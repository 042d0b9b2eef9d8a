"""Spans through OpenTelemetry's encoder against the JSON that the file and the evidence have."""

import base64
from typing import Any

from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource

from governance.trail.assembly import assembled
from governance.trail.spans import Link, Span, SpanEvent, otlp, spans_of
from integrations.telemetry.exporter import readable
from tests.trails import STORED, scene

WHO = Resource({"service.name": "till"})
HOSTILE = ("\0", "\u202e", "]]>", "💥", "\x1b[2J", '"}]}', "\ufeff", "x" * 70_000)

texts = st.text(max_size=30) | st.sampled_from(HOSTILE)
integers = st.integers() | st.sampled_from([2**63, 2**63 - 1, -(2**63), -(2**63) - 1])
values = texts | st.booleans() | integers | st.lists(texts, max_size=3).map(tuple)
attributes = st.dictionaries(texts.filter(bool), values, max_size=4)
moments = st.integers(0, 2**64 - 1)
traces, ids = (st.binary(min_size=size, max_size=size).filter(any).map(bytes.hex) for size in (16, 8))

spans = st.builds(
    Span,
    trace_id=traces,
    span_id=ids,
    parent_span_id=st.none() | ids,
    name=texts,
    start_ns=moments,
    end_ns=moments,
    message=texts,
    attributes=attributes,
    events=st.lists(st.builds(SpanEvent, name=texts, time_ns=moments, attributes=attributes), max_size=2).map(tuple),
    links=st.lists(st.builds(Link, trace_id=traces, span_id=ids, attributes=attributes), max_size=2).map(tuple),
)


def sent(span: Span) -> Any:
    """The span as OpenTelemetry's SDK and encoder send it."""
    [group] = encode_spans([readable(span, WHO)]).resource_spans
    assert [(each.key, each.value.string_value) for each in group.resource.attributes] == [("service.name", "till")]
    [made] = group.scope_spans[0].spans
    for each in (made, *made.links):
        each.ClearField("flags")  # says whether a parent is in another process, which nobody asks of a trail
    return made


def same(span: Span) -> bool:
    said = span if span.status == "ERROR" else span.model_copy(update={"message": ""})
    return dense(hexed(MessageToDict(sent(said), use_integers_for_enums=True))) == dense(otlp(said))


@given(spans)
def test_any_span_says_the_same_in_the_file_and_over_the_wire(span: Span) -> None:
    assert same(span)


def test_every_stored_span_says_the_same_in_the_file_and_over_the_wire() -> None:
    names = {file.name.partition(".")[0] for file in STORED.glob("*.json")}
    made = [span for name in names for span in spans_of(assembled(scene(name)), content=True, routine=True)]
    assert len(made) > 300
    assert [span.span_id for span in made if not same(span)] == []


def hexed(value: Any) -> Any:
    """Protobuf's JSON with ids as OTLP's JSON has them."""
    if isinstance(value, list):
        return [hexed(each) for each in value]
    if not isinstance(value, dict):
        return value
    ids_ = {"traceId", "spanId", "parentSpanId"}
    return {key: base64.b64decode(each).hex() if key in ids_ else hexed(each) for key, each in value.items()}


def dense(value: Any) -> Any:
    """Without what is left out where it says nothing; a value of an attribute always says something."""
    if isinstance(value, list):
        return [dense(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: dense(each) for key, each in value.items()}
    return {key: each for key, each in kept.items() if key.endswith("Value") or each not in ("", "0", 0, [], {})}


def test_a_number_beyond_the_protocol_goes_as_text() -> None:
    [span, *_] = spans_of(assembled(scene("clean-ubl")))
    for number in (2**63, -(2**63) - 1, 10**40):
        said = span.model_copy(update={"attributes": {"n": number}})
        assert sent(said).attributes[0].value.string_value == str(number)
        assert same(said)
