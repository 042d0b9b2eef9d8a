from itertools import permutations, product

from hypothesis import given
from hypothesis import strategies as st

from governance.assurance import weakest
from governance.people import Mandate
from governance.quorum import Vote, missing
from tests.actions import vote

ROLES = ("buyer", "finance", "head")
PEOPLE = ("anna", "ben", "cleo", "dora")


def mandates() -> st.SearchStrategy[tuple[Mandate, ...]]:
    giver = st.none() | st.sampled_from(PEOPLE)
    one = st.builds(lambda role, giver: Mandate(role=role, on_behalf_of=giver), st.sampled_from(ROLES), giver)
    return st.lists(one, max_size=3).map(tuple)


def votes() -> st.SearchStrategy[list[Vote]]:
    one = st.builds(lambda who, what: vote(who, mandates=what), st.sampled_from(PEOPLE), mandates())
    return st.lists(one, max_size=4)


def by_trying_everything(cast: list[Vote], places: list[str], deputies: frozenset[str]) -> int:
    """The most places that distinct people with distinct authority can fill."""
    most = 0
    choices = [[None, *one.mandates] for one in cast]
    for chosen in product(*choices):
        used = [(one, mandate) for one, mandate in zip(cast, chosen, strict=True) if mandate]
        people = [name for one, mandate in used for name in {one.person, mandate.on_behalf_of or one.person}]
        if len(people) != len(set(people)) or len(used) > len(places):
            continue
        for taken in permutations(places, len(used)):
            fits = (m.role == place or m.role in deputies for (_, m), place in zip(used, taken, strict=True))
            if all(fits):
                most = max(most, len(used))
    return most


@given(
    votes(),
    st.dictionaries(st.sampled_from(("buyer", "finance")), st.integers(1, 2), min_size=1),
    st.sets(st.sampled_from(("head", "buyer"))),
)
def test_as_many_places_are_filled_as_any_assignment_can_fill(
    cast: list[Vote], approvers: dict[str, int], deputies: set[str]
) -> None:
    places = [role for role, count in approvers.items() for _ in range(count)]
    left = missing(cast, approvers, deputies)
    assert sum(left.values()) == len(places) - by_trying_everything(cast, places, frozenset(deputies))
    assert all(0 < count <= approvers[role] for role, count in left.items())


def test_one_person_of_two_roles_fills_one_place() -> None:
    assert missing([vote("anna", "finance", "legal")], {"finance": 1, "legal": 1}) == {"legal": 1}


def test_a_later_vote_moves_an_earlier_one_to_its_other_role() -> None:
    cast = [vote("anna", "finance", "legal"), vote("ben", "finance")]
    assert missing(cast, {"finance": 1, "legal": 1}) == {}


def test_whoever_approves_for_another_uses_up_both() -> None:
    for_anna = vote("ben", mandates=(Mandate(role="finance", on_behalf_of="anna"),))
    assert missing([for_anna, vote("anna", "finance")], {"finance": 2}) == {"finance": 1}
    assert missing([for_anna, vote("ben", "finance")], {"finance": 2}) == {"finance": 1}
    assert missing([for_anna, vote("cleo", "finance")], {"finance": 2}) == {}


def test_a_name_written_otherwise_is_no_other_person() -> None:
    cast = [vote("anna", "finance"), vote(" Anna ", "finance"), vote("ANNA@desk", "finance")]
    assert missing(cast, {"finance": 2}) == {"finance": 1}


def test_a_deputy_fills_a_place_of_any_role_and_never_two() -> None:
    assert missing([vote("hedda", "head")], {"finance": 2}) == {"finance": 2}
    assert missing([vote("hedda", "head")], {"finance": 2}, ("head",)) == {"finance": 1}


def test_who_may_act_in_two_ways_acts_in_the_one_that_is_still_free() -> None:
    for_anna_or_oneself = (Mandate(role="finance", on_behalf_of="anna"), Mandate(role="finance", on_behalf_of=None))
    assert missing([vote("anna", "finance"), vote("ben", mandates=for_anna_or_oneself)], {"finance": 2}) == {}


def test_nobody_s_assurance_is_the_weakest_of_none() -> None:
    assert weakest(()) is None
    assert weakest(("step-up", "claimed", "signed")) == "claimed"
