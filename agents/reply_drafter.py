"""Drafts an answer from articles: it chooses whole sentences of theirs, templates say the rest, plain code checks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from pydantic import Field

from agents.agent import Agent, Limits
from domain.documents import DocumentRef
from domain.support import Article
from domain.ticketing import Draft
from domain.values import Frozen, Ratio

MOST_PASSAGES = 4
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
LANGUAGES = {
    "en": ("Hello,", "thank you for your message. Here is what our help pages say.", "From “{title}” ({id}):"),
    "de": ("Guten Tag,", "danke für Ihre Nachricht. Das sagen unsere Hilfeseiten dazu.", "Aus „{title}“ ({id}):"),
}
GOODBYE = {
    "en": "Does this not answer your question? Reply to this message, and a person will read it.",
    "de": "Beantwortet das Ihre Frage nicht? Antworten Sie auf diese Nachricht, dann liest sie ein Mensch.",
}
"""All that an answer says beside the articles; it promises nothing."""


class DrafterBrief(Frozen):
    """The question by reference, what it wants, and the articles that may answer it."""

    question: DocumentRef
    language: str
    intents: tuple[str, ...]
    articles: tuple[Article, ...] = Field(max_length=5)


class Passage(Frozen):
    """Whole sentences of an article, copied exactly."""

    article_id: str
    quote: str = Field(min_length=1, max_length=1_500)


class DraftClaim(Frozen):
    """What the model would answer: a claim. Without passages the articles do not answer the question."""

    passages: tuple[Passage, ...] = Field(max_length=MOST_PASSAGES)
    confidence: Ratio


def draft_of(claim: DraftClaim, articles: Sequence[Article], language: str) -> Draft | tuple[str, ...]:
    """The answer in full, in a language that there are templates for; or what is wrong with the claim, a sentence each.

    Nothing that the model wrote is in it: titles and sentences come from the articles, the rest from the templates.
    """
    if wrong := tuple(_complaints(claim, articles)):
        return wrong
    greeting, opening, source = LANGUAGES.get(language, LANGUAGES["en"])
    given = {article.id: article for article in articles}
    cited = [(given[passage.article_id], passage) for passage in claim.passages]
    parts = [f"{source.format(title=each.title, id=each.id)}\n{_found(passage.quote, each)}" for each, passage in cited]
    body = "\n\n".join((greeting, opening, *parts, GOODBYE.get(language, GOODBYE["en"])))
    return Draft(body=body, articles=tuple(dict.fromkeys(each.id for each, _ in cited)), confidence=claim.confidence)


def _complaints(claim: DraftClaim, articles: Sequence[Article]) -> Iterator[str]:
    given = {article.id: article for article in articles}
    if not claim.passages:
        yield "It cites no article."
    for number, passage in enumerate(claim.passages, start=1):
        article = given.get(passage.article_id)
        if article is None:
            yield f"Passage {number} cites an article that was not given."
        elif _found(passage.quote, article) is None:
            yield f"Passage {number} is not made of whole sentences of {article.id}, one after the other."


def _found(quote: str, article: Article) -> str | None:
    """The sentences that a quote copies, white space aside: whole ones in a row, so that no `not` is cut off."""
    sentences = [" ".join(each.split()) for each in SENTENCE_END.split(article.body.strip()) if each.strip()]
    wanted = [" ".join(each.split()) for each in SENTENCE_END.split(quote.strip()) if each.strip()]
    starts = range(len(sentences) - len(wanted) + 1)
    there = wanted and any(sentences[start : start + len(wanted)] == wanted for start in starts)
    return " ".join(wanted) if there else None


def by_the_article(brief: DrafterBrief) -> DraftClaim | None:
    """Without a model one article about just what is asked answers with its beginning; anything else a person does."""
    about = [article for article in brief.articles if set(article.intents) & set(brief.intents)]
    if len(about) != 1 or len(brief.intents) != 1 or about[0].language != brief.language:
        return None
    return DraftClaim(passages=(beginning_of(about[0]),), confidence=Decimal(1))


def beginning_of(article: Article, sentences: int = 3) -> Passage:
    """The first sentences of an article."""
    first = SENTENCE_END.split(article.body.strip())[:sentences]
    return Passage(article_id=article.id, quote=" ".join(first)[:1_500])


reply_drafter = Agent(
    name="reply_drafter",
    version="1",
    instructions=(
        "A customer asks something; choose the sentences of the articles that answer it.\n"
        "Copy whole sentences exactly, several in a row as one passage, at most four passages, most useful first. "
        "Write nothing of your own: a template says the rest. Give no passages where the articles do not answer it, "
        "where it asks about the customer's own order, money or data, or where it wants something done.\n"
        "Confidence says how sure you are that this answers what was asked."
    ),
    brief=DrafterBrief,
    claim=DraftClaim,
    fallback=by_the_article,
    limits=Limits(untrusted_characters=20_000),
)
