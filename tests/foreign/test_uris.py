"""Short names of other products and what they mean."""

import pytest

from node.foreign.uris import HOLODECK_KEYS, PHASE4_CIPHERS, PHASE4_DIGESTS, PHASE4_SIGNATURES, back
from node.security import algorithms as a


@pytest.mark.parametrize(
    ("table", "known"),
    [(PHASE4_SIGNATURES, a.SIGNATURES), (PHASE4_DIGESTS, a.DIGESTS), (PHASE4_CIPHERS, a.CONTENT_KEY_OCTETS)],
)
def test_every_algorithm_of_this_node_has_a_short_name(table: dict[str, str], known: dict[str, object]) -> None:
    assert set(table.values()) == set(known)


def test_back() -> None:
    assert back(HOLODECK_KEYS, "ski") == "KeyIdentifier"
    assert back(HOLODECK_KEYS, "thumbprint") is None
