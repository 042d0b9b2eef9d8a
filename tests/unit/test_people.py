from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import BadPolicy
from governance.calendars import Calendar
from governance.limits import stake
from governance.people import Asked, Delegation, Directory, Handover, Limit, Mandate, OidcSubject, Person, RoleEntry
from governance.rates import Rates, load_rates
from tests.actions import bill

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAYS = (date(2026, 11, 23), date(2026, 11, 24))
OFFICE = Calendar(zone="Europe/Berlin", opens=time(9), closes=time(17), days=(0, 1, 2, 3, 4))
APIA = OFFICE.model_copy(update={"zone": "Pacific/Apia"})
RATES = load_rates(
    b'base = "EUR"\nsource = "a test"\nmax_age_days = 7\n[[day]]\ndate = 2026-11-20\nUSD = "0.5"\n', "rates.toml"
)
EUR_1000 = Limit(amount=Decimal(1000), currency="EUR")


def person(name: str, *roles: str, limit: Limit | None = None, delegates: tuple[str, ...] = ()) -> Person:
    return Person(
        id=name,
        name=name.title(),
        email=f"{name}@example.com",
        roles=roles,
        limit=limit,
        principals=(f"sso|{name}",),
        oidc=(OidcSubject(issuer="https://login.example.com", subject=f"sub-{name}"),),
        keys=(),
        delegates=delegates,
    )


def directory(*people: Person, lent: tuple[Delegation, ...] = ()) -> Directory:
    return Directory(
        version="1",
        file_digest="0" * 64,
        people=people,
        roles=(
            RoleEntry(id="finance", calendar="office", mailbox=None),
            RoleEntry(id="ap", calendar="apia", mailbox=None),
        ),
        calendars={"office": OFFICE, "apia": APIA},
        delegations=lent,
        issuers=(),
    )


def lent(giver: str, taker: str, *roles: str, since: date = DAYS[0], until: date = DAYS[1]) -> Delegation:
    return Delegation(giver=giver, taker=taker, roles=roles, since=since, until=until)


def asked(
    *roles: str,
    amount: str | None = None,
    currency: str | None = "EUR",
    at: datetime = AT,
    handed: tuple[Handover, ...] = (),
    requester: str = "mailroom",
) -> Asked:
    return Asked(
        roles=roles,
        amount=Decimal(amount) if amount else None,
        currency=currency,
        at=at,
        handed=handed,
        requester=requester,
    )


GRETA, HUGO, INES = person("greta", "finance"), person("hugo", "ap", limit=EUR_1000), person("ines")


@pytest.mark.parametrize(
    "name", ["greta", "GRETA", " greta ", "greta@laptop", "Greta@example.com", "sso|GRETA", "g\uff52eta"]
)
def test_a_person_is_known_under_each_of_their_names_however_written(name: str) -> None:
    assert directory(GRETA, HUGO).known_as(name) == GRETA


@pytest.mark.parametrize("name", ["", "@", "@greta", "gret", "greta hugo", "greta\u200b", "Greta Surname"])
def test_nobody_is_known_under_half_a_name(name: str) -> None:
    assert directory(GRETA, HUGO).known_as(name) is None


def test_proofs_name_somebody_exactly_or_nobody() -> None:
    people = directory(GRETA, HUGO)
    assert people.by_principal("sso|greta") == GRETA
    assert people.by_principal("SSO|greta") is None
    assert people.by_principal("greta") is None
    assert people.by_subject("https://login.example.com", "sub-hugo") == HUGO
    assert people.by_subject("https://login.example.org", "sub-hugo") is None
    assert people.by_subject("https://login.example.com", "sub-HUGO") is None
    assert people.person("greta") == GRETA
    assert people.person("Greta") is None


def test_a_person_may_fill_the_roles_they_hold() -> None:
    both = person("olga", "ap", "finance")
    assert directory(both).mandates(both, asked("finance", "ap")) == (
        Mandate(role="finance", on_behalf_of=None),
        Mandate(role="ap", on_behalf_of=None),
    )
    assert directory(GRETA).mandates(GRETA, asked("ap")) == (
        "Greta has none of the roles asked for, of their own or lent: ap"
    )


@pytest.mark.parametrize(
    ("amount", "currency", "may"),
    [
        (None, "EUR", True),
        ("1000", "EUR", True),
        ("1000.0000000001", "EUR", False),
        ("-1000.01", "EUR", False),
        ("2000", "USD", True),
        ("2000.01", "USD", False),
        ("1", "JPY", False),
        ("1", None, False),
    ],
)
def test_a_limit_covers_an_amount_up_to_itself_in_any_currency_that_has_a_rate(
    amount: str | None, currency: str | None, *, may: bool
) -> None:
    found = directory(HUGO).mandates(HUGO, asked("ap", amount=amount, currency=currency), RATES)
    assert isinstance(found, tuple) is may


