"""An interchange goes through the eight stages as the documents that it holds."""

import pytest

from node.customs.edifact.envelope import is_interchange
from node.library import shipped_documents
from tests.documents import NOW, offline

EDI = (shipped_documents() / "n2n-man" / "samples" / "good" / "cuscar-sea.edi").read_bytes()


@pytest.mark.parametrize(
    ("octets", "found"),
    [(EDI, True), (b"\r\n UNA:+.? 'UNB+UNOC", True), (b"<?xml version='1.0'?><a/>", False), (b"", False), (b"UN", False)],
)
def test_the_content_says_what_it_is(octets, found):
    assert is_interchange(octets) is found


def judged(octets):
    verdict = offline().check(octets, NOW).verdict
    return verdict.type_id, [(one.rule, one.stage) for one in verdict.findings]


def test_a_good_interchange_is_accepted():
    assert judged(EDI) == ("edifact.cuscar", [])


def test_a_later_stage_judges_the_canonical_document():
    assert judged(EDI.replace(b"HTSU4001000", b"HTSU4001001")) == ("edifact.cuscar", [("MAN-01", 6)])


def test_a_broken_envelope_is_told_and_nothing_after_it():
    kind, found = judged(EDI.replace(b"HTSU4001000", b"HTSU4001001").replace(b"UNZ+1", b"UNZ+2"))
    assert (kind, found) == ("edifact.cuscar", [("EDI-01", 1)])


def test_an_interchange_on_file_is_known_by_its_documents():
    desk = offline()
    desk.put_on_file(EDI, NOW)
    twin = EDI.replace(b"TYO00042", b"TYO00043")
    assert [one.rule for one in desk.check(twin, NOW).verdict.findings] == ["LC-02"]
