"""HTML made of elements, so that no text can become markup by accident."""

from __future__ import annotations

from html import escape

from domain.text import show

LONGEST = 2_000
VOID = frozenset({"meta"})


class Html(str):
    """Text that is markup already: only `element` and `raw` make it."""

    __slots__ = ()


def element(tag: str, *parts: str, **attributes: str) -> Html:
    """An element; parts that are no `Html` are shown safe and escaped, and so are the values of its attributes."""
    named = "".join(f' {name.rstrip("_").replace("_", "-")}="{_text(value)}"' for name, value in attributes.items())
    if tag in VOID:
        return Html(f"<{tag}{named}>")
    return Html(f"<{tag}{named}>{''.join(_part(part) for part in parts)}</{tag}>")


def raw(content: str) -> Html:
    """Text of our own as it is, such as a style sheet; never anything that came from outside."""
    return Html(content)


def _part(part: str) -> str:
    return part if isinstance(part, Html) else _text(part)


def _text(part: str) -> str:
    return escape(show(part, LONGEST), quote=True)
