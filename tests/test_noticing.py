"""Notices on file, beside what two nodes tell in tests/exchanges/test_notices.py."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from node.announcing import announce
from node.app import Node
from node.customs.filing.registration import IN, Carried
from node.customs.making.notice import Notice, Said
from node.msh.intervention import Intervention
from node.msh.ports import SubmissionError
from node.noticing import WORDS
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


def sent(node, number: str, *texts: Said, under_way: bool = False, **more: object) -> None:
    notice = Notice(number, "OTHER", "NORMAL", texts or SAID, texts or SAID, **more)
    made = node.noticing.make("kr", notice, node.clock.now())
    message_id = node.submit(made.submission).message_id
    if not under_way:
        node.order(Intervention.CANCEL, [message_id], "nobody serves")


def messages(node) -> list[str]:
    return [one.message_id for one in node.messages.exchanges(9)]


def test_a_withdrawal_is_the_next_version_of_the_notice_about_the_same(node):
    sent(node, "N-1", Said("en", "a"), Said("zh-Hant", "甲"), handling="RESTRICTED")
    found = node.noticing.withdraw("N-1", (), node.clock.now())
    node.submit(found.made.submission)
    (entry,) = node.documents.carried_by("out", found.message_id)
    about = entry.about
    assert (about.function, about.version, about.number, about.profile) == ("1", 2, "N-1", "notice.1")
    octets = node.documents.octets(entry.id).decode()
    for said in ("<PriorityCode>NORMAL<", "<HandlingCode>RESTRICTED<", ">甲</Subject>", f">{WORDS['zh-Hant']}</Text>"):
        assert said in octets
    # The document of the withdrawal leads to the notice.
    assert node.noticing.one(str(entry.id)) == node.noticing.one("N-1")
    assert node.noticing.one("N-1").withdrawn


def test_what_a_crash_has_left_of_a_withdrawal_is_submitted_by_the_same_command(node):
    sent(node, "N-1")
    made = node.noticing.withdraw("N-1", (), node.clock.now()).made
    # It is registered, and then the process dies.
    announce(made.submission, node.checking, node.ports)
    assert (node.noticing.one("N-1").withdrawn, len(messages(node))) == (True, 1)
    later = node.noticing.withdraw("N-1", (), node.clock.now() + timedelta(hours=1))
    assert later.made.document_id == made.document_id
    node.submit(later.made.submission)
    assert messages(node)[0] == later.message_id
    assert node.noticing.withdraw("N-1", (), node.clock.now()).made is None
    # Whoever was a moment slower sends nothing either.
    for slower in (made, later.made):
        with pytest.raises(SubmissionError):
            node.submit(slower.submission)
    assert len(messages(node)) == 2


def test_what_cannot_be_withdrawn_is_told(node):
    came(node, "KR-N-1")
    with pytest.raises(SubmissionError, match=r"of KR-KCS, who alone withdraws it; to acknowledge it: n2n notice ack KR-N-1"):
        node.noticing.withdraw("KR-N-1", (), node.clock.now())
    with pytest.raises(SubmissionError, match=r"no notice 'N-9' is on file; see: n2n notice list"):
        node.noticing.withdraw("N-9", (), node.clock.now())
    sent(node, "KR-N-1")
    with pytest.raises(SubmissionError, match=r"several notices have the number 'KR-N-1'; name one by its document"):
        node.noticing.withdraw("KR-N-1", (), node.clock.now())
    sent(node, "N-1")
    why = Said("en", "False alarm.")
    node.submit(node.noticing.withdraw("N-1", (why,), node.clock.now()).made.submission)
    assert node.noticing.withdraw("N-1", (why,), node.clock.now()).made is None
    with pytest.raises(SubmissionError, match=r"withdrawn already, with another text, .*; .* n2n notice send"):
        node.noticing.withdraw("N-1", (Said("en", "Burnt out."),), node.clock.now())
    sent(node, "N-2", Said("en", "a"), Said("ko", "가"))
    with pytest.raises(SubmissionError, match=r"written in ko too; .* --text en=\.\.\. --text ko="):
        node.noticing.withdraw("N-2", (), node.clock.now())
    found = node.noticing.withdraw("N-2", (Said("en", "b"),), node.clock.now())
    with pytest.raises(SubmissionError, match="NOT-05"):
        node.submit(found.made.submission)
    assert not node.noticing.one("N-2").withdrawn


def test_a_notice_that_is_on_its_way_is_not_overtaken(node):
    sent(node, "N-1", under_way=True)
    (message_id,) = messages(node)
    with pytest.raises(SubmissionError, match=rf"still on its way, .*; withdraw it when .*: n2n message cancel {message_id}"):
        node.noticing.withdraw("N-1", (), node.clock.now())
    node.order(Intervention.CANCEL, [message_id], "it was wrong")
    node.submit(node.noticing.withdraw("N-1", (), node.clock.now()).made.submission)
    assert node.noticing.one("N-1").withdrawn


def test_when_the_octets_are_no_longer_kept_a_new_notice_is_to_be_sent(node):
    sent(node, "N-1")
    (entry,) = node.documents.with_number("N-1")
    assert node.shelves.empty(entry.id, node.clock.now())
    with pytest.raises(SubmissionError, match="no longer kept here"):
        node.noticing.withdraw("N-1", (), node.clock.now())
    sent(node, "N-2")
    withdrawn = node.noticing.withdraw("N-2", (), node.clock.now())
    node.submit(withdrawn.made.submission)
    (entry,) = node.documents.carried_by("out", withdrawn.message_id)
    assert node.shelves.empty(entry.id, node.clock.now())
    assert node.noticing.withdraw("N-2", (Said("en", "x"),), node.clock.now()).made is None


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
