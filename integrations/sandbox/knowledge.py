"""The sandbox's knowledge base behind the `Knowledge` port: a search that anybody can do by hand."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction

from sqlalchemy import select

from domain.support import Article
from integrations.sandbox.lookups import read_all
from integrations.sandbox.schema.support import articles
from integrations.sandbox.stop_words import STOP_WORDS
from integrations.sandbox.system import System

STEM = 6
"""Letters of a word that count, so that "refunded" finds "refund" and "delivery" finds "deliveries"."""
SHORTEST = 3
"""Letters that a word must have."""
IN_TITLE, IN_INTENTS, IN_BODY = 3, 2, 1
ENOUGH = 2
"""An article fits where one word is in its title or intents, or two are in its body."""
WORDS_READ = 200


class SandboxKnowledge(System):
    """Implements `domain.support_ports.Knowledge` on a prepared `Database`, with faults by setting.

    A word counts 3 in a title, 2 in an intent, 1 in a body, the highest once, divided by the number of articles in that
    language that have it: rare words say more. An article that reaches less than 2 before the division does not fit.
    Equally good ones come by id.
    """

    async def find_articles(self, words: str, *, language: str, limit: int = 5) -> tuple[Article, ...]:
        """Articles in this language that fit these words best, best first; none where nothing fits."""
        written = select(articles).where(articles.c.language == language).order_by(articles.c.id)
        all_of_them = await self._ask("find_articles", lambda books: read_all(books, Article, written))
        return best(words, all_of_them)[: max(limit, 0)]

    async def article(self, article_id: str) -> Article | None:
        """One article."""
        this = select(articles).where(articles.c.id == article_id)
        found = await self._ask("article", lambda books: read_all(books, Article, this))
        return found[0] if found else None


def best(words: str, among: tuple[Article, ...]) -> tuple[Article, ...]:
    """Those that fit, best first."""
    asked = list(stems(words))[:WORDS_READ]
    weights = {article.id: _weights(article) for article in among}
    spread = Counter(stem for known in weights.values() for stem in known)

    def enough(article: Article) -> bool:
        return sum(weights[article.id].get(stem, 0) for stem in asked) >= ENOUGH

    def score(article: Article) -> Fraction:
        known = weights[article.id]
        return sum((Fraction(known[stem], spread[stem]) for stem in asked if stem in known), Fraction(0))

    return tuple(sorted(filter(enough, among), key=lambda article: (-score(article), article.id)))


def stems(words: str) -> dict[str, None]:
    """The first six letters of each word that says something, each once, in their order."""
    runs = re.findall(r"[^\W_]+", words.casefold())
    return dict.fromkeys(run[:STEM] for run in runs if len(run) >= SHORTEST and run not in STOP_WORDS)


def _weights(article: Article) -> dict[str, int]:
    body = dict.fromkeys(stems(article.body), IN_BODY)
    intents = dict.fromkeys(stems(" ".join(article.intents).replace("_", " ")), IN_INTENTS)
    return body | intents | dict.fromkeys(stems(article.title), IN_TITLE)
