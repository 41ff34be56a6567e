"""Notices on file, beside what two nodes tell in tests/exchanges/test_notices.py."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from node.app import Node
from node.customs.filing.registration import IN, Carried
from node.customs.making.notice import Notice, Said
from node.msh.ports import SubmissionError
from tests.exchanges.test_documents import fresh

SAID = (Said("en", "a"),)


@pytest.fixture
def node(taiwan):
    return taiwan


def came(node, number: str, **changed: str) -> int:
    """A notice of Korea; its row."""
    octets = fresh("not-normal-outage", SenderAuthority="KR-KCS", RecipientAuthority="TW-CUSTOMS", **changed)
    octets = octets.replace(b"KR-N-2026-0044", number.encode())
    document = re.search(rb"uuid:([^<]+)<", octets)[1].decode()
    recorded = node.checking._registered(octets, Carried(IN, f"{document}@kr.example", "kr"), "not.notice", datetime.now(UTC))
    assert recorded.entry.outcome == "AP", recorded.entry.findings
    return recorded.entry.id


def test_one_is_found_by_its_number_and_by_its_document(node):
    row = came(node, "KR-N-1")
    assert node.noticing.one("KR-N-1") == node.noticing.one(str(row))
    assert not node.noticing.one("KR-N-1").ours
    for nothing in ("KR-N-2", "999", "9" * 30, "²"):
        with pytest.raises(SubmissionError, match="is on file"):
            node.noticing.one(nothing)


def test_two_senders_may_use_one_number(node):
    row = came(node, "N-1")
    node.submit(node.noticing.make("kr", Notice("N-1", "OTHER", "NORMAL", SAID, SAID), node.clock.now()).submission)
    with pytest.raises(SubmissionError, match=rf"several notices have the number 'N-1'; name one by its document: {row}, "):
        node.noticing.one("N-1")
    assert [one.ours for one in node.noticing.latest(9)] == [True, False]
    assert [one.ours for one in node.noticing.latest(1)] == [True]


def test_what_was_withdrawn_is_not_overdue(node):
    came(node, "N-1")
    known = node.noticing.one("N-1")
    now = datetime.now(UTC)
    assert not known.overdue(now)
    late = replace(known, acknowledge_by=now - timedelta(seconds=1))
    assert late.overdue(now)
    assert not replace(late, acknowledged_at=now).overdue(now)
    came(node, "N-1", FunctionCode="1", VersionID="2")
    known = node.noticing.one("N-1")
    assert known.withdrawn
    assert not replace(known, acknowledge_by=now).overdue(now)
    # It is listed once, as it was sent.
    assert [one.entry.about.version for one in node.noticing.latest(9)] == [1]


def test_when_nobody_knows_who_may_see_it_lists_leave_out_what_it_says(node):
    row = came(node, "N-1")
    assert not node.noticing.one("N-1").restricted
    assert node.shelves.empty(row, node.clock.now())
    known = node.noticing.one("N-1")
    assert (known.priority, known.subjects, known.restricted) == ("", (), True)


def test_without_authorities_and_without_the_action_it_is_told(tmp_path, node):
    came(node, "N-1")
    agreement = tmp_path / "tw" / "partners" / "kr" / "agreement.toml"
    text = agreement.read_text()
    agreement.write_text(text.replace('theirs = ["KR-KCS"]', "").replace('"gen.response"', '"gen.other"'))
    other = Node.open(tmp_path / "tw")
    with pytest.raises(SubmissionError, match="names no authorities"):
        other.noticing.make("kr", Notice("N-2", "OTHER", "NORMAL", SAID, SAID), other.clock.now())
    with pytest.raises(SubmissionError, match="no action to send a response"):
        other.noticing.acknowledge("N-1", other.clock.now())
    other.close()
