import base64
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey

from domain.errors import BadPolicy
from governance.ed25519 import P, is_public_key
from governance.people import Directory, Limit
from governance.people_file import load_people
from integrations.policy_folder import PolicyFolder
from tests.conftest import ROOT

TOP = """
version = "1"
default_calendar = "office"
[calendar.office]
zone = "Europe/Berlin"
opens = 09:00:00
closes = 17:00:00
days = ["mon", "tue"]
holidays = [2026-12-25]
[role.finance]
[role.ap]
mailbox = "ap@example.com"
"""
GRETA = """
[[person]]
id = "greta"
name = "Greta"
email = "greta@example.com"
roles = ["finance"]
limit = { amount = "5000", currency = "EUR" }
principals = ["sso-greta"]
delegates = ["hugo"]
"""
HUGO = """
[[person]]
id = "hugo"
name = "Hugo"
email = "hugo@example.com"
roles = ["ap"]
limit = "unlimited"
principals = ["sso-hugo"]
"""
LENT = """
[[delegation]]
giver = "greta"
taker = "hugo"
roles = ["finance"]
since = 2026-12-01
until = 2026-12-31
"""
ISSUER = """
[[issuer]]
issuer = "https://login.example.com"
audience = "signalbox"
keys = "login.jwks.json"
step_up_acr = ["mfa"]
step_up_minutes = 10
"""
SUBJECT = '{ issuer = "https://login.example.com", subject = "00u1" }'
WHOLE = TOP + GRETA + HUGO + LENT


def point(seed: int) -> str:
    raw = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32).public_key().public_bytes_raw()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def key(kid: str = "k1", x: str = point(1), since: str = "2026-11-23", rest: str = "") -> str:
    return f'[[person.keys]]\nkid = "{kid}"\nx = "{x}"\nsince = {since}\n{rest}\n'


def jwks(*keys: object) -> bytes:
    return json.dumps({"keys": keys}).encode()


EC = ECKey.generate_key("P-256", private=False).as_dict()
PUBLIC = jwks(EC)


def load(text: str = WHOLE, pinned: bytes = PUBLIC) -> Directory:
    return load_people(text.encode(), "people.toml", lambda _: pinned)


def refusal(text: str, pinned: bytes = PUBLIC) -> str:
    with pytest.raises(BadPolicy) as refused:
        load(text, pinned)
    return str(refused.value)


def test_a_directory_is_read_whole() -> None:
    people = load(WHOLE + ISSUER)
    greta, hugo = people.people
    assert greta.limit == Limit(amount=Decimal(5000), currency="EUR")
    assert hugo.limit is None
    assert (greta.email, greta.roles, greta.delegates) == ("greta@example.com", ("finance",), ("hugo",))
    assert people.roles[1].mailbox == "ap@example.com"
    assert people.calendar_of("ap").days == (0, 1)
    assert people.calendar_of("ap").holidays == (date(2026, 12, 25),)
    assert people.delegations[0].until == date(2026, 12, 31)
    assert people.issuers[0].keys == (EC,)
    assert (people.issuers[0].step_up_acr, people.issuers[0].step_up_minutes) == (("mfa",), 10)


def test_keys_are_written_below_their_person() -> None:
    greta, hugo = load(TOP + GRETA + key() + key("k2", point(2), rest="until = 2026-12-31") + HUGO).people
    assert [(each.kid, each.since, each.until) for each in greta.keys] == [
        ("k1", date(2026, 11, 23), None),
        ("k2", date(2026, 11, 23), date(2026, 12, 31)),
    ]
    assert hugo.keys == ()


