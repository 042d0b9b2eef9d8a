"""Whether 32 bytes are a point that an Ed25519 key can be (RFC 8032, section 5.1.3); no library at hand says so."""

from __future__ import annotations

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
SQRT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
SIZE = 32

Point = tuple[int, int]


def is_public_key(raw: bytes) -> bool:
    """Whether the bytes are the one encoding of a curve point, and not of the eight that verify forged signatures."""
    point = _decoded(raw)
    return point is not None and not _is_of_small_order(point)


def _decoded(raw: bytes) -> Point | None:
    if len(raw) != SIZE:
        return None
    sign, y = divmod(int.from_bytes(raw, "little"), 2**255)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x + u) % P == 0:
        x = x * SQRT_OF_MINUS_1 % P
    if (v * x * x - u) % P:
        return None
    return (x if x % 2 == sign else P - x), y


def _is_of_small_order(point: Point) -> bool:
    """Eight times such a point is the neutral one; a signature by it says nothing about who signed."""
    for _ in range(3):
        point = _added(point, point)
    return point == (0, 1)


def _added(one: Point, other: Point) -> Point:
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return x % P, y % P
