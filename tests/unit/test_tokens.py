"""Answers signed with a key of one's own: what counts, and everything that must not."""

import base64
import json
import re
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey, RSAKey

from domain.text import show
from governance.tokens import Binding, Proven, signed_answer
from tests.tokens import (
    AT,
    BINDING,
    NOW,
    compact,
    directory,
    encoded,
    forged,
    genuine,
    key,
    later,
    own_claims,
    own_header,
    part,
    person,
    point,
    proven,
    public,
    why_not,
    with_secret,
)

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def changed(**changes: Any) -> Binding:
    return BINDING.model_copy(update=changes)


def test_a_signed_answer_proves_who_gave_it() -> None:
    assert proven(genuine()) == Proven(person="nora", assurance="signed", how="signed with key nora-key")


@pytest.mark.parametrize("answer", ["approve", "reject", "comment", "delegate"])
def test_each_kind_of_answer_can_be_signed_with_or_without_a_note(answer: str) -> None:
    for note in (None, "geprüft ✓"):
        binding = changed(answer=answer, note=note, changes=None, person="otto")
        assert isinstance(proven(genuine(binding), binding), Proven)


def test_the_older_name_of_the_algorithm_is_the_same_signature() -> None:
    assert isinstance(proven(forged(own_header(alg="EdDSA"))), Proven)


def test_the_same_caller_beside_the_key_is_a_step_up() -> None:
    assert proven(genuine(), principal="user:nora") == Proven(
        person="nora", assurance="step-up", how="signed with key nora-key, and the server authenticated the caller"
    )


def test_another_caller_than_the_key_s_owner_does_not_count() -> None:
    assert why_not(genuine(), principal="user:otto") == "the token is of nora, and the caller is otto"


@pytest.mark.parametrize("principal", [None, "", "service:desk"])
def test_a_caller_whom_the_directory_does_not_know_adds_nothing(principal: str | None) -> None:
    given = proven(genuine(), principal=principal)
    assert isinstance(given, Proven)
    assert given.assurance == "signed"


@pytest.mark.parametrize(
    ("changes", "other"),
    [
        ({"request": "b" * 64}, "request"),
        ({"run_id": "run-2"}, "run of the approval"),
        ({"answer": "reject"}, "kind of answer"),
        ({"note": "not checked"}, "note"),
        ({"note": None}, "note"),
        ({"changes": {"due_date": "2026-12-25"}}, "set of changes"),
        ({"changes": None}, "set of changes"),
        ({"person": "otto"}, "person to decide"),
        ({"request": "b" * 64, "note": ""}, "request and another note"),
    ],
)
def test_a_token_for_another_answer_says_what_is_other(changes: dict[str, Any], other: str) -> None:
    assert why_not(genuine(), changed(**changes)) == f"the token was signed for another {other}; sign this one"


@pytest.mark.parametrize("parts", [..., None, 1, {}, BINDING.parts()])
def test_what_a_token_says_of_its_parts_explains_and_decides_nothing(parts: object) -> None:
    assert isinstance(proven(forged(claims=own_claims(parts=parts))), Proven)
    other = why_not(forged(claims=own_claims(parts=parts, answer="b" * 64)))
    assert other.startswith("the token was signed for another ")


@pytest.mark.parametrize("answer", [..., None, 1, "", [BINDING.digest()], BINDING.digest().upper()])
def test_a_token_that_does_not_name_its_answer_does_not_count(answer: object) -> None:
    assert why_not(forged(claims=own_claims(answer=answer))) == "the token was signed for another answer; sign this one"


def test_the_digest_tells_apart_what_people_tell_apart() -> None:
    variants = [
        {},
        {"note": None},
        {"note": ""},
        {"note": "null"},
        {"changes": None},
        {"changes": {}},
        {"changes": {"due_date": 1}},
        {"changes": {"due_date": True}},
        {"changes": {"due_date": "1"}},
        {"changes": {"due_date": 1.0}},
        {"person": "approve"},
        {"run_id": "run-1checked"},
    ]
    assert len({changed(**each).digest() for each in variants}) == len(variants)
    assert BINDING.digest() == BINDING.model_validate_json(BINDING.model_dump_json()).digest()


