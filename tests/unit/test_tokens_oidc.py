"""Id tokens as answers: what counts, and everything that must not."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey

from governance.tokens import TYPE, Proven
from tests.tokens import (
    BINDING,
    ISSUER,
    NOW,
    compact,
    directory,
    id_claims,
    id_token,
    issuer,
    issuer_keys,
    later,
    part,
    person,
    proven,
    public,
    why_not,
    with_secret,
)

ACCEPTED = "accepted are Ed25519, EdDSA, ES256, PS256, RS256"


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
def test_an_id_token_whose_nonce_is_the_answer_proves_who_gave_it(alg: str) -> None:
    assert proven(id_token(alg)) == Proven(person="nora", assurance="signed", how=f"id token of {ISSUER}")


@pytest.mark.parametrize("typ", [..., "JWT"])
def test_an_id_token_may_say_that_it_is_one(typ: object) -> None:
    assert isinstance(proven(id_token(header={"typ": typ})), Proven)


@pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt", "JOSE", "", None, 1, ["JWT"], TYPE])
def test_a_token_of_another_type_does_not_count(typ: object) -> None:
    reason = why_not(id_token(header={"typ": typ}))
    assert reason.startswith("the token's algorithm" if typ == TYPE else "the token's type is ")


@pytest.mark.parametrize(
    "changes", [{"request": "b" * 64}, {"run_id": "2"}, {"answer": "reject"}, {"note": None}, {"changes": None}]
)
def test_a_token_for_another_answer_does_not_count(changes: dict[str, Any]) -> None:
    reason = why_not(id_token(), BINDING.model_copy(update=changes))
    assert reason.startswith("the id token's nonce is that of another answer")


@pytest.mark.parametrize("nonce", [None, "", 1, BINDING.request, [BINDING.digest()], BINDING.digest().upper()])
def test_another_nonce_does_not_count(nonce: object) -> None:
    assert why_not(id_token(nonce=nonce)).startswith("the id token's nonce is that of another answer")


def test_a_token_without_a_nonce_was_made_for_something_else() -> None:
    assert why_not(id_token(nonce=...)) == "the id token has no nonce: it was not made for an answer to a request"


@pytest.mark.parametrize("iss", [..., None, 1, "", ISSUER + "/", "https://mallory.example", [ISSUER]])
def test_another_issuer_does_not_count(iss: object) -> None:
    assert why_not(id_token(iss=iss)).startswith("the directory does not know the token's issuer")


@pytest.mark.parametrize("aud", [..., None, 1, "other", "", [], ["other"], [["signalbox"]], {"signalbox": 1}])
def test_another_audience_does_not_count(aud: object) -> None:
    assert why_not(id_token(aud=aud)) == "the id token is meant for another audience than signalbox"


@pytest.mark.parametrize(
    ("aud", "azp", "counts"),
    [
        (["signalbox"], ..., True),
        ("signalbox", "signalbox", True),
        (["signalbox", "other"], "signalbox", True),
        (["signalbox", "other"], ..., False),
        (["signalbox", "other"], "other", False),
        ("signalbox", "other", False),
        ("signalbox", None, False),
    ],
)
def test_a_token_with_several_audiences_must_have_been_given_to_us(aud: object, azp: object, *, counts: bool) -> None:
    given = proven(id_token(aud=aud, azp=azp))
    assert isinstance(given, Proven) if counts else "its azp is not signalbox" in str(given)


@pytest.mark.parametrize("sub", [..., None, 1, "", "n-2", "N-1", "n-1\u202e", ["n-1"], {}])
def test_a_subject_whom_nobody_is_does_not_count(sub: object) -> None:
    reason = why_not(id_token(sub=sub))
    assert reason.startswith("the directory knows nobody who is ")
    assert "\u202e" not in reason


def test_a_subject_belongs_to_its_issuer() -> None:
    assert why_not(id_token(sub="n-2")) == f"the directory knows nobody who is “n-2” at {ISSUER}"
    elsewhere = issuer(issuer="https://other.example")
    assert "knows nobody" in why_not(id_token(iss="https://other.example"), directory=directory(issuers=(elsewhere,)))


@pytest.mark.parametrize("alg", ["none", "HS256", "RS512", "ES384", "ES256K", "RSA1_5", "", None, 1, ["RS256"], ...])
def test_another_algorithm_is_refused_whatever_the_signature(alg: object) -> None:
    token = compact({"alg": alg, "kid": "rsa"} if alg is not ... else {}, id_claims(), issuer_keys()["RS256"], "RS256")
    assert why_not(token).endswith(ACCEPTED)


def test_a_public_key_is_no_shared_secret() -> None:
    pem = issuer_keys()["RS256"].as_pem(private=False)  # type: ignore[union-attr]
    assert why_not(with_secret({"alg": "HS256", "kid": "rsa"}, id_claims(), pem)).endswith(ACCEPTED)
    assert "does not match" in why_not(with_secret({"alg": "RS256", "kid": "rsa"}, id_claims(), pem))


def test_no_signature_at_all_does_not_count() -> None:
    assert why_not(f"{part({'alg': 'none'})}.{part(id_claims())}.").endswith(ACCEPTED)
    for alg, kid in (("RS256", "rsa"), ("PS256", "rsa"), ("ES256", "ec"), ("EdDSA", "ed")):
        bare = f"{part({'alg': alg, 'kid': kid})}.{part(id_claims())}."
        assert why_not(bare).startswith("the signature does not match")


@pytest.mark.parametrize(
    ("alg", "kid"), [("RS256", "ec"), ("ES256", "rsa"), ("ES256", "ec384"), ("EdDSA", "ec"), ("PS256", "ed")]
)
def test_an_algorithm_of_another_kind_of_key_is_refused(alg: str, kid: str) -> None:
    reason = why_not(id_token(alg, header={"kid": kid}))
    assert reason == f"the token says {alg}, which is no algorithm for the key it names"


def test_a_key_of_the_directory_s_own_signs_no_id_token() -> None:
    mine = person("nora", public("nora"), subject="n-1")
    assert "0 of the keys pinned" in why_not(id_token(header={"kid": "nora-key"}), directory=directory(mine))


@pytest.mark.parametrize(
    "limits", [{"use": "enc"}, {"alg": "PS256"}, {"key_ops": ["sign"]}, {"key_ops": ["encrypt"]}, {"use": "x"}]
)
def test_a_pinned_key_for_another_use_does_not_count(limits: dict[str, Any]) -> None:
    own = {**issuer_keys()["RS256"].as_dict(private=False), **limits}
    reason = why_not(id_token(), directory=directory(issuers=(issuer(keys=(own,)),)))
    assert reason == "the key that the token names is not meant to verify RS256 signatures"


@pytest.mark.parametrize("limits", [{"use": "sig"}, {"alg": "RS256"}, {"key_ops": ["verify"]}])
def test_a_pinned_key_for_signatures_counts(limits: dict[str, Any]) -> None:
    own = {**issuer_keys()["RS256"].as_dict(private=False), **limits}
    assert isinstance(proven(id_token(), directory=directory(issuers=(issuer(keys=(own,)),))), Proven)


@pytest.mark.parametrize(
    "broken",
    [
        {"n": "AA"},
        {"e": ""},
        {"n": "!"},
        {"n": 1},
        {"e": None},
        {"key_ops": 5},
        {"use": ["sig"], "key_ops": ["verify"]},
    ],
)
def test_a_pinned_key_that_is_none_raises_nothing(broken: dict[str, Any]) -> None:
    own = {**issuer_keys()["RS256"].as_dict(private=False), **broken}
    assert why_not(id_token(), directory=directory(issuers=(issuer(keys=(own,)),))).startswith("the key that the token")


def test_another_s_signature_does_not_count() -> None:
    strangers = {
        "RS256": RSAKey.generate_key(2048),
        "ES256": ECKey.generate_key("P-256"),
        "EdDSA": OKPKey.generate_key(),
    }
    for alg, stranger in strangers.items():
        forged = id_token(alg, header={"kid": issuer_keys()[alg].kid}, by=stranger)
        assert why_not(forged).startswith("the signature does not match")


@pytest.mark.parametrize("kid", [..., None, "", "other", 1, ["rsa"]])
def test_a_key_that_is_not_pinned_does_not_count(kid: object) -> None:
    assert "0 of the keys pinned" in why_not(id_token(header={"kid": kid}))


def test_of_two_keys_with_one_name_neither_counts() -> None:
    own = issuer_keys()["RS256"].as_dict(private=False)
    assert "2 of the keys pinned" in why_not(id_token(), directory=directory(issuers=(issuer(keys=(own, own)),)))


def test_an_issuer_with_a_single_key_need_not_be_told_which() -> None:
    own = issuer_keys()["RS256"].as_dict(private=False)
    alone = directory(issuers=(issuer(keys=(own,)),))
    assert isinstance(proven(id_token(header={"kid": ...}), directory=alone), Proven)
    assert "0 of the keys pinned" in why_not(id_token(header={"kid": "other"}), directory=alone)


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_that_the_token_brings_is_refused(name: str) -> None:
    assert f"brings a key of its own ({name})" in why_not(id_token(header={name: "https://mallory.example"}))


@pytest.mark.parametrize("name", ["crit", "b64"])
def test_an_extension_is_refused(name: str) -> None:
    assert f"an extension ({name})" in why_not(id_token(header={name: ["exp"]}))


def test_words_in_the_header_that_set_no_rules_are_passed_over() -> None:
    assert isinstance(proven(id_token(header={"x5t": "abc", "nonce": "x"})), Proven)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (later(seconds=-61), "from the future"),
        (later(seconds=-60), None),
        (later(seconds=359), None),
        (later(seconds=360), "has expired"),
    ],
)
def test_an_id_token_counts_for_its_time_and_a_minute_of_other_clocks(at: datetime, reason: str | None) -> None:
    given = proven(id_token(), at=at)
    assert isinstance(given, Proven) if reason is None else reason in str(given)


@pytest.mark.parametrize("exp", [NOW + 7_200, NOW + 36_000, 10**400])
def test_an_id_token_counts_for_an_hour_however_long_it_is_valid(exp: int) -> None:
    assert isinstance(proven(id_token(exp=exp), at=later(seconds=3_659)), Proven)
    assert "more than an hour ago" in why_not(id_token(exp=exp), at=later(seconds=3_660))


@pytest.mark.parametrize("wrong", [..., None, "1", 1.5, True])
@pytest.mark.parametrize("name", ["iat", "exp"])
def test_an_id_token_without_its_times_does_not_count(name: str, wrong: object) -> None:
    assert why_not(id_token(**{name: wrong})).startswith(f"the token has no {name}")


@pytest.mark.parametrize(("acr", "since"), [("mfa", NOW), ("phr", NOW - 600), ("mfa", NOW + 60)])
def test_a_stronger_proof_just_given_is_a_step_up(acr: str, since: int) -> None:
    given = proven(id_token(acr=acr, auth_time=since))
    assert given == Proven(person="nora", assurance="step-up", how=f"id token of {ISSUER}, acr {acr}")


@pytest.mark.parametrize(
    ("acr", "since"),
    [
        ("mfa", NOW - 601),
        ("mfa", NOW + 61),
        ("mfa", 0),
        ("mfa", ...),
        ("mfa", None),
        ("mfa", True),
        ("mfa", str(NOW)),
        ("mfa", float(NOW)),
        ("pwd", NOW),
        ("", NOW),
        (..., NOW),
        (None, NOW),
        (["mfa"], NOW),
        ({}, NOW),
    ],
)
def test_a_weaker_or_an_older_proof_is_no_step_up(acr: object, since: object) -> None:
    given = proven(id_token(acr=acr, auth_time=since))
    assert isinstance(given, Proven)
    assert given.assurance == "signed"


def test_where_an_issuer_has_no_step_up_there_is_none() -> None:
    without = directory(issuers=(issuer(step_up_acr=()),))
    given = proven(id_token(acr="mfa", auth_time=NOW), directory=without)
    assert isinstance(given, Proven)
    assert given.assurance == "signed"


def test_the_same_log_in_twice_is_no_step_up() -> None:
    given = proven(id_token(), principal="user:nora")
    assert isinstance(given, Proven)
    assert given.assurance == "signed"


def test_another_caller_than_the_token_s_person_does_not_count() -> None:
    assert why_not(id_token(), principal="user:otto") == "the token is of nora, and the caller is otto"


@given(st.data(), st.sampled_from(["RS256", "PS256", "ES256", "EdDSA"]))
@settings(deadline=None, max_examples=120)
def test_an_id_token_with_any_one_character_changed_never_counts(data: st.DataObject, alg: str) -> None:
    token = id_token(alg)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("AQgwBCDEFxyz0189-_.=") | st.characters())
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        assert isinstance(proven(changed), str)


JSON = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.lists(st.text(max_size=3))
)


@given(st.dictionaries(st.sampled_from(["iss", "aud", "azp", "sub", "nonce", "iat", "exp", "acr", "auth_time"]), JSON))
@settings(deadline=None)
def test_any_claims_that_the_issuer_signs_raise_nothing(claims: dict[str, Any]) -> None:
    assert isinstance(proven(id_token("EdDSA", **claims)), str | Proven)


@given(st.dictionaries(st.sampled_from(["kty", "crv", "x", "n", "e", "use", "alg", "key_ops", "kid"]), JSON))
@settings(deadline=None)
def test_any_pinned_key_raises_nothing(changes: dict[str, Any]) -> None:
    for alg in ("RS256", "EdDSA", "ES256"):
        own = {**issuer_keys()[alg].as_dict(private=False), **changes}
        assert isinstance(proven(id_token(alg), directory=directory(issuers=(issuer(keys=(own,)),))), str | Proven)


def test_whatever_an_id_token_gets_wrong_is_named_in_the_refusal() -> None:
    assert why_not(id_token(header={"typ": "at+jwt"})) == (
        "the token's type is “at+jwt”; an answer or an id token (JWT) is needed"
    )
    assert why_not(id_token(iss="https://mallory.example")) == (
        "the directory does not know the token's issuer, “https://mallory.example”"
    )
    assert why_not(id_token(header={"kid": "other"})) == (
        f"0 of the keys pinned for {ISSUER} have the token's key id, “other”; "
        "if the issuer has new keys, pin them again"
    )