def test_somebody_without_a_role_needs_no_limit() -> None:
    text = HUGO.replace('roles = ["ap"]\nlimit = "unlimited"', "")
    assert load(TOP + GRETA + text).people[1].roles == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version = "1"', "version = 1", "the file, version: must be given, as text"),
        ('version = "1"', 'version = "1"\ncolour = 1', "the file, colour: is not known here; known are version"),
        ('zone = "Europe/Berlin"', 'zone = "Europe/Berlin"\nx = 1', "calendar office, x: is not known here"),
        ("Europe/Berlin", "Europe/Atlantis", "calendar office: zone 'Europe/Atlantis' is no IANA time zone"),
        ("opens = 09:00:00", "opens = 18:00:00", "calendar office: closes (17:00:00) must be at least an hour after"),
        ("opens = 09:00:00", 'opens = "9"', "calendar office, opens: must be given, as a clock time"),
        ('"mon", "tue"', '"mon", "tuesday"', "calendar office, days: tuesday is no day; days are mon, tue"),
        ('"mon", "tue"', '"mon", "mon"', "calendar office, days: is a list of texts, none twice"),
        ('"mon", "tue"', "", "calendar office: days must name at least one day"),
        ("[2026-12-25]", "[2026-12-25, 2026-12-25]", "calendar office: a holiday stands there twice"),
        ("[2026-12-25]", '["2026-12-25"]', "calendar office, holidays: is a list of dates such as"),
        ('"office"\n', '"nowhere"\n', "default_calendar: nowhere is no calendar of this file (office); add [calendar"),
        ('default_calendar = "office"\n', "", "role finance, calendar: is missing; name one here, or default_calendar"),
        ("[role.ap]", '[role.ap]\ncalendar = "x"', "role ap, calendar: x is no calendar of this file"),
        ("[role.ap]", "[role.AP]", "role AP: a role is named in small letters"),
        ("ap@example.com", "ap", "role ap, mailbox: ap is no address, such as"),
        ('id = "hugo"', 'id = "Hugo H"', "person 2 (Hugo H), id: Hugo H is no id; use up to 40 small letters"),
        ('id = "hugo"', "", "person 2, id: must be given, as text"),
        ('name = "Hugo"', 'name = "Hu\u202ego"', "name: is 'Hu[U+202E]go'; it must be 1 to 200 visible characters"),
        ('name = "Hugo"', 'name = ""', "person 2 (hugo), name: is ''; it must be 1 to 200 visible characters"),
        ('["ap"]', '["marketing"]', "person 2 (hugo), roles: marketing is no role of this file (ap, finance)"),
        ('["ap"]', '"ap"', "person 2 (hugo), roles: is a list"),
        ('["ap"]', "[5]", "person 2 (hugo), roles: is a list of texts"),
        ('limit = "unlimited"', "", 'person 2 (hugo), limit: must be given, as { amount = "5000", currency = "EUR" }'),
        ('limit = "unlimited"', 'limit = "none"', "person 2 (hugo), limit: must be given"),
        ('limit = "unlimited"', "limit = 5000", "person 2 (hugo), limit: must be given"),
        ('amount = "5000"', "amount = 5000.5", 'person 1 (greta), limit, amount: write 5000.5 in quotes: "5000.5"'),
        ('amount = "5000"', 'amount = "-1"', "limit, amount: must be given, as a number in quotes"),
        ('amount = "5000"', 'amount = "1e9"', "limit, amount: must be given, as a number in quotes"),
        ('amount = "5000"', 'amount = "NaN"', "limit, amount: must be given, as a number in quotes"),
        ('amount = "5000"', "amount = true", "limit, amount: must be given, as a number in quotes"),
        ('currency = "EUR"', 'currency = "€"', "person 1 (greta), limit, currency: € is no currency code"),
        ('currency = "EUR"', 'currency = "EUR", x = 1', "person 1 (greta), limit, x: is not known here"),
        ('delegates = ["hugo"]', 'delegates = ["zoe"]', "person greta, delegates: zoe is no person of this file"),
        (
            'delegates = ["hugo"]',
            'delegates = ["greta"]',
            "person greta, delegates: nobody hands a decision to",
        ),
        ('id = "hugo"', 'id = "greta"', "person greta and person greta: both have the id greta; keep one"),
        ("hugo@example.com", "Greta@example.com", "both have the name Greta@example.com"),
        ("hugo@example.com", "greta@other.example", "greta@other.example of the one reads as greta of the other"),
        ("sso-hugo", "sso-greta", "person greta and person hugo: both have the name sso-greta"),
        ("sso-hugo", "greta", "both have the name greta; keep one of them"),
        ("sso-hugo", "SSO-Greta", "both have the name SSO-Greta; keep one of them"),
        ('taker = "hugo"', 'taker = "greta"', "delegation of greta to greta: nobody lends to themselves"),
        ('taker = "hugo"', 'taker = "zoe"', "delegation of greta to zoe: zoe is no person of this file"),
        ('giver = "greta"', 'giver = "zoe"', "delegation of zoe to hugo: zoe is no person of this file"),
        ('giver = "greta"', "", "delegation 1, giver: must be given, as text"),
        ("until = 2026-12-31", "until = 2026-11-30", "delegation 1 (greta), until: 2026-11-30 is before 2026-12-01"),
        ("until = 2026-12-31", "", "delegation 1 (greta), until: must be given, as a date"),
        ("until = 2026-12-31", "until = 2026-12-31T10:00:00", "until: must be given, as a date"),
        (
            'roles = ["finance"]\nsince',
            'roles = ["ap"]\nsince',
            "greta is not ap, and nobody can lend what",
        ),
        ('roles = ["finance"]\nsince', "roles = []\nsince", "delegation 1 (greta), roles: must name what is lent"),
        ('giver = "greta"', 'giver = "greta"\nx = 1', "delegation 1 (greta), x: is not known here"),
        ("[role.finance]", "[role]\nfinance = 5", "the file, role.finance: is a table such as [role.name]"),
    ],
)
def test_a_mistake_is_refused_naming_the_file_the_entry_the_field_and_the_mend(old: str, new: str, said: str) -> None:
    assert old in WHOLE
    found = refusal(WHOLE.replace(old, new, 1))
    assert found.startswith("The policy file cannot be used. people.toml: ")
    assert said in found


