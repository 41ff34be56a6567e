"""Octets held in memory, as small envelopes and payloads are."""

import hashlib
from collections.abc import Iterator
from functools import cached_property


class HeldOctets:
    """`ports.Kept` over one bytes object."""

    def __init__(self, octets: bytes, sha256: str | None = None) -> None:
        self.octets = octets
        if sha256 is not None:
            self.__dict__["sha256"] = sha256

    @property
    def size(self) -> int:
        return len(self.octets)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.octets).hexdigest()

    def chunks(self, size: int = 262_144) -> Iterator[bytes | memoryview]:
        """The octets as one chunk where they fit, else as views of at most `size` octets."""
        if len(self.octets) <= size:
            if self.octets:
                yield self.octets
            return
        view = memoryview(self.octets)
        for start in range(0, len(view), size):
            yield view[start : start + size]

    def discard(self) -> None:
        """Nothing lies anywhere but in memory."""
