import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.text import HIDDEN_CATEGORIES, show


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("invoice.xml", "invoice.xml"),
        ("evil\u202efdp.exe", "evil[U+202E]fdp.exe"),
        ("pay\u200bpal", "pay[U+200B]pal"),
        ("a\x00b\x1b[31m", "a[U+0000]b[U+001B][31m"),
        ("two\r\nlines\tand\u2028more", "two lines and more"),
        ("\uff21\uff23\uff2d\uff25", "ACME"),
        ("tag\U000e0041", "tag[U+E0041]"),
        ("selector\ufe0f", "selector[U+FE0F]"),
        ("blank\u3164", "blank[U+1160]"),
        ("Zürich 東京 €", "Zürich 東京 €"),
        ("", ""),
    ],
)
def test_what_hides_is_shown(text: str, shown: str) -> None:
    assert show(text, 80) == shown


def test_a_text_of_just_the_limit_is_whole_and_a_longer_one_ends_in_an_ellipsis() -> None:
    assert show("x" * 20, 20) == "x" * 20
    assert show("x" * 21, 20) == "x" * 19 + "…"


def test_a_hundred_megabytes_are_not_walked_through() -> None:
    assert show(" " * 100_000_000, 10) == "…"


@given(st.text(max_size=300), st.integers(min_value=1, max_value=100))
def test_the_shown_text_is_one_short_line_without_anything_hidden(text: str, limit: int) -> None:
    shown = show(text, limit)
    assert len(shown) <= limit
    assert not any(unicodedata.category(character) in HIDDEN_CATEGORIES for character in shown)