def test_a_file_with_nobody_in_it_and_what_is_no_file_are_refused() -> None:
    assert "it names nobody; add a [[person]]" in refusal(TOP)
    assert "not a TOML file" in refusal("= 5")
    with pytest.raises(BadPolicy, match="not a TOML file"):
        load_people(b"\xff\xfe", "people.toml", lambda _: b"")
    assert "people.toml" in refusal("a = " + "[" * 5000)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (key(x="A" * 42), "person 1 (greta), keys 1 (k1), x: is no Ed25519 public key"),
        (key(x=point(1) + "="), "x: is no Ed25519 public key"),
        (key(x=point(1)[:-1] + chr(ord(point(1)[-1]) + 1)), "x: is no Ed25519 public key"),
        (key(x=point(1).replace("_", "/").replace("-", "+") + "/"), "x: is no Ed25519 public key"),
        (key(x=base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")), "x: is no Ed25519 public key"),
        (key(rest="until = 2026-11-22"), "keys 1 (k1), until: 2026-11-22 is before 2026-11-23"),
        (key(rest='d = "secret"'), "keys 1 (k1), d: is not known here"),
        (key() + key(x=point(2)), "person greta: the key id k1 stands there twice; keep one"),
        (key() + key("k2"), f"person greta: the public key {point(1)} stands there twice"),
        (f"oidc = [{SUBJECT}]", "https://login.example.com is no issuer of this file; add an [[issuer]]"),
        (f"oidc = [{SUBJECT}, {SUBJECT}]", "person greta: the subject 00u1 of https://login.example.com stands there"),
        ('oidc = [{ issuer = "x" }]', "oidc 1 (x), subject: must be given"),
    ],
)
def test_a_proof_that_cannot_prove_anything_is_refused(keys: str, said: str) -> None:
    assert said in refusal(TOP + GRETA + keys + HUGO)


def test_two_people_share_no_proof() -> None:
    both = TOP + GRETA + key() + HUGO
    assert "greta and person hugo: both have the key id k1" in refusal(both + key(x=point(2)))
    assert "greta and person hugo: both have the public key" in refusal(both + key("k2"))
    text = TOP + GRETA + f"oidc = [{SUBJECT}]\n" + HUGO + f"oidc = [{SUBJECT}]\n" + ISSUER
    assert "both have the subject 00u1 of https://login.example.com" in refusal(text)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("https://login", "http://login", "is the provider's https:// address"),
        ('keys = "login.jwks.json"', "", "issuer 1 (https://login.example.com), keys: must be given, or jwks_uri"),
        ("step_up_acr", 'jwks_uri = "http://keys.example.com"\nstep_up_acr', "jwks_uri: is the https:// address"),
        ("login.jwks.json", "../login.jwks.json", "keys: is the name of a JWKS file beside this one"),
        ("login.jwks.json", "/etc/keys.json", "keys: is the name of a JWKS file beside this one"),
        ("step_up_minutes = 10", "", "step_up_minutes: must be given, as a whole number up to 1440"),
        ("step_up_minutes = 10", "step_up_minutes = 0", "step_up_minutes: and step_up_acr need each other"),
        ('step_up_acr = ["mfa"]', "", "step_up_minutes: and step_up_acr need each other"),
        ('audience = "signalbox"', "", "audience: must be given"),
        ("[[issuer]]", ISSUER + "[[issuer]]", "issuer https://login.example.com: stands there twice; keep one"),
    ],
)
def test_an_identity_provider_is_described_whole_or_refused(old: str, new: str, said: str) -> None:
    assert said in refusal(WHOLE + ISSUER.replace(old, new, 1))


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("https://login.example.com/keys", True),
        ("http://127.0.0.1:5556/dex/keys", True),
        ("http://dex.localhost:5556/dex/keys", True),
        ("http://localhost", True),
        ("http://localhost.example.com/keys", False),
        ("http://127.0.0.1.example.com/keys", False),
        ("http://dex:5556/keys", False),
        ("ftp://localhost/keys", False),
    ],
)
def test_keys_come_over_tls_or_from_this_machine(address: str, taken: bool) -> None:
    text = WHOLE + ISSUER.replace('keys = "login.jwks.json"', f'jwks_uri = "{address}"')
    if not taken:
        assert "jwks_uri: is the https:// address" in refusal(text)
        return
    found = load(text).issuers[0]
    assert (found.jwks_uri, found.keys) == (address, ())


