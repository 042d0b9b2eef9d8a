"""Planting what outsiders write into a system's state."""

from collections.abc import Mapping
from typing import Any


def planted(state: Any, vectors: Mapping[str, str]) -> Any:
    """The same state with every place in braces filled."""
    if isinstance(state, dict):
        return {planted(name, vectors): planted(each, vectors) for name, each in state.items()}
    if isinstance(state, list):
        return [planted(each, vectors) for each in state]
    if isinstance(state, str):
        for name, text in vectors.items():
            state = state.replace(f"{{{name}}}", text)
    return state