def test_the_key_decides_who_signed_whatever_the_token_says() -> None:
    ottos = forged(own_header(kid="otto-key"), by=key("otto"))
    assert why_not(ottos) == "the token says it is of “nora”, and otto's key signed it"
    assert why_not(forged(by=key("otto"))).startswith("the signature does not match")
    assert why_not(forged(own_header(kid="otto-key"))).startswith("the signature does not match")


@pytest.mark.parametrize(
    "sub", [..., None, 1, "otto", "NORA", "nora ", "\uff4eora", "nor\u0430", "nora\u202e", ["nora"]]
)
def test_only_the_exact_id_of_the_key_s_owner_is_the_signer(sub: object) -> None:
    reason = why_not(forged(claims=own_claims(sub=sub)))
    assert reason.endswith("nora's key signed it")
    assert "\u202e" not in reason


@pytest.mark.parametrize("kid", [..., None, 1, "", "mallory", ["nora-key"], {"kid": "nora-key"}, "a" * 400])
def test_a_key_that_nobody_has_does_not_count(kid: object) -> None:
    reason = why_not(forged(own_header(kid=kid)))
    assert reason.startswith("the directory knows no key with the id")
    assert len(reason) < 120
    assert reason.encode()


@pytest.mark.parametrize(
    ("day", "counts"), [(date(2026, 11, 22), False), (date(2026, 11, 23), True), (date(2026, 11, 24), True)]
)
def test_a_key_counts_up_to_and_on_its_last_day(day: date, *, counts: bool) -> None:
    given = proven(genuine(), directory=directory(person("nora", public("nora", until=day))))
    assert isinstance(given, Proven) is counts
    assert counts or given == f"the key nora-key is in force from 2026-01-01 until {day}"


@pytest.mark.parametrize("since", [date(2026, 11, 24), date(2027, 1, 1)])
def test_a_key_does_not_count_before_its_first_day(since: date) -> None:
    reason = why_not(genuine(), directory=directory(person("nora", public("nora", since=since))))
    assert reason == f"the key nora-key is in force from {since} until further notice"
    first = proven(genuine(), directory=directory(person("nora", public("nora", since=AT.date()))))
    assert isinstance(first, Proven)


def test_the_day_of_a_key_is_the_day_in_utc() -> None:
    nearly = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)
    abroad = nearly.astimezone(datetime.strptime("+0500", "%z").tzinfo)
    assert abroad.date() == date(2026, 11, 24)
    last = directory(person("nora", public("nora", until=date(2026, 11, 23))))
    assert isinstance(proven(genuine(at=nearly), directory=last, at=abroad), Proven)


def test_a_key_of_two_names_signs_under_either() -> None:
    both = person("nora", public("nora"), public("nora").model_copy(update={"kid": "second"}))
    assert isinstance(proven(forged(own_header(kid="second")), directory=directory(both)), Proven)


@pytest.mark.parametrize("alg", [..., None, 1, "none", "None", "", "HS256", "RS256", "ES256", "Ed448", ["Ed25519"], {}])
def test_another_algorithm_is_refused_whatever_the_signature(alg: object) -> None:
    reason = why_not(forged(own_header(alg=alg)))
    assert reason.startswith("the token's algorithm is ")
    assert reason.endswith("accepted are Ed25519, EdDSA")


def test_no_signature_at_all_does_not_count() -> None:
    bare = f"{part(own_header(alg='none'))}.{part(own_claims())}."
    assert "algorithm is “none”" in why_not(bare)
    assert why_not(f"{part(own_header())}.{part(own_claims())}.").startswith("the signature does not match")


@pytest.mark.parametrize("shared", [point(key("nora")).encode(), key("nora").as_pem(private=False), b""])
def test_a_public_key_is_no_shared_secret(shared: bytes) -> None:
    assert "algorithm is “HS256”" in why_not(with_secret(own_header(alg="HS256"), own_claims(), shared))
    assert why_not(with_secret(own_header(), own_claims(), shared)).startswith("the signature does not match")


@pytest.mark.parametrize("crit", [[], ["exp"], ["kid"], ["b64"], "kid", None])
def test_a_critical_extension_is_refused(crit: object) -> None:
    assert why_not(forged(own_header(crit=crit))).startswith("the token's header asks for an extension (crit)")