def test_without_a_usable_rate_only_somebody_without_limit_decides_on_a_foreign_amount() -> None:
    people = directory(GRETA, HUGO)
    foreign = asked("finance", "ap", amount="1", currency="USD", at=datetime(2026, 12, 1, tzinfo=UTC))
    assert people.mandates(HUGO, foreign, RATES) == (
        "the limit of Hugo is 1000 EUR, and no rate in rates.toml is recent enough to hold 1 USD against it"
    )
    assert people.mandates(HUGO, asked("ap", amount="1", currency="USD")) != ()
    assert isinstance(people.mandates(GRETA, foreign, None), tuple)


def test_too_large_an_amount_is_said_with_both_figures() -> None:
    assert directory(HUGO).mandates(HUGO, asked("ap", amount="1200.50")) == (
        "the limit of Hugo is 1000 EUR, and 1200.50 EUR is at stake"
    )


def test_what_is_lent_comes_with_the_limit_of_its_giver() -> None:
    people = directory(GRETA, HUGO, INES, lent=(lent("hugo", "ines", "ap"), lent("greta", "hugo", "finance")))
    assert people.mandates(INES, asked("ap", amount="1000")) == (
        Mandate(role="ap", on_behalf_of="hugo", via="delegation"),
    )
    assert isinstance(people.mandates(INES, asked("ap", amount="1001")), str)
    assert people.mandates(HUGO, asked("ap", "finance", amount="5000")) == (
        Mandate(role="finance", on_behalf_of="greta", via="delegation"),
    )


def test_what_is_lent_cannot_be_lent_on() -> None:
    people = directory(GRETA, HUGO, INES, lent=(lent("greta", "hugo", "finance"), lent("hugo", "ines", "finance")))
    assert isinstance(people.mandates(INES, asked("finance")), str)


@pytest.mark.parametrize(
    ("at", "held"),
    [
        (datetime(2026, 11, 22, 9, 59, tzinfo=UTC), False),  # 22:59 in Apia on the 22nd
        (datetime(2026, 11, 22, 11, 0, tzinfo=UTC), True),  # midnight in Apia: the 23rd begins
        (datetime(2026, 11, 23, 10, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 23, 11, 0, tzinfo=UTC), False),
    ],
)
def test_a_delegation_lasts_from_its_first_to_its_last_day_where_the_role_works(at: datetime, *, held: bool) -> None:
    people = directory(HUGO, INES, lent=(lent("hugo", "ines", "ap", until=DAYS[0]),))
    assert isinstance(people.mandates(INES, asked("ap", at=at)), tuple) is held
    assert (INES in people.who("ap", at)) is held


def test_who_counts_holders_and_takers_once_each() -> None:
    people = directory(GRETA, HUGO, INES, lent=(lent("greta", "ines", "finance"), lent("greta", "ines", "finance")))
    assert people.who("finance", AT) == (GRETA, INES)
    assert people.who("unheard-of", AT) == ()


@pytest.mark.parametrize("name", ["hugo", "HUGO", "hugo@laptop", "hugo@example.com", "sso|hugo"])
def test_the_requester_never_decides_nor_does_anybody_for_them(name: str) -> None:
    people = directory(GRETA, HUGO, INES, lent=(lent("hugo", "ines", "ap"), lent("greta", "hugo", "finance")))
    assert people.mandates(HUGO, asked("ap", "finance", requester=name)) == "the person who asked cannot decide"
    assert people.mandates(INES, asked("ap", requester=name)) == "nobody can decide on behalf of the person who asked"


def test_who_holds_the_role_too_may_decide_although_the_requester_lent_it_to_them() -> None:
    olga = person("olga", "ap")
    people = directory(HUGO, olga, lent=(lent("hugo", "olga", "ap"),))
    assert people.mandates(olga, asked("ap", requester="hugo")) == (Mandate(role="ap", on_behalf_of=None),)


def test_a_handover_gives_this_one_decision_as_long_as_its_giver_may_hand_it() -> None:
    giver, taker = person("hugo", "ap", limit=EUR_1000, delegates=("ines",)), INES
    passed = (Handover(giver="hugo", taker="ines"),)
    people = directory(giver, taker)
    assert people.mandates(taker, asked("ap", amount="1000", handed=passed)) == (
        Mandate(role="ap", on_behalf_of="hugo", via="handover"),
    )
    assert isinstance(people.mandates(taker, asked("ap", amount="1001", handed=passed)), str)
    assert isinstance(people.mandates(taker, asked("ap", handed=passed, requester="hugo")), str)
    assert isinstance(directory(HUGO, taker).mandates(taker, asked("ap", handed=passed)), str)
    assert isinstance(directory(taker).mandates(taker, asked("ap", handed=passed)), str)
    assert isinstance(people.mandates(taker, asked("finance", handed=passed)), str)
    assert people.mandates(giver, asked("ap", handed=passed)) == (Mandate(role="ap", on_behalf_of=None),)


