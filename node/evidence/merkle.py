"""The tree above the log: one entry is proven with the logarithm of the hashes of the others, and none of their content. Source: RFC 9162 2.1."""

import hashlib
from collections.abc import Sequence
from typing import Final, Protocol

_NODE: Final = b"\x01"
#: The root of no entries. Source: RFC 9162 2.1.1.
EMPTY: Final = hashlib.sha256(b"").digest()


class Hashes(Protocol):
    """Where the hashes of a log lie."""

    def complete(self, level: int, index: int) -> bytes:
        """The hash of the leaves from `index << level`, 2 ** level of them."""
        ...


class LeafHashes:
    """`Hashes` over all leaves at hand."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._leaves = leaves

    def complete(self, level: int, index: int) -> bytes:
        """As `Hashes`."""
        return folded(self._leaves[index << level : (index + 1) << level])


class GrowingTree:
    """The roots of a tree that grows leaf by leaf, in memory of its logarithm."""

    def __init__(self) -> None:
        self.size = 0
        #: The complete trees that it consists of, the largest first.
        self._whole: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """One leaf more."""
        height = 0
        while self.size >> height & 1:
            leaf = node_hash(self._whole.pop(), leaf)
            height += 1
        self._whole.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Over all leaves so far."""
        if not self._whole:
            return EMPTY
        found = self._whole[-1]
        for one in reversed(self._whole[:-1]):
            found = node_hash(one, found)
        return found


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(_NODE + left + right).digest()


def folded(hashes: Sequence[bytes]) -> bytes:
    """The hash above a power of two of hashes of one level."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[place], row[place + 1]) for place in range(0, len(row), 2)]
    return row[0]


def root(hashes: Hashes, size: int) -> bytes:
    """The root over the first `size` leaves."""
    return _over(hashes, 0, size) if size else EMPTY


def inclusion(hashes: Hashes, index: int, size: int) -> list[bytes]:
    """The proof that a leaf, counted from 0, is one of the first `size`. Source: RFC 9162 2.1.3.1. Raises ValueError for one that is not."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} of {size}")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _half(end - start)
        if index < middle:
            path.append(_over(hashes, middle, end))
            end = middle
        else:
            path.append(_over(hashes, start, middle))
            start = middle
    return path[::-1]


def consistency(hashes: Hashes, before: int, size: int) -> list[bytes]:
    """The proof that the first `before` leaves are the beginning of the first `size`. Source: RFC 9162 2.1.4.1. Raises ValueError for none or more."""
    if not 0 < before <= size:
        raise ValueError(f"{before} leaves of {size}")
    start, end, path, whole = 0, size, [], True
    while before < end:
        middle = start + _half(end - start)
        if before <= middle:
            path.append(_over(hashes, middle, end))
            end = middle
        else:
            path.append(_over(hashes, start, middle))
            start, whole = middle, False
    # What was the whole of the smaller tree is known to whoever holds its root.
    return ([] if whole else [_over(hashes, start, end)]) + path[::-1]


def holds_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], claimed: bytes) -> bool:
    """Whether a leaf, counted from 0, is proven by a path to be under a root. Source: RFC 9162 2.1.3.2."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for one in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(one, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, one)
        place, last = place >> 1, last >> 1
    return last == 0 and found == claimed


def holds_consistency(before: int, size: int, path: Sequence[bytes], first: bytes, second: bytes) -> bool:
    """Whether a root of `before` leaves is proven to be the beginning of one of `size`. Source: RFC 9162 2.1.4.2."""
    if before == size:
        return not path and first == second
    if not 0 < before < size or not path:
        return False
    hashes = list(path) if before & (before - 1) else [first, *path]
    place, last = before - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = hashes[0]
    for one in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(one, old), node_hash(one, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, one)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first and new == second


def _over(hashes: Hashes, start: int, end: int) -> bytes:
    """The hash above the leaves from `start` to before `end`; `start` is a multiple of the least power of two that is no smaller than their number."""
    right: list[bytes] = []
    while start < end:
        # What is left is cut into complete trees, the largest first.
        level = (end - start).bit_length() - 1
        right.append(hashes.complete(level, start >> level))
        start += 1 << level
    found = right.pop()
    while right:
        found = node_hash(right.pop(), found)
    return found


def _half(number: int) -> int:
    """The largest power of two that is less."""
    return 1 << ((number - 1).bit_length() - 1)
