"""The file as a calendar reads it: RFC 5545 by its own rules, since no library of ours reads it."""

from datetime import UTC, datetime, timedelta

from node.keyring.forecast import ALARMS, Ending
from node.keyring.icalendar import calendar, escape, fold

NOW = datetime(2027, 1, 1, tzinfo=UTC)
END = datetime(2027, 6, 1, 12, 30, tzinfo=UTC)
ONE = Ending("own", "sign", "CN=關務署; Customs, TW", END, "ab" * 32, "own-sign")


def unfolded(octets: bytes) -> list[str]:
    return octets.replace(b"\r\n ", b"").decode().split("\r\n")


def test_each_end_is_an_event_with_its_alarms():
    octets = calendar([ONE, Ending("trust", "ca", "CN=ca", END, "cd" * 32, "trust-ca-cd")], "tw.example", NOW)
    assert octets.endswith(b"END:VCALENDAR\r\n")
    # spec: RFC 5545 3.1
    assert all(len(line) <= 75 and b"\n" not in line for line in octets.split(b"\r\n"))
    lines = unfolded(octets)
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert [lines.count(one) for one in ("BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM")] == [2, 2, 2 * len(ALARMS)]
    assert "DTSTART:20270601T123000Z" in lines
    assert [one for one in lines if one.startswith("TRIGGER")][: len(ALARMS)] == [f"TRIGGER:-P{days}D" for days in ALARMS]
    assert "UID:own-sign@tw.example" in lines
    assert any(one.startswith("DESCRIPTION:CN=關務署\\; Customs\\, TW\\nSHA-256 abab") for one in lines)


def test_a_renewed_certificate_moves_its_event():
    def of(octets, name):
        return next(one.partition(":")[2] for one in unfolded(octets) if one.startswith(name))

    before = calendar([ONE], "tw.example", NOW)
    renewed = Ending("own", "sign", "CN=tw", END + timedelta(days=365), "ef" * 32, "own-sign")
    after = calendar([renewed], "tw.example", NOW + timedelta(days=1))
    assert of(before, "UID") == of(after, "UID")
    assert int(of(after, "SEQUENCE")) > int(of(before, "SEQUENCE"))
    assert calendar([ONE], "tw.example", NOW) == before


def test_a_text_cannot_begin_a_line_of_its_own():
    assert escape("a\r\nEND:VCALENDAR\x07") == "a\\nEND:VCALENDAR"
    assert escape("\\;,") == "\\\\\\;\\,"


def test_a_line_is_folded_between_characters():
    pieces = list(fold("SUMMARY:" + "關" * 60))
    assert all(len(one) <= 77 for one in pieces)
    assert b"".join(pieces).replace(b"\r\n ", b"").decode().rstrip() == "SUMMARY:" + "關" * 60
    assert [one.decode()[0] for one in pieces[1:]] == [" "] * (len(pieces) - 1)
