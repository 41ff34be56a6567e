"""The digests of an exchange manifest: over everything that it says, and for each direction over which documents there were.

The second is the same on both sides when what one has sent is what the other has received, whatever each knows of the answers.
"""

import base64
import hashlib
from typing import NamedTuple

from node.customs.reconciling.entry import Direction, Entry, moment


class Total(NamedTuple):
    """What all parts hold for one direction."""

    quantity: int
    digest: bytes


class ManifestDigest:
    """The digests of entries that come in their order; none of them is kept."""

    def __init__(self) -> None:
        self._whole = hashlib.sha256()
        self._of = {direction: hashlib.sha256() for direction in Direction}
        self._counted = dict.fromkeys(Direction, 0)

    def add(self, entry: Entry) -> None:
        """Take the next entry."""
        # A tab cannot be part of what the schema calls a token, so that no two entries make the same line.
        document = f"{entry.message_id}\t{entry.type_id}\t{base64.b64encode(entry.digest).decode()}"
        self._of[entry.direction].update(f"{document}\n".encode())
        self._counted[entry.direction] += 1
        known = f"{moment(entry.registered_at)}\t{entry.level}\t{entry.outcome}\t{moment(entry.level_at)}"
        self._whole.update(f"{entry.direction.value}\t{document}\t{known}\n".encode())

    def whole(self) -> bytes:
        """The SetDigest."""
        return self._whole.digest()

    def total(self, direction: Direction) -> Total:
        """The Total of a direction."""
        return Total(self._counted[direction], self._of[direction].digest())