@pytest.mark.parametrize("b64", [True, False])
def test_an_unencoded_payload_is_refused(*, b64: bool) -> None:
    assert why_not(forged(own_header(b64=b64))).startswith("the token's header asks for an extension (b64)")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jwk", key("mallory").as_dict(private=False)),
        ("jku", "https://mallory.example/keys"),
        ("x5u", "https://mallory.example/certificate"),
        ("x5c", ["MIIB"]),
    ],
)
def test_a_key_that_the_token_brings_is_refused(name: str, value: object) -> None:
    reason = why_not(forged(own_header(**{name: value}), by=key("mallory")))
    assert reason == f"the token brings a key of its own ({name}); only keys known beforehand count"


def test_a_header_of_other_words_is_refused() -> None:
    assert why_not(forged(own_header(cty="JWT"))).startswith("the token's header says “cty”")


def test_a_key_in_the_directory_that_is_none_does_not_count() -> None:
    for x in ("", "AA", "!", point(key("nora"))[:-1], "é"):
        broken = public("nora").model_copy(update={"x": x})
        assert why_not(genuine(), directory=directory(person("nora", broken))).startswith(
            "the key that the token names"
        )


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("", "a token has three parts (header.claims.signature), and this has 1"),
        ("a", "a token has three parts (header.claims.signature), and this has 1"),
        ("a.b", "a token has three parts (header.claims.signature), and this has 2"),
        ("a.b.c.d", "a token has three parts (header.claims.signature), and this has 4"),
        ("a.b.c.d.e", "the token is encrypted"),
        ("a.b.c.d.e.f", "a token has three parts (header.claims.signature), and this has 6"),
        ("..", "the token's header is not JSON"),
        ("é.e30.", "the token's header is not base64url"),
        ("\ud800.e30.", "the token's header is not base64url"),
        ("e30.e30 .", "the token's claim set is not base64url"),
        ("e30.e30\n.", "the token's claim set is not base64url"),
        ("e30=.e30.", "the token's header is not base64url"),
        ("e31.e30.", "the token's header is not base64url"),
        ("a.e30.", "the token's header is not base64url"),
        ("e30.e30.a", "the token's signature is not base64url"),
        ("e30.e30.+/==", "the token's signature is not base64url"),
        (f"{part([])}.e30.", "the token's header is no JSON object"),
        (f"e30.{part('x')}.", "the token's claim set is no JSON object"),
        (f"e30.{encoded(b'{}{}')}.", "the token's claim set is not JSON"),
        (f"{encoded('{}'.encode('utf-16'))}.e30.", "the token's header is not JSON"),
        (encoded(b'{"a": ' + b"1" * 5000 + b"}") + ".e30.", "the token's header is not JSON"),
        ("x" * 1_000_000, "the token has 1,000,000 characters; 16,384 are the limit"),
    ],
)
def test_what_is_no_token_says_what_it_is(token: str, reason: str) -> None:
    assert why_not(token).startswith(reason)


def test_a_token_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert why_not("x" * 16_384).endswith("and this has 1")
    assert why_not("x" * 16_385).endswith("are the limit")


@pytest.mark.parametrize("depth", [10, *range(880, 1000, 15), 4000])
@pytest.mark.parametrize("name", ["kid", "alg", "typ", "x"])
def test_deep_json_is_refused_at_every_depth(depth: int, name: str) -> None:
    deep = '{"typ": "JWT", "' + name + '": ' + "[" * depth + "]" * depth + "}"
    assert why_not(f"{encoded(deep.encode())}.e30.")
    assert why_not(f"e30.{encoded(deep.encode())}.")


@pytest.mark.parametrize("claims", [b'{"iat": NaN}', b'{"exp": Infinity}', b'{"sub": "\\ud800"}'])
def test_claims_that_are_no_json_value_are_refused(claims: bytes) -> None:
    assert why_not(forged(claims=claims)).startswith("the token's claim set holds ")


@pytest.mark.parametrize("twice", ["kid", "alg", "typ"])
def test_a_header_that_says_one_thing_twice_is_refused(twice: str) -> None:
    header = json.dumps(own_header())[:-1] + f', "{twice}": "{own_header()[twice]}"}}'
    assert why_not(forged(header.encode())) == f"the token's header gives '{twice}' twice"


