"""Which facts open which gate."""

from datetime import UTC, datetime, timedelta

import pytest

from node.onboarding.facts import Signed, agreement, certificates, clock, drill, parallel_run, production
from node.onboarding.gates import GATES

NOW = datetime(2026, 11, 28, tzinfo=UTC)
BOTH = [Signed(side, "2026-11-28T00:00:00Z", "CN=x", "f" * 64) for side in "ab"]


@pytest.mark.parametrize(
    ("version", "signatures", "in_force", "said"),
    [
        (1, BOTH, True, None),
        (0, [], True, "only we have written it"),
        (1, BOTH[:1], True, "both sides must sign"),
        (1, BOTH, False, "not in force"),
    ],
)
def test_an_agreement(version, signatures, in_force, said):
    look = agreement(version, "d", signatures, in_force)
    assert (look.missing == ()) if said is None else any(said in one for one in look.missing)
    assert look.facts["version"] == version


def test_certificates_need_a_fingerprint_that_was_compared_now_or_before():
    sign = ["a" * 64]
    assert certificates(sign[0], {}, sign, "https://x", ()).passed
    assert certificates("", {}, sign, "https://x", sign).facts["compared"] == sign[0]
    assert not certificates("", {}, sign, "https://x", ["b" * 64]).passed
    assert certificates(sign[0], {"kr-sign": "has expired"}, sign, "https://x", ()).missing == ("kr-sign: has expired",)
    assert "is not https" in certificates(sign[0], {}, sign, "http://x", ()).missing[0]
    for url in ("http://localhost:8080/as4", "http://127.0.0.1/as4", "http://[::1]:80/as4"):
        assert certificates(sign[0], {}, sign, url, ()).passed
    # It begins alike, and is somebody else's.
    assert not certificates(sign[0], {}, sign, "http://localhost.example/as4", ()).passed
    assert certificates(sign[0], {}, sign, "", ()).passed


@pytest.mark.parametrize(
    ("theirs", "offset"),
    [(0, 0), (0.5, 0), (1, 0), (-31, 31), (32, 31), (-10, 10)],
)
def test_clocks_are_compared_outside_of_the_round_trip(theirs, offset):
    look = clock(True, "", NOW, NOW + timedelta(seconds=theirs), NOW + timedelta(seconds=1), {"message_id": "m"})
    assert (look.facts["offset_ms"], look.facts["round_trip_ms"], look.facts["message_id"]) == (offset * 1000, 1000, "m")
    assert look.passed == (offset <= 30)


def test_no_receipt_is_no_connectivity_and_no_time_no_clock():
    assert clock(False, "nobody", NOW, None, NOW, {}).missing == ("no receipt: nobody",)
    assert clock(True, "", NOW, None, NOW, {}).missing == ("the receipt says no time",)


BREAK = {"broke": True, "receipted_after": True, "seconds": 3.0, "message_id": "m"}


@pytest.mark.parametrize(
    ("wanted", "receipted", "outage", "said"),
    [
        (200, 200, BREAK, None),
        (200, 199, BREAK, "1 of 200 messages got no receipt"),
        (20, 20, BREAK, "at least 200"),
        (200, 200, None, "no break was rehearsed"),
        (200, 200, {**BREAK, "broke": False}, "did not stop"),
        (200, 200, {**BREAK, "receipted_after": False}, "got no receipt when the drill ended"),
    ],
)
def test_a_drill(wanted, receipted, outage, said):
    look = drill(wanted, receipted, 10, outage)
    assert (look.missing == ()) if said is None else any(said in one for one in look.missing)
    assert look.facts["per_second"] == receipted / 10
    assert drill(1, 1, 0, None).facts["per_second"] == 0


def test_nights_in_a_row_must_agree():
    nights = [(f"n{number}", "AP", {}) for number in range(6)]
    assert parallel_run(nights).passed
    assert parallel_run(nights[:3]).missing[0].startswith("2 more nights must be compared")
    differences = [{"what": "missing there", "type": "not.notice", "document": f"urn:uuid:{number}"} for number in range(4)]
    look = parallel_run([("n9", "AJ", {"differences": differences}), *nights])
    (told,) = look.missing
    assert told.startswith("the lists of n9 do not agree, AJ (missing there: not.notice urn:uuid:0; ")
    assert "urn:uuid:2 and 1 more)" in told
    assert look.facts["nights"][0]["report"] == {"differences": differences}
    assert "has not come" in parallel_run([("n9", "", {})], 1).missing[0]


def test_production_wants_all_the_others():
    assert production(()).passed
    assert production(GATES[2:3]).missing == ("gate 3, connectivity and clock, is not passed under this version",)
