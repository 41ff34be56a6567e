"""Fingerprints as people read them over the telephone: groups of four."""

import re
from typing import Final

#: So many groups are compared at least: 64 bits.
GROUPS: Final = 4
_SPACES: Final = re.compile(r"[\s:\-]+")


def grouped(sha256: str) -> str:
    """`ab12-cd34-...`: a SHA-256 in groups of four."""
    return "-".join(sha256[i : i + 4] for i in range(0, len(sha256), 4)).upper()


def agrees(said: str, sha256: str) -> bool:
    """Whether what somebody typed is the beginning of this fingerprint, at least four groups of it."""
    typed = _SPACES.sub("", said).lower()
    return len(typed) >= 4 * GROUPS and sha256.startswith(typed)