@pytest.mark.parametrize("twice", ["sub", "answer", "exp"])
def test_claims_that_say_one_thing_twice_are_refused(twice: str) -> None:
    claims = json.dumps(own_claims())[:-1] + f', "{twice}": "x"}}'
    assert why_not(forged(claims=claims.encode())) == f"the token's claim set gives '{twice}' twice"


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (later(seconds=-61), "from the future"),
        (later(seconds=-60), None),
        (later(), None),
        (later(seconds=959), None),
        (later(seconds=960), "has expired"),
        (later(days=400), "has expired"),
        (later(days=-1), "from the future"),
    ],
)
def test_a_token_counts_for_its_time_and_a_minute_of_other_clocks(at: datetime, reason: str | None) -> None:
    given = proven(genuine(), at=at)
    assert isinstance(given, Proven) if reason is None else reason in str(given)


@pytest.mark.parametrize("wrong", [..., None, "1", 1.5, True, [], "2026-11-23"])
@pytest.mark.parametrize("name", ["iat", "exp"])
def test_a_token_without_its_times_does_not_count(name: str, wrong: object) -> None:
    reason = why_not(forged(claims=own_claims(**{name: wrong})))
    assert reason == f"the token has no {name}, or one that is no whole number of seconds"


@pytest.mark.parametrize("lasts", [3601, 10**6, 10**18, 10**400])
def test_a_token_that_would_be_valid_for_long_does_not_count(lasts: int) -> None:
    assert "valid for more than an hour" in why_not(forged(claims=own_claims(exp=NOW + lasts)))
    assert isinstance(proven(forged(claims=own_claims(exp=NOW + 3600))), Proven)


def test_a_token_that_is_not_valid_yet_does_not_count() -> None:
    assert "from the future" in why_not(forged(claims=own_claims(nbf=NOW + 61)))
    assert isinstance(proven(forged(claims=own_claims(nbf=NOW + 60))), Proven)
    assert "no nbf" in why_not(forged(claims=own_claims(nbf="now")))


@pytest.mark.parametrize("seconds", [-1, 0, 3601])
def test_nobody_signs_for_no_time_or_more_than_an_hour(seconds: int) -> None:
    with pytest.raises(ValueError, match="valid for 1 to 3600 seconds"):
        genuine(valid=timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [1, 3600])
def test_an_answer_is_signed_for_as_long_as_one_wishes_up_to_an_hour(seconds: int) -> None:
    token = genuine(valid=timedelta(seconds=seconds))
    assert isinstance(proven(token, at=later(seconds=seconds + 59)), Proven)
    assert "has expired" in why_not(token, at=later(seconds=seconds + 60))


@pytest.mark.parametrize("note", ["\ud800", "a\udfff"])
def test_an_answer_of_broken_characters_cannot_be_proven(note: str) -> None:
    for binding in (changed(note=note), changed(changes={"a": note})):
        assert "cannot be signed" in why_not(genuine(), binding)


def test_changes_of_any_depth_raise_nothing() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert "cannot be signed" in why_not(genuine(), changed(changes=deep))


def test_another_kind_of_key_signs_nothing() -> None:
    rsa, ed448 = RSAKey.generate_key(2048), OKPKey.generate_key("Ed448")
    assert why_not(compact(own_header(alg="EdDSA"), own_claims(), ed448, "EdDSA")).startswith("the signature does not")
    assert "algorithm" in why_not(compact(own_header(alg="RS256"), own_claims(), rsa, "RS256"))


def test_a_token_of_another_purpose_signed_with_the_same_key_does_not_count() -> None:
    for typ in (..., "JWT", "signalbox-checkpoint+jwt"):
        assert why_not(forged(own_header(typ=typ)))


def test_signing_twice_gives_two_tokens_and_says_nothing_of_the_note() -> None:
    one, other = genuine(), genuine()
    assert one != other
    assert "checked" not in json.dumps(json.loads(_claims(one)))
    assert len(one) < 1_000


def test_a_longest_note_still_fits_under_the_limit() -> None:
    long = changed(note="ß" * 2_000, changes={"x": "y" * 20_000})
    assert isinstance(proven(genuine(long), long), Proven)