RSA = RSAKey.generate_key(2048, private=False).as_dict()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>", "login.jwks.json is not JSON; save what the provider's jwks_uri answers"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "holds no keys"),
        (b'{"keys": []}', "holds no keys"),
        (b'{"keys": [5]}', "holds no keys"),
        (b'{"keys": [], "keys": [5]}', "gives 'keys' twice"),
        (jwks({"kty": "oct", "k": "c2VjcmV0", "kid": "s"}), "key 1 (s) is a shared secret"),
        (jwks({**EC, "kid": "e", "d": "AAAA"}), "key 1 (e) holds a private key (member d); remove it, and replace"),
        (jwks({**RSA, "p": "AAAA"}), "holds a private key (member p)"),
        (jwks(OKPKey.generate_key("Ed25519", private=True).as_dict(private=True)), "holds a private key (member d)"),
        (jwks({**EC, "kty": "AKP"}), "is of no kind known here (RSA, EC, OKP); leave it out"),
        (jwks({**EC, "x": "AAAA"}), "is no sound EC key"),
        (jwks({**EC, "crv": "P-999"}), "is no sound EC key"),
        (jwks({"kty": "EC"}), "is no sound EC key"),
        (jwks({**EC, "x": 5}), "is no sound EC key"),
        (jwks({**RSA, "n": RSA["n"][:200]}), "has a modulus of less than 2048 bits"),
        (jwks(EC, RSA), "holds several keys, so each needs a kid of its own"),
        (jwks({**EC, "kid": "1"}, {**RSA, "kid": "1"}), "each needs a kid of its own"),
    ],
)
def test_pinned_keys_are_public_sound_and_told_apart(content: bytes, said: str) -> None:
    found = refusal(WHOLE + ISSUER, content)
    assert "issuer 1 (https://login.example.com), keys: login.jwks.json " in found
    assert said in found


def test_keys_that_are_not_for_signing_may_stand_among_the_pinned_ones() -> None:
    several = jwks({**EC, "kid": "1", "use": "sig"}, {**RSA, "kid": "2", "use": "enc"})
    assert len(load(WHOLE + ISSUER, several).issuers[0].keys) == 2


def test_a_pinned_file_that_is_not_there_is_said() -> None:
    def nothing(_: str) -> bytes:
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(BadPolicy, match=r"login.jwks.json cannot be read"):
        load_people((WHOLE + ISSUER).encode(), "people.toml", nothing)


@given(st.binary(min_size=32, max_size=32))
def test_every_key_pair_has_a_public_key_that_is_one(seed: bytes) -> None:
    assert is_public_key(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


@pytest.mark.parametrize(
    "raw",
    [
        (1).to_bytes(32, "little"),  # the neutral point
        (P - 1).to_bytes(32, "little"),  # of order 2
        bytes(32),  # of order 4
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),  # of order 8
        (P + 1).to_bytes(32, "little"),  # the neutral point, spelt otherwise
        (1 + 2**255).to_bytes(32, "little"),  # minus zero
        (P + 3).to_bytes(32, "little"),  # a sound point, spelt otherwise
        (2).to_bytes(32, "little"),  # on no curve
        bytes(31),
        b"",
    ],
)
def test_points_that_prove_nothing_are_no_keys(raw: bytes) -> None:
    assert not is_public_key(raw)


