"""Fingerprints over the telephone."""

import pytest

from node.sheets.fingerprint import agrees, grouped

PRINT = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def test_a_fingerprint_is_read_in_groups_of_four():
    assert grouped(PRINT).startswith("9F86-D081-884C-7D65-9A2F-")
    assert grouped(PRINT).count("-") == 15


@pytest.mark.parametrize(
    "said", ["9F86-D081-884C-7D65", "9f86 d081 884c 7d65", "9f86:d081:884c:7d65", PRINT, grouped(PRINT), "9F86-D081-884C-7D65-9A"]
)
def test_four_groups_and_more_agree(said):
    assert agrees(said, PRINT)


@pytest.mark.parametrize(
    "said", ["", "9F86-D081-884C", "9F86-D081-884C-7D6", "9F86-D081-884C-7D66", "D081-884C-7D65-9A2F", PRINT + "00"]
)
def test_fewer_groups_or_others_do_not(said):
    assert not agrees(said, PRINT)
