"""An answer is made of whole sentences of articles that were given, and of nothing else."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.reply_drafter import DraftClaim, DrafterBrief, Passage, by_the_article, draft_of
from domain.documents import DocumentRef
from domain.support import Article
from domain.ticketing import Draft
from integrations.scripted_model.drafter_rules import draft
from tests.tickets import article

ONE = article()
OTHER = article(id="KB-2", title="Returns", body="Send it back. We pay the postage.", intents=("return_goods",))
QUESTION = DocumentRef(digest="a" * 64, size=1, media_type="text/plain", name="question")


def claimed(*passages: tuple[str, str], confidence: str = "0.9") -> DraftClaim:
    cited = tuple(Passage(article_id=article_id, quote=quote) for article_id, quote in passages)
    return DraftClaim(passages=cited, confidence=Decimal(confidence))


def brief(*articles: Article, **changes: Any) -> DrafterBrief:
    fields: dict[str, Any] = {"question": QUESTION, "language": "en", "intents": ("where_is_my_order",)}
    return DrafterBrief(**{**fields, "articles": articles, **changes})


def test_an_answer_quotes_and_cites_and_a_template_says_the_rest() -> None:
    said = claimed(("KB-1", "Goods leave in two days."), ("KB-2", "We pay the postage."), ("KB-1", "Ask us then."))
    answer = draft_of(said, (ONE, OTHER), "en")
    assert isinstance(answer, Draft)
    assert answer.articles == ("KB-1", "KB-2")
    assert answer.body.splitlines()[4:6] == ["From “Where an order is” (KB-1):", "Goods leave in two days."]
    assert answer.body.endswith("a person will read it.")


@pytest.mark.parametrize(("language", "begins"), [("en", "Hello,"), ("de", "Guten Tag,"), ("fr", "Hello,")])
def test_the_template_is_in_a_language_that_there_is_one_for(language: str, begins: str) -> None:
    answer = draft_of(claimed(("KB-1", "Ask us then.")), (ONE,), language)
    assert isinstance(answer, Draft)
    assert answer.body.startswith(begins)


@pytest.mark.parametrize(
    ("passages", "said"),
    [
        ((), "It cites no article."),
        ((("KB-9", "Ask us then."),), "Passage 1 cites an article that was not given."),
        ((("KB-1", "We ship on Sundays."),), "Passage 1 is not made of whole sentences of KB-1"),
        ((("KB-1", "ship on Sundays."),), "Passage 1 is not made of whole sentences"),  # the `not` is cut off
        ((("KB-1", "Every order has a tracking page. Ask us then."),), "one after the other"),
        ((("KB-1", "Ask us then."), ("KB-2", "Ask us then.")), "Passage 2 is not made of"),
        ((("KB-1", " "),), "Passage 1 is not made of"),
        ((("KB-1", "Ask us then. You get 500 EUR."),), "Passage 1 is not made of"),
    ],
)
def test_what_does_not_stand_in_the_articles_is_refused(passages: tuple[tuple[str, str], ...], said: str) -> None:
    wrong = draft_of(claimed(*passages), (ONE, OTHER), "en")
    assert isinstance(wrong, tuple)
    assert said in " ".join(wrong)


@given(st.text(min_size=1, max_size=80))
def test_no_word_of_the_models_own_gets_into_an_answer(own: str) -> None:
    answer = draft_of(claimed(("KB-1", own)), (ONE,), "en")
    if isinstance(answer, Draft):
        assert " ".join(own.split()) in " ".join(ONE.body.split())


def test_without_a_model_the_one_article_about_it_answers() -> None:
    said = by_the_article(brief(ONE, OTHER))
    assert said is not None
    assert isinstance(draft_of(said, (ONE, OTHER), "en"), Draft)


@pytest.mark.parametrize(
    "asked",
    [
        brief(OTHER),
        brief(ONE, ONE.model_copy(update={"id": "KB-3"})),
        brief(ONE, language="de"),
        brief(ONE, intents=("where_is_my_order", "return_goods")),
        brief(),
    ],
)
def test_without_a_model_anything_less_clear_is_for_a_person(asked: DrafterBrief) -> None:
    assert by_the_article(asked) is None


@pytest.mark.parametrize(
    ("asked", "confidence"),
    [
        (brief(ONE), "0.92"),
        (brief(ONE, ONE.model_copy(update={"id": "KB-3"})), "0.85"),
        (brief(ONE, language="de"), "0.92"),
        (brief(OTHER), "0"),
    ],
)
def test_the_scripted_model_drafts_by_its_stated_rules(asked: DrafterBrief, confidence: str) -> None:
    said = draft(asked)
    assert said.confidence == Decimal(confidence)
    assert isinstance(draft_of(said, asked.articles, "en"), Draft) == (confidence != "0")