def test_a_decision_is_handed_to_whom_the_directory_names() -> None:
    giver = person("hugo", "ap", limit=EUR_1000, delegates=("ines", "greta"))
    people = directory(GRETA, giver, INES, person("olga", "ap"))
    assert people.may_hand(giver, "INES@example.com", asked("ap")) == INES
    assert people.may_hand(giver, "nobody", asked("ap")) == "nobody of that name is in people.toml"
    assert "may not hand decisions to Olga" in str(people.may_hand(giver, "olga", asked("ap")))
    assert "may not hand decisions to Hugo" in str(people.may_hand(giver, "hugo", asked("ap")))
    assert people.may_hand(giver, "ines", asked("ap", requester="ines")) == (
        "a decision cannot be handed to the person who asked for it"
    )
    assert people.may_hand(giver, "ines", asked("ap", requester="hugo")) == "the person who asked cannot decide"
    assert "is at stake" in str(people.may_hand(giver, "ines", asked("ap", amount="1001")))
    assert "none of the roles" in str(people.may_hand(giver, "ines", asked("finance")))
    assert people.may_hand(giver, "ines", asked("ap", amount="2000", currency="USD"), RATES) == INES


def test_borrowed_authority_cannot_be_handed_on() -> None:
    taker = person("ines", delegates=("greta",))
    people = directory(GRETA, HUGO, taker, lent=(lent("hugo", "ines", "ap"),))
    assert "cannot be handed on" in str(people.may_hand(taker, "greta", asked("ap")))


def test_an_unknown_role_has_no_calendar_and_the_error_says_the_mend() -> None:
    assert directory(GRETA).calendar_of("ap") == APIA
    with pytest.raises(BadPolicy, match=r"marketing is no role there; roles are finance, ap. Add \[role.marketing\]"):
        directory(GRETA).calendar_of("marketing")


def test_money_is_at_stake_only_where_an_action_moves_it() -> None:
    paid = bill(payable=Decimal(77))
    assert stake(paid).amount == Decimal(77)
    assert stake(paid).currency == "EUR"
    note = type("Note", (type(paid),), {"effect": "message"}).model_construct(**dict(paid))
    assert (stake(note).amount, stake(note).currency) == (None, None)


NAMES = ("ann", "bea", "cem", "dov")
ROLES = ("finance", "ap")
some_limits = st.sampled_from([None, EUR_1000, Limit(amount=Decimal(2000), currency="USD")])


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Directory, Asked]:
    people = [
        person(
            name,
            *draw(st.sets(st.sampled_from(ROLES))),
            limit=draw(some_limits),
            delegates=tuple(draw(st.sets(st.sampled_from(NAMES)))),
        )
        for name in NAMES
    ]
    pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))
    loans = [
        lent(giver, taker, *draw(st.sets(st.sampled_from(ROLES), min_size=1)), until=draw(st.sampled_from(DAYS)))
        for giver, taker in draw(st.lists(pairs, max_size=4))
        if giver != taker
    ]
    return directory(*people, lent=tuple(loans)), asked(
        *draw(st.sets(st.sampled_from(ROLES), min_size=1)),
        amount=draw(st.sampled_from([None, "999", "1000", "1001", "2000"])),
        currency=draw(st.sampled_from(["EUR", "USD", "JPY"])),
        handed=tuple(Handover(giver=giver, taker=taker) for giver, taker in draw(st.lists(pairs, max_size=3))),
        requester=draw(st.sampled_from([*NAMES, "mailroom", "ann@host"])),
    )


WORTH = {"EUR": Decimal(2), "USD": Decimal(1)}


def covered(giver: Person, question: Asked) -> bool:
    if question.amount is None or giver.limit is None or question.currency is None:
        return True
    if question.currency not in WORTH:
        return False
    return question.amount * WORTH[question.currency] <= giver.limit.amount * WORTH[giver.limit.currency]


def authorities(people: Directory, who: str, question: Asked) -> set[tuple[str, str]]:
    """Every (role, whose) a person may fill: from all triples, those that no rule forbids."""
    asker = question.requester.split("@")[0]
    there = question.at.astimezone(UTC).date()
    found = set[tuple[str, str]]()
    for role in question.roles:
        today = there if role == "finance" else date(2026, 11, 24)  # it is past midnight in Apia
        for giver in people.people:
            own = giver.id == who
            borrowed = any(
                each.giver == giver.id
                and each.taker == who
                and role in each.roles
                and each.since <= today <= each.until
                for each in people.delegations
            )
            handed = Handover(giver=giver.id, taker=who) in question.handed and who in giver.delegates
            if role in giver.roles and (own or borrowed or handed) and asker not in (who, giver.id):
                found |= {(role, giver.id)} if covered(giver, question) else set()
    return found


@settings(max_examples=400)
@given(worlds())
def test_mandates_are_what_the_rules_say_taken_one_by_one(world: tuple[Directory, Asked]) -> None:
    people, question = world
    for each in people.people:
        found = people.mandates(each, question, RATES)
        got = {(mandate.role, mandate.on_behalf_of or each.id) for mandate in found if not isinstance(found, str)}
        assert got == authorities(people, each.id, question)
        assert isinstance(found, str) is (not got)
        assert isinstance(found, str) or len(found) == len(set(found)) == len(got)


def test_rates_of_the_test_model_are_those_of_the_directory() -> None:
    assert isinstance(RATES, Rates)
    assert RATES.days[0].worth == {"USD": WORTH["USD"] / WORTH["EUR"]}
