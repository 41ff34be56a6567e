"""Proofs of the tree as files: that an entry is in a checkpoint, or that a checkpoint continues another. Source: the format of evidence, 5."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from node.evidence.entry import written

#: What the first number of a proof is called.
INCLUSION: Final = "number"
CONSISTENCY: Final = "before"
#: No log has more than 2 ** 64 entries.
_MOST_STEPS: Final = 65
#: A proof of so many steps is a third of it.
MAX_OCTETS: Final = 1 << 14
_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Proof:
    """`place` is the number of the entry, or the size of the smaller checkpoint; `size` that of the checkpoint to which the path leads."""

    place: int
    size: int
    path: tuple[bytes, ...] = field(repr=False)


def write_proof(kind: str, place: int, size: int, path: Sequence[bytes]) -> bytes:
    """The canonical form."""
    return written({"v": 1, kind: place, "size": size, "path": [one.hex() for one in path]})


def read_proof(octets: bytes, kind: str) -> Proof | None:
    """The proof that these octets are; None where they are none of this kind."""
    if len(octets) > MAX_OCTETS:
        return None
    try:
        told: Any = json.loads(octets.decode("utf-8"))
        if not isinstance(told, dict) or set(told) != {"v", kind, "size", "path"} or written(told) != octets:
            return None
        place, size, path = told[kind], told["size"], told["path"]
        if not all(type(one) is int for one in (told["v"], place, size)) or told["v"] != 1 or not isinstance(path, list):
            return None
        if len(path) > _MOST_STEPS or not all(isinstance(one, str) and _DIGEST.match(one) for one in path):
            return None
    except (ValueError, TypeError, RecursionError):
        return None
    return Proof(place, size, tuple(bytes.fromhex(one) for one in path))
