"""The digest of a set is that of its lines in one order."""

import base64
import hashlib

import pytest

from node.customs.operators.digest import Line, SetDigest, line_of, set_digest
from tests.operators import record

LINES = [
    Line("TW2", "AEOS", "ACTIVE", 10),
    Line("TW1", "AEOS", "ACTIVE", 2),
    Line("TW1", "AEOF", "ACTIVE", 1),
    Line("TW1", "AEOS", "ACTIVE", 10),
]


def test_lines_are_sorted_by_tin_tier_status_and_the_number_of_the_version():
    text = "TW1|AEOF|ACTIVE|1\nTW1|AEOS|ACTIVE|2\nTW1|AEOS|ACTIVE|10\nTW2|AEOS|ACTIVE|10\n"
    assert set_digest(LINES) == base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_no_records_have_a_digest_too():
    assert set_digest([]) == base64.b64encode(hashlib.sha256(b"").digest()).decode() == SetDigest().value()


def test_a_line_that_comes_too_early_is_refused():
    digest = SetDigest()
    digest.add(Line("TW2", "AEOS", "ACTIVE", 1))
    with pytest.raises(ValueError, match="comes after"):
        digest.add(Line("TW1", "AEOS", "ACTIVE", 1))


def test_a_record_is_digested_by_what_identifies_its_state():
    assert line_of(record("TW1", 3, status="SUSPENDED")) == Line("TW1", "AEOS", "SUSPENDED", 3)