ids = st.text("ab", min_size=1, max_size=2)
labels = st.text("abAB", min_size=1, max_size=2)
names = labels | st.builds("{}@{}".format, labels, labels)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(ids, names, st.lists(names, max_size=2, unique=True)), min_size=2, max_size=4))
def test_one_name_never_finds_two_people(entries: list[tuple[str, str, list[str]]]) -> None:
    said = "".join(
        f'[[person]]\nid = "{who}"\nname = "x"\nprincipals = {json.dumps([first, *(set(more) - {first})])}\n'
        for who, first, more in entries
    )
    try:
        people = load(TOP + said)
    except BadPolicy:
        return
    for each in people.people:
        for name in (each.id, *each.principals):
            assert people.known_as(name) == people.known_as(name.upper()) == each
            assert people.known_as(name.partition("@")[0]) in (each, None)
            assert people.known_as(f"{each.id}@{name.partition('@')[0]}xx") == each


scalars = st.one_of(
    st.text(max_size=8), st.integers(-5, 5), st.booleans(), st.floats(allow_nan=False), st.dates(), st.none()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("abk", min_size=1), inner)
)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(name)} = {toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return str(value) if isinstance(value, date) else '""'


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len((WHOLE + ISSUER).splitlines()) - 1), values)
def test_any_value_in_any_place_is_read_or_refused_and_nothing_else(line: int, value: object) -> None:
    lines = (WHOLE + ISSUER).splitlines()
    name, equals, _ = lines[line].partition(" = ")
    lines[line] = f"{name} = {toml(value)}" if equals else lines[line]
    try:
        load("\n".join(lines))
    except BadPolicy as error:
        assert "people.toml" in str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize("cut", range(0, len(WHOLE), 37))
def test_half_a_file_is_refused_or_whole_in_itself(cut: int) -> None:
    try:
        load(WHOLE[:cut])
    except BadPolicy as error:
        assert "people.toml" in str(error)  # noqa: PT017 - either outcome is right


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str, str], None]:
    def write(name: str, text: str) -> None:
        (tmp_path / name).write_text(text, encoding="utf-8")

    return write


async def test_the_directory_in_force_is_read_again_when_people_or_pinned_keys_change(
    tmp_path: Path, folder: Callable[[str, str], None]
) -> None:
    policies = PolicyFolder(tmp_path)
    with pytest.raises(BadPolicy, match=r"people.toml: cannot be read"):
        await policies.directory()
    folder("people.toml", WHOLE + ISSUER)
    with pytest.raises(BadPolicy, match=r"login.jwks.json cannot be read \(No such file"):
        await policies.directory()
    folder("login.jwks.json", PUBLIC.decode())
    first = await policies.directory()
    assert await policies.directory() is first
    folder("login.jwks.json", jwks(RSA).decode())
    second = await policies.directory()
    assert second.issuers[0].keys == (RSA,)
    folder("people.toml", WHOLE)
    assert (await policies.directory()).issuers == ()
    folder("people.toml", WHOLE.replace("greta", "GRETA"))
    with pytest.raises(BadPolicy):
        await policies.directory()


async def test_rates_in_force_are_read_again_when_the_file_changes(
    tmp_path: Path, folder: Callable[[str, str], None]
) -> None:
    policies = PolicyFolder(tmp_path)
    text = 'base = "EUR"\nsource = "a"\nmax_age_days = 7\n[[day]]\ndate = 2026-11-20\nUSD = "0.5"\n'
    folder("rates.toml", text)
    first = await policies.rates()
    assert await policies.rates() is first
    folder("rates.toml", text.replace("0.5", "0.6"))
    assert (await policies.rates()).days[0].worth["USD"] == Decimal("0.6")
    (tmp_path / "rates.toml").unlink()
    with pytest.raises(BadPolicy, match=r"rates.toml: cannot be read"):
        await policies.rates()


async def test_the_shipped_people_have_four_eyes_where_money_and_its_payees_are() -> None:
    people = await PolicyFolder(ROOT / "policies").directory()
    for role in ("finance", "treasury", "vendor-master"):
        assert len([each for each in people.people if role in each.roles]) >= 2
    assert {"anna", "bob", "carol", "ben", "mailroom", "demo-person"}.isdisjoint(each.id for each in people.people)
