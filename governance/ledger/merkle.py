"""The Merkle tree of RFC 6962, section 2.1: leaves and nodes are hashed apart, so that neither passes for the other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256(b"").digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The hash over all leaves, 32 bytes."""
    row = [_leaf(each) for each in leaves]
    while len(row) > 1:
        row = _above(row)
    return row[0] if row else EMPTY


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """What one needs beside a leaf, its index and the number of leaves to get the root: siblings from the leaf up."""
    row, found = [_leaf(each) for each in leaves], list[bytes]()
    while len(row) > 1:
        found += row[index ^ 1 : (index ^ 1) + 1]  # the last of an odd row has no sibling and moves up as it is
        row, index = _above(row), index // 2
    return found


def _leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def _above(row: Sequence[bytes]) -> list[bytes]:
    pairs = [row[place : place + 2] for place in range(0, len(row), 2)]
    return [hashlib.sha256(b"\x01" + b"".join(pair)).digest() if len(pair) > 1 else pair[0] for pair in pairs]
