"""An XML element, typed as far as reading needs it; lxml brings no types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Element(Protocol):
    """As much of an lxml element as reading needs."""

    @property
    def tag(self) -> str:
        """The name in Clark notation."""
        ...

    @property
    def text(self) -> str | None:
        """The text before the first child."""
        ...

    def __len__(self) -> int:
        """How many children it has."""
        ...

    def get(self, key: str, /) -> str | None:
        """An attribute."""
        ...

    def getparent(self) -> Element | None:
        """The element that holds it."""
        ...

    def findall(self, path: str, namespaces: Mapping[str, str]) -> Sequence[Element]:
        """The elements at a path."""
        ...


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]
