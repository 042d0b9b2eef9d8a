"""What support promises, and when a promise is nearly used up or broken."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.actions.tickets import Priority
from domain.errors import BadPolicy
from domain.ticket_terms import Level, Promise
from governance.sla import load_sla
from governance.sla_clock import OpenTime, Pause, calendar_of, clocks
from governance.ticket_words import load_ticket_words
from integrations.policy_folder import PolicyFolder
from tests.conftest import ROOT
from tests.tickets import AT, SLA, TERMS, VOCABULARY, WORDS, contract, queues

DESK = OpenTime(zone="Europe/Dublin", opens=time(8), closes=time(20), days=(0, 1, 2, 3, 4, 5))
DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def moments(promise: Promise, since: datetime, *pauses: Pause) -> list[str]:
    found = clocks(promise, DESK, since, warn_at=TERMS.warn_at, pauses=pauses)
    return [f"{moment:%a %H:%M}" if moment else "-" for clock in found for moment in (clock.warn_at, clock.breach_at)]


@pytest.mark.parametrize(
    ("priority", "since", "expected"),
    [
        ("urgent", MONDAY, ["Mon 09:12", "Mon 09:15", "Mon 12:12", "Mon 13:00"]),
        ("high", MONDAY, ["Mon 09:48", "Mon 10:00", "Mon 15:24", "Mon 17:00"]),
        ("medium", MONDAY, ["Mon 12:12", "Mon 13:00", "Tue 16:12", "Wed 09:00"]),  # the desk is open for twelve hours
        ("urgent", MONDAY - timedelta(hours=4), ["Mon 08:12", "Mon 08:15", "Mon 11:12", "Mon 12:00"]),
        ("high", MONDAY + timedelta(hours=10, minutes=30), ["Tue 08:18", "Tue 08:30", "Tue 13:54", "Tue 15:30"]),
        ("urgent", MONDAY - 2 * DAY + timedelta(hours=12), ["Mon 08:12", "Mon 08:15", "Mon 11:12", "Mon 12:00"]),
    ],
)
def test_a_promise_runs_in_open_time(priority: Priority, since: datetime, expected: list[str]) -> None:
    assert moments(TERMS.promise(priority, None), since) == expected


def test_a_clock_stands_while_we_wait_for_the_customer() -> None:
    promise = TERMS.promise("high", None)
    waited = Pause(since=MONDAY + timedelta(minutes=30), until=MONDAY + timedelta(hours=3, minutes=30))
    assert moments(promise, MONDAY, waited) == ["Mon 12:48", "Mon 13:00", "Mon 18:24", "Mon 20:00"]
    waits = Pause(since=MONDAY + timedelta(minutes=30), until=None)
    assert moments(promise, MONDAY, waits) == ["-", "-", "-", "-"]


def test_what_was_due_before_a_pause_stays_due() -> None:
    waits = Pause(since=MONDAY + timedelta(minutes=50), until=None)
    assert moments(TERMS.promise("high", None), MONDAY, waits) == ["Mon 09:48", "-", "-", "-"]


MOMENTS = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LENGTHS = st.integers(min_value=1, max_value=720_000).map(lambda seconds: timedelta(seconds=seconds))


@given(MOMENTS, LENGTHS)
def test_a_length_of_open_time_ends_when_the_place_was_open_that_long(start: datetime, length: timedelta) -> None:
    assert DESK.open_between(start, DESK.after_open(start, length)) == length


@given(MOMENTS, LENGTHS, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9)), LENGTHS)
def test_a_pause_never_makes_a_clock_run_out_earlier(
    since: datetime, length: timedelta, after: timedelta, pause: timedelta
) -> None:
    promise = Promise(first_reply=length, resolution=length)
    waited = Pause(since=since + after, until=since + after + pause)
    plain, _ = clocks(promise, DESK, since, warn_at=Decimal(1))
    later, _ = clocks(promise, DESK, since, warn_at=Decimal(1), pauses=(waited,))
    assert plain.breach_at
    assert later.breach_at
    assert later.breach_at >= plain.breach_at
    assert plain.warn_at == plain.breach_at


def test_nothing_is_open_between_a_moment_and_an_earlier_one() -> None:
    assert DESK.open_between(MONDAY, MONDAY - DAY) == timedelta(0)


async def test_a_queue_runs_by_a_calendar_or_by_that_of_a_role() -> None:
    directory = await PolicyFolder(ROOT / "policies").directory()
    queue = queues()[0]
    assert calendar_of(queue, directory).zone == "Europe/Dublin"
    assert calendar_of(queue.model_copy(update={"calendar": "support"}), directory).opens == time(8)
    with pytest.raises(BadPolicy, match=r"The queue accounts runs by the calendar 'moon'.*office, desk"):
        calendar_of(queue.model_copy(update={"calendar": "moon"}), directory)


def test_a_contract_promises_in_place_of_the_grid() -> None:
    own = TERMS.promise("low", contract(first_reply_minutes=20))
    assert own == Promise(first_reply=timedelta(minutes=20), resolution=timedelta(hours=72))
    assert TERMS.promise("low", contract(resolution_hours=5)).resolution == timedelta(hours=5)
    assert TERMS.promise("low", None).first_reply == timedelta(hours=8)


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"),
    [("high", "high", "urgent"), ("high", "low", "medium"), ("medium", "medium", "medium"), ("low", "low", "low")],
)
def test_priority_is_impact_by_urgency(impact: Level, urgency: Level, priority: Priority) -> None:
    assert TERMS.priority(impact, urgency) == priority


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('warn_at = "0.8"', 'warn_at = "1.8"', "warn_at: is 1.8; it is a share above 0 and up to 1"),
        ('warn_at = "0.8"', 'warn_at = "0"', "warn_at: is 0; it is a share"),
        ('warn_at = "0.8"', "warn_at = 0.8", "write 0.8 in quotes"),
        ("reassigned_times = 3", "reassigned_times = 0", "reassigned_times: is 0; it must be from 1"),
        ('"15 minutes"', '"15 business hours"', "promise urgent, first_reply: is counted in open time anyhow"),
        ('"15 minutes"', '"5 hours"', "promise urgent, first_reply: is longer than resolution"),
        ('"15 minutes"', '"soon"', "promise urgent, first_reply: 'soon' is no wait"),
        ("[priority.low]", "[priority.tiny]", "priority.low: must be given; a table for each of high, medium, low"),
        ("[priority.low]", "[priority.low.x]\n[priority.tiny]", "priority, tiny: is not known here"),
        ('low = "medium"', 'low = "middling"', "is 'middling'; it is one of urgent, high, medium, low"),
        ('vip = "high"', 'vpi = "high"', "least, vpi: is no flag; flags are vip, security"),
        ("link_from", "link_form", "the file, link_form: is not known here"),
        ("[least]", "[[least]]", "least: is a section"),
    ],
)
def test_a_mistake_in_the_terms_is_named_with_its_mend(old: str, new: str, said: str) -> None:
    with pytest.raises(BadPolicy) as refused:
        load_sla(SLA.decode().replace(old, new, 1).encode(), "policies/sla.toml")
    assert "policies/sla.toml" in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('refunds = ["request_refund"]', 'refunds = ["refund"]', "refunds: refund is no intent of this file"),
        ('words = ["pin ..', 'words = ["PIN ..', "wish pin_blocked, words: 'PIN .. "),
        ('words = ["pin ..', 'words = [".. pin ..', "is no phrase"),
        ('words = ["pin ..', 'words = ["pin| ..', "is no phrase"),
        ("[wish.pin_blocked]", "[wish.PIN]", "wish PIN: an intent is named in small letters"),
        ('reasons = ["edit_personal_details"]', 'reasons = ["change_address"]', "nothing is a reason for itself"),
        ('reasons = ["edit_personal_details"]', "reason = []", "is not known here; known are words, reasons"),
    ],
)
def test_a_mistake_in_the_words_is_named_with_its_mend(old: str, new: str, said: str) -> None:
    changed = WORDS.decode().replace(old, new, 1)
    assert changed != WORDS.decode()
    with pytest.raises(BadPolicy) as refused:
        load_ticket_words(changed.encode(), "policies/ticket-words.toml")
    assert "policies/ticket-words.toml" in str(refused.value)
    assert said in str(refused.value)


def test_a_wish_without_words_is_refused() -> None:
    with pytest.raises(BadPolicy, match="words: must be given"):
        load_ticket_words(b'version = "1"\n[wish.one]\nwords = []\n', "w.toml")


async def test_the_folder_gives_both_as_they_are_now(tmp_path: Path) -> None:
    (tmp_path / "sla.toml").write_bytes(SLA)
    (tmp_path / "ticket-words.toml").write_bytes(WORDS)
    folder = PolicyFolder(tmp_path)
    assert await folder.ticket_rules() == (TERMS, VOCABULARY)
    (tmp_path / "sla.toml").write_bytes(SLA.replace(b"duplicate_hours = 72", b"duplicate_hours = 1"))
    assert (await folder.ticket_rules())[0].duplicate_hours == 1


def test_every_intent_of_the_sample_queues_has_words_or_a_synonym_that_has() -> None:
    unspoken = {intent for queue in queues() for intent in queue.intents} - {wish.intent for wish in VOCABULARY.wishes}
    assert unspoken <= {"card_declined", "transaction_charged_twice"}
    assert {wish.intent for wish in VOCABULARY.wishes} <= {intent for queue in queues() for intent in queue.intents}


def test_the_clocks_begin_when_the_message_came() -> None:
    first, resolution = clocks(TERMS.promise("urgent", None), DESK, AT, warn_at=TERMS.warn_at)
    assert (first.name, resolution.name) == ("first_reply", "resolution")
