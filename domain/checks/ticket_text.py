"""What a ticket says, in the one form that rules and the router read: without case, emphasis and what cannot be seen.

Whoever shouts is not served first: capitals, exclamation marks and words such as URGENT are taken away before anybody
looks, so that nothing which is decided can depend on them. People still see the message as it was written.
"""

from __future__ import annotations

import re
import unicodedata

from domain.support import Ticket
from domain.text import HIDDEN_CATEGORIES

LIMIT = 20_000
"""Characters that rules and the router read; a longer ticket goes to a person."""
KEPT = frozenset("\n\t")
SHOUTING = re.compile(
    r"(?<!\w)(?:(?:very|really|most|so|sehr|extrem)\s){0,3}(?:urgent(?:ly)?|asap|a\.s\.a\.p\.?|emergency|immediately|"
    r"right (?:now|away)|at once|(?:high|top|highest) priority|prio(?:rity)? ?(?:1|one)|dringend|dringlich|sofort|"
    r"umgehend|unverzüglich|eilig|eilt|notfall)(?!\w)"
)
"""How people ask to be served first; with the words that only strengthen it."""
EMPHASIS = re.compile(r"[!¡‼⁉❗❕]+")
APOSTROPHES = str.maketrans("’‘ʼ`´", "'" * 5)  # noqa: RUF001 - they are what people type
SPACES = re.compile(r"\s+")
COMMON = {
    "en": "the and is are was have has my your you for not with this that what when how can please would it",
    "de": "der die das und ist sind war habe hat mein meine ihr ihre sie für nicht mit dies dass was wann wie ich wir",
    "fr": "le la les et est sont mon ma mes votre vous pour pas avec ce cette que quand comment je nous une des",
    "es": "el los las y es son mi mis su usted para no con este esta que cuando como yo una por favor",
    "nl": "de het en is zijn was mijn uw u voor niet met dit dat wat wanneer hoe ik wij een van",
}
"""Words that nearly every message in a language has."""
COMMON_WORDS = {language: frozenset(words.split()) for language, words in COMMON.items()}
LEAST_COMMON = 2


def wish_of(ticket: Ticket) -> str:
    """All that the requester wrote, oldest first, as it was written."""
    said = [message.body for message in ticket.messages if message.author == "customer"]
    return "\n".join((ticket.subject, *said))


def read_of(ticket: Ticket) -> str:
    """What rules and the router read of a ticket: its calm text, at most one character more than the limit."""
    return calm(wish_of(ticket)[:LIMIT])[: LIMIT + 1]


def whole(ticket: Ticket) -> bool:
    """Whether that is all of it; folding can make a text longer."""
    return len(wish_of(ticket)) <= LIMIT and len(read_of(ticket)) <= LIMIT


def calm(text: str) -> str:
    """A text in small letters on one line, without emphasis, shouted words and invisible characters."""
    seen = "".join(each for each in text if each in KEPT or unicodedata.category(each) not in HIDDEN_CATEGORIES)
    folded = unicodedata.normalize(
        "NFKC", unicodedata.normalize("NFKC", seen.translate(APOSTROPHES)).upper().casefold()
    )
    quiet = SHOUTING.sub(" ", SPACES.sub(" ", EMPHASIS.sub(" ", folded)))
    return re.sub(r" (?=[.,?;:])", "", SPACES.sub(" ", quiet)).strip()


def language_of(text: str) -> str | None:
    """The language (ISO 639-1) most of whose common words occur; None for fewer than two, or as many of another."""
    found = frozenset(re.findall(r"[^\W\d_]+", calm(text)))
    ranked = sorted(((len(found & common), language) for language, common in COMMON_WORDS.items()), reverse=True)
    (most, language), (second, _) = ranked[0], ranked[1]
    return language if most >= LEAST_COMMON and most > second else None
