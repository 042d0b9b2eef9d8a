"""What must not be handled by itself, found by the words below; a rule raises a flag, none lowers one.

They are held against the calm text (small letters, nothing invisible), so that full-width letters and marks without
width do not hide them. They are wide on purpose: a flag too many costs somebody a look, one too few a law suit. No file
of rules can take one away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from stdnum import iban, luhn

from domain.checks.ticket_phrases import pattern
from domain.values import Frozen

WordFlag = Literal["security", "legal", "abuse", "personal_data"]

WORDS: Mapping[WordFlag, tuple[str, ...]] = {
    "security": (
        *(
            "hack|hacked|hacker|hackers|hacking|gehackt",
            "phish*|malware|ransomware|spoof*",
            "compromised|fraud*|betrug*",
        ),
        *("data breach|leak|leaks", "leaked|datenleck|datenpanne", "identity theft", "vulnerabilit*|sicherheitslücke"),
        *("security hole|flaw|issue|problem|incident", "unauthori*ed access|login|user|payment|transaction*"),
        *("stole|stolen|gestohlen .. password|passcode|credentials|login|passwort|details",),
        *(
            "someone|somebody|stranger .. logged_in|access|using_my|used_my",
            "jemand .. zugriff|zugang|eingeloggt|benutzt",
        ),
    ),
    "legal": (
        *("lawyer*|attorney*|solicitor*|barrister*", "anwalt|anwältin|anwälte|rechtsanw*|anwaltlich*"),
        *("legal action|proceedings|steps|department", "rechtliche* schritte", "lawsuit|sue|suing|court|subpoena"),
        *("verklag*|klage|gericht|gerichtlich*", "ombuds*|regulator|verbraucherzentrale", "small claims"),
        *("consumer protection|rights", "trading standards", "abmahnung|mahnbescheid|statutory|vertragsbruch"),
        *("breach of contract", "cease and desist", "police report", "public prosecutor", "staatsanwalt*|strafanzeige"),
    ),
    "abuse": (
        *(
            "fuck*|sh1t*|shit*|bastard*|asshole*|scumbag*|moron*|idiot|idiots|idioten",
            "arschl*|scheiss*|wichser|hurens*",
        ),
        *(
            "kill|hurt|shoot you|your_family",
            "i know where you live|work",
            "i will find you",
            "burn it|you*|the_place down",
        ),
        *("bring* dich|sie|euch um", "weiss .. wo du|sie|ihr wohn*"),
    ),
    "personal_data": (
        *("gdpr|dsgvo|datenschutz*", "data protection", "right to be forgotten", "subject access request"),
        *("delete|erase|remove|export|copy .. my data", "my personal data", "meine|meiner daten", "date of birth"),
        *("passport|ausweis*|id_card|tax_id .. #", "national insurance .. #", "social security .. #"),
        *("password|passcode|pin|passwort is|ist|lautet|: #", "geburtsdatum|medical|diagnos*"),
    ),
}
"""Phrases, a flag each."""
TO_A_MACHINE = (
    *("ignore|disregard|forget|override .. instruction*|prompt*|rules|guidelines|policy|policies|limit|limits",),
    *("system prompt", "developer mode", "jailbreak*", "<important>", "<system>", "system :", "system:"),
    *("important message .. from me .. to you", "before you can solve|do|complete", "<information>", "[system]"),
    *("you are now a|an|in", "ignorier*|vergiss .. anweisung*|regel*|vorgabe*"),
)
"""Orders that no person would take: they are meant for whatever reads the ticket, and security sees them."""
SPAM = (
    ("lottery|jackpot|inheritance|winner", "you have won", "million dollars|usd|euro|euros"),
    ("seo|backlink*", "rank higher|your", "first page of google", "guest post", "web traffic", "increase .. traffic"),
    ("crypto*|bitcoin|forex|casino|betting", "investment opportunity", "double your money", "passive income"),
    ("viagra|cialis|dating", "weight loss"),
    ("dear friend|webmaster|beneficiary", "dear sir/madam", "unsubscribe", "limited time offer", "act now"),
    ("click here", "100% free", "risk free", "no obligation"),
    ("https:*", "http:*", "www.*"),
)
"""Signs of an unwanted mailing: two different ones, from a sender nobody knows, are enough."""
ENOUGH_SPAM = 2
ACCOUNTS = re.compile(r"\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?\b")
CARDS = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
SAID: Mapping[WordFlag, str] = {
    "security": "It speaks of an attack, a leak or fraud.",
    "legal": "It speaks of lawyers, courts, authorities or a claim.",
    "abuse": "It insults or threatens.",
    "personal_data": "It holds, or asks for, personal data.",
}
PATTERNS: Mapping[WordFlag, re.Pattern[str]] = {flag: pattern(phrases) for flag, phrases in WORDS.items()}
MACHINE_PATTERN = pattern(TO_A_MACHINE)
SPAM_SIGNS = tuple(pattern(phrases) for phrases in SPAM)


class Flagged(Frozen):
    """A flag and what raised it, in words that a person may read: never the words from outside."""

    flag: WordFlag
    said: str


def word_flags(text: str) -> tuple[Flagged, ...]:
    """Every flag that the words of a calm text raise, with each reason for it."""
    return tuple(_found(text))


def looks_like_spam(text: str, *, known_sender: bool) -> bool:
    """Whether a calm text is an unwanted mailing; whoever is a customer never sends one."""
    return not known_sender and sum(bool(sign.search(text)) for sign in SPAM_SIGNS) >= ENOUGH_SPAM


def _found(text: str) -> Iterator[Flagged]:
    if MACHINE_PATTERN.search(text):
        yield Flagged(flag="security", said="It gives orders to whatever reads it.")
    for flag, words in PATTERNS.items():
        if words.search(text):
            yield Flagged(flag=flag, said=SAID[flag])
    if _payment_data(text):
        yield Flagged(flag="personal_data", said="It holds a bank account or a card number in full.")


def _payment_data(text: str) -> bool:
    """Whether a number in it is an IBAN or a card's, by their check digits."""
    accounts = (iban.is_valid(found[0]) for found in ACCOUNTS.finditer(text))
    return any(accounts) or any(luhn.is_valid(re.sub(r"[ -]", "", found[0])) for found in CARDS.finditer(text))