def _claims(token: str) -> str:
    middle = token.split(".")[1]
    return base64.urlsafe_b64decode(middle + "==").decode()


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_a_token_with_any_one_character_changed_never_counts(data: st.DataObject) -> None:
    token = genuine()
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(
        st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n") | st.characters()
    )
    changed_token = token[:place] + letter + token[place + 1 :]
    if changed_token != token:
        assert isinstance(proven(changed_token), str)


def test_the_last_character_of_a_signature_has_one_spelling() -> None:
    token = genuine()
    assert [each for each in LETTERS if isinstance(proven(token[:-1] + each), Proven)] == [token[-1]]


@given(st.text(max_size=200) | st.binary(max_size=200).map(encoded))
@example("eyJ0eXAiOiJzaWduYWxib3gtYW5zd2VyK2p3dCJ9.e30.")
@settings(deadline=None)
def test_any_text_is_answered_with_a_sentence(text: str) -> None:
    for token in (text, f"{text}.{text}.{text}", f"{part(own_header())}.{text}.", f"{text}.{part(own_claims())}."):
        reason = why_not(token)
        assert 10 < len(reason) < 300
        assert reason.encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "jwk", "x"]), JSON), st.data())
@settings(deadline=None)
def test_any_header_and_claims_that_are_signed_raise_nothing(header: dict[str, Any], data: st.DataObject) -> None:
    claims = data.draw(st.dictionaries(st.sampled_from(["sub", "answer", "parts", "iat", "exp", "nbf", "iss"]), JSON))
    assert isinstance(proven(forged({**own_header(), **header}, own_claims())), str) or not header
    assert isinstance(proven(forged(own_header(), {**own_claims(), **claims})), str | Proven)


def test_signing_is_offered_to_a_private_key_alone() -> None:
    token = signed_answer(BINDING, person="nora", key=key("nora").private_key, kid="nora-key", at=AT)  # type: ignore[arg-type]
    assert isinstance(proven(token), Proven)


@pytest.mark.parametrize(
    ("claims", "at", "reason"),
    [
        ({"iat": NOW + 61}, AT, "the token is from the future; look at the clock of the computer that made it"),
        ({}, later(days=1), "the token has expired; make a new one and answer again"),
        (
            {"exp": NOW + 10**6},
            later(days=1),
            "the token was made more than an hour ago; make a new one and answer again",
        ),
        ({"exp": NOW + 3601}, AT, "the token is valid for more than an hour; make one that is valid for less"),
    ],
)
def test_what_is_wrong_with_the_time_of_a_token_is_said_with_what_to_do(
    claims: dict[str, Any], at: datetime, reason: str
) -> None:
    assert why_not(forged(claims=own_claims(**claims)), at=at) == reason


def test_what_a_token_says_is_repeated_in_brief_and_only_where_it_is_text() -> None:
    known = "the directory knows no key with the id"
    assert why_not(forged(own_header(kid="mallory"))) == f"{known} “mallory”"
    assert why_not(forged(own_header(kid="k" * 61))) == f"{known} “{show('k' * 61, 60)}”"
    assert why_not(forged(own_header(kid=7))) == f"{known} missing or no text"
    encrypted = "the token is encrypted (five parts, a JWE); send a signed one, which has three"
    assert why_not("a.b.c.d.e") == encrypted
    assert why_not(genuine(), changed(note="\ud800")) == (
        "the answer has text or changes that cannot be signed: broken characters, or too deep"
    )


def test_a_token_has_a_name_of_its_own_and_a_short_digest_of_each_part_of_its_answer() -> None:
    claims = json.loads(_claims(genuine()))
    assert re.fullmatch("[0-9a-f]{32}", claims["jti"])
    assert claims["parts"].keys() == type(BINDING).model_fields.keys()
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in claims["parts"].values())


def test_the_day_of_a_key_is_the_day_in_utc_on_any_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    nearly = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)
    last = directory(person("nora", public("nora", until=date(2026, 11, 23))))
    with monkeypatch.context() as away:
        away.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        assert isinstance(proven(genuine(at=nearly), directory=last, at=nearly), Proven)
    time.tzset()
