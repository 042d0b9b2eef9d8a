"""What a request for another account is held against, and what the books refuse of it; pure or on SQLite."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.actions import ChangeBankDetails
from domain.bank import BankRequest, Contact, Objection, OnFile, SupplierRecord
from domain.checks.bank_details import change_of, examined, grouped, iban, masked, standing_of, verification_of
from domain.checks.identifiers import normal_account
from domain.errors import BadPolicy, IdempotencyConflict, Refused, Unavailable
from governance.bank_terms import load_bank_terms
from governance.people_file import load_people
from integrations.sandbox import Database, Faults, MasterData, SandboxErp, SandboxMail, letters, load_csv, put_on_file
from tests.books import ACCOUNT, BLOCKED, ON_FILE, STEEL
from tests.conftest import ROOT

NEW, DUTCH = "DE55999150150004423600", "NL84XBNK0999954321"
TODAY = date(2026, 11, 23)
CONTACT = Contact(supplier_id="S-1", since=date(2020, 1, 1), email="ap@stahl.example", phone="0049 30 23125 1")


def request(**changes: str) -> BankRequest:
    fields = {"supplier_id": "S-1", "account": NEW, "holder": "Stahl AG", "reference": "L-7", "reason": "a new bank"}
    return BankRequest.model_validate({**fields, "requester": "lars", **changes})


def record(**changes: object) -> SupplierRecord:
    fields = {"supplier": STEEL, "contact": CONTACT, "changes": 0, "shared_with": ()}
    return SupplierRecord.model_validate({**fields, **changes})


def held(found: SupplierRecord | None = None, **changes: str) -> OnFile | Objection:
    return examined(request(**changes), found or record(), TODAY, 30, "2 business days")


def on_file(found: SupplierRecord | None = None, **changes: str) -> OnFile:
    result = held(found, **changes)
    assert isinstance(result, OnFile), result
    return result


def change(**changes: object) -> ChangeBankDetails:
    return change_of(request(), on_file(), "MAIL-00001").model_copy(update=changes)


@pytest.mark.parametrize("typed", [NEW, "DE55 9991 5015 0004 4236 00", " de55\u00a09991 5015 0004 4236 00 "])
def test_an_iban_is_read_however_it_is_spaced(typed: str) -> None:
    assert iban(typed) == NEW


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "is no IBAN"),
        ("4711", "is no IBAN"),
        ("DE55-9991-5015-0004-4236-00", "is no IBAN"),
        ("DE55\u0660991 5015 0004 4236 00", "is no IBAN"),
        ("\uff24E55999150150004423600", "is no IBAN"),
        (NEW + " " * 100 + "x", "is no IBAN"),
        ("DE55999150150004423610", "wrong check digits"),
        ("DE5599915015000442360", "wrong check digits"),
        ("XX7099915015000442", "wrong check digits"),
        ("DE2899915015000442", "no account of DE"),
    ],
)
def test_what_is_no_iban_is_refused_in_words(typed: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        iban(typed)


@given(place=st.integers(0, 21), digit=st.sampled_from("0123456789"))
def test_one_wrong_digit_is_always_noticed(place: int, digit: str) -> None:
    typed = NEW[:place] + digit + NEW[place + 1 :]
    if typed != NEW:
        with pytest.raises(ValueError, match=r"IBAN|check digits"):
            iban(typed)


def test_a_mask_tells_the_country_and_four_characters_and_never_a_short_account() -> None:
    assert (masked(NEW), masked(None), masked("IE00X"), masked("")) == (
        "DE...3600",
        "no account",
        "...0X",
        "no account",
    )
    assert grouped(NEW).replace(" ", "") == NEW


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, "old"),
        ({"since": date(2026, 10, 24)}, "old"),
        ({"since": date(2026, 10, 25)}, "new"),
        ({"since": TODAY}, "new"),
        ({"since": date(2030, 1, 1)}, "new"),
        ({"email": None}, "absent"),
        ({"phone": None}, "absent"),
        ({"phone": ""}, "absent"),
    ],
)
def test_a_contact_verifies_something_if_it_is_whole_and_old_enough(changes: dict[str, object], standing: str) -> None:
    assert standing_of(CONTACT.model_copy(update=changes), TODAY, 30) == standing
    assert standing_of(None, TODAY, 0) == "absent"


@pytest.mark.parametrize(
    ("found", "changes", "risks"),
    [
        (record(), {}, ()),
        (record(), {"holder": "STAHL  AG"}, ()),
        (record(), {"holder": "Stahl Holding AG"}, ("holder_differs",)),
        (record(), {"account": DUTCH}, ("country_changes",)),
        (record(supplier=STEEL.model_copy(update={"account": None})), {}, ("first_account",)),
        (record(shared_with=("S-2",)), {}, ("account_of_another",)),
    ],
)
def test_what_is_unusual_is_named(found: SupplierRecord, changes: dict[str, str], risks: tuple[str, ...]) -> None:
    assert on_file(found, **changes).risks == risks


def test_a_request_is_known_again_by_supplier_change_account_and_reference() -> None:
    same = on_file(account=grouped(NEW).lower(), reference=" l 07 ", reason="other words")
    assert same.business_key == on_file().business_key
    others = [on_file(record(changes=1)), on_file(reference="L-8"), on_file(account=DUTCH)]
    assert len({other.business_key for other in (*others, same)}) == 4


def test_the_account_is_in_words_only_masked_where_the_supplier_reads_it() -> None:
    letter = letters.bank_change_asked(verification_of(on_file(holder="Visit http://thief.example")))
    assert "DE...3600" in letter.body
    for hidden in (NEW, ACCOUNT, "http", "thief", "L-7", "a new bank", "lars"):
        assert hidden not in letter.body


def test_a_hostile_name_stays_one_line_of_the_letter() -> None:
    hostile = STEEL.model_copy(update={"name": "Stahl\r\nBcc: thief@x.example\u202e AG"})
    body = letters.bank_change_asked(verification_of(on_file(record(supplier=hostile), holder="x"))).body
    assert body.splitlines()[0] == "Dear Stahl Bcc: thief@x.example[U+202E] AG,"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('cooling_off = "soon"', "cooling_off"),
        ('cooling_off = "2 business minutes"', "cooling_off"),
        ("contact_days = -1", "contact_days"),
        ("contact_days = 1.5", "contact_days"),
        ('calender_of = "treasury"', "calender_of: is not known"),
        ("version =", "not a TOML file"),
    ],
)
def test_terms_that_are_wrong_say_where(line: str, said: str) -> None:
    name = line.partition(" ")[0]
    whole = (ROOT / "policies" / "bank-terms.toml").read_text().splitlines()
    content = "\n".join([*(each for each in whole if not each.startswith(name)), line])
    with pytest.raises(BadPolicy, match=said):
        load_bank_terms(content.encode(), "bank-terms.toml")


def test_the_shipped_cooling_off_skips_the_weekend() -> None:
    terms = load_bank_terms((ROOT / "policies" / "bank-terms.toml").read_bytes(), "bank-terms.toml")
    people = load_people((ROOT / "policies" / "people.toml").read_bytes(), "people.toml", lambda _: b"")
    friday = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
    assert terms.end(friday, people) == datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
    with pytest.raises(BadPolicy, match="treasurer"):
        terms.model_copy(update={"calendar_of": "treasurer"}).end(friday, people)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    database = Database(f"sqlite:///{tmp_path}/books.db")
    await database.prepare()
    await put_on_file(database, ON_FILE)
    await put_on_file(database, MasterData(contacts=(CONTACT,)))
    yield database
    await database.close()


async def test_the_account_is_replaced_once_and_the_old_one_kept(database: Database) -> None:
    erp = SandboxErp(database)
    first = await erp.change_bank_details("k", change())
    again = await erp.change_bank_details("k", change())
    assert (first.first, again.first, again.reference) == (True, False, first.reference)
    [kept] = await erp.account_changes("S-1")
    assert (kept.old_account, kept.account, kept.key) == (ACCOUNT, NEW, "k")
    found = await erp.supplier_record("S-1", NEW)
    assert found is not None
    assert (found.supplier.account, found.changes, found.contact) == (NEW, 1, CONTACT)
    with pytest.raises(IdempotencyConflict):
        await erp.change_bank_details("k", change(account=DUTCH))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"old_account": DUTCH}, "were shown NL...4321"),
        ({"old_account": None}, "were shown no account"),
        ({"supplier_id": "S-9"}, "not in the supplier master"),
        ({"supplier_id": BLOCKED.id, "old_account": "IE00X"}, "is blocked"),
    ],
)
async def test_the_books_refuse_a_change_that_does_not_fit(
    database: Database, changes: dict[str, object], said: str
) -> None:
    erp = SandboxErp(database)
    with pytest.raises(Refused, match=said):
        await erp.change_bank_details("k", change(**changes))
    assert await erp.account_changes("S-1") == ()


async def test_of_changes_that_race_one_wins(database: Database) -> None:
    erp = SandboxErp(database)
    tries = (erp.change_bank_details(f"k{n}", change(account=account)) for n, account in enumerate((NEW, DUTCH) * 4))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Refused) for result in results) == 7
    assert len(await erp.account_changes("S-1")) == 1


async def test_a_change_whose_answer_is_lost_is_found_by_its_key(database: Database) -> None:
    erp = SandboxErp(database, Faults.parse("change_bank_details:fail_after*1"))
    with pytest.raises(Unavailable):
        await erp.change_bank_details("k", change())
    known = await erp.find_receipt("k", change())
    assert known is not None
    assert not known.first


async def test_a_note_leaves_only_for_an_address_that_was_on_file_for_this_supplier(database: Database) -> None:
    mail, note = SandboxMail(database), verification_of(on_file())
    for number, to in enumerate(("ap@stahl.example", "thief@x.example", "billing@tools.example", "")):
        if number:
            with pytest.raises(Refused, match="never a contact of supplier S-1"):
                await mail.verify_bank_details(f"k{number}", note.model_copy(update={"to": to}))
        else:
            assert (await mail.verify_bank_details("k", note)).first
    moved = STEEL.model_copy(update={"email": "new@stahl.example"})
    await put_on_file(database, MasterData(suppliers=(moved,)))
    assert (await mail.verify_bank_details("k9", note)).first


async def test_a_contact_is_never_forgotten_and_the_newest_counts(database: Database) -> None:
    newer = CONTACT.model_copy(update={"since": TODAY, "email": "new@stahl.example"})
    await put_on_file(database, MasterData(contacts=(newer, newer)))
    found = await SandboxErp(database).supplier_record("S-1", NEW)
    assert found is not None
    assert found.contact == newer
    assert (await SandboxMail(database).verify_bank_details("k", verification_of(on_file()))).first
    twin = newer.model_copy(update={"email": "twin@stahl.example"})
    await put_on_file(database, MasterData(contacts=(twin,)))
    found = await SandboxErp(database).supplier_record("S-1", NEW)
    assert found is not None
    assert found.contact is None


async def test_an_account_that_another_supplier_has_is_seen_however_it_is_written(database: Database) -> None:
    other = STEEL.model_copy(update={"id": "S-8", "vat_id": None, "account": grouped(NEW).lower()})
    await put_on_file(database, MasterData(suppliers=(other,)))
    found = await SandboxErp(database).supplier_record("S-1", NEW)
    assert found is not None
    assert found.shared_with == ("S-8",)


async def test_the_samples_have_contacts_and_a_file_without_them_loads_too(database: Database, tmp_path: Path) -> None:
    for file in (ROOT / "samples" / "erp").iterdir():
        lines = file.read_text().splitlines()
        if file.name == "suppliers.csv":
            assert lines[0].endswith(",phone,contact_since")
            lines = [line.rsplit(",", 2)[0] for line in lines]
        (tmp_path / file.name).write_text("\n".join(lines))
    await load_csv(database, tmp_path)
    without = await SandboxErp(database).supplier_record("70001", NEW)
    await load_csv(database, ROOT / "samples" / "erp")
    with_contact = await SandboxErp(database).supplier_record("70001", NEW)
    assert without is not None
    assert with_contact is not None
    assert (without.contact, with_contact.contact is not None) == (None, True)
    assert normal_account(with_contact.supplier.account) == ACCOUNT
