"""Documents on file in memory answer as the store's; see the test of the store's register for the comparison of both."""

from datetime import UTC, datetime
from decimal import Decimal

from node.customs.filing.filing import Filing, Step, WrittenOff
from node.customs.filing.in_memory import DocumentsInMemory
from node.customs.filing.moving import Moved
from node.customs.filing.on_file import Filed, Standing
from node.customs.finding import Outcome

AT = datetime(2026, 11, 20, tzinfo=UTC)
SUBJECT = ("co.certificate", "1", "I")


def filed(message_id="m", number="1", version=1, issuer="I", sender="S"):
    return Filed(lambda: b"x", b"d", "co.certificate", message_id, sender, "R", number, version, issuer, "9", AT)


def kept(*filings):
    documents = DocumentsInMemory()
    for filing in filings:
        documents.file(filing)
    return documents


def test_nothing_is_on_file_at_first():
    documents = kept()
    assert documents.message("S", "m") is None
    assert documents.numbered("co.certificate", "1", None) == []
    assert documents.state(SUBJECT, "issue") == ""
    assert documents.written_off(SUBJECT, "1 KGM") == 0
    assert documents.standing("S", "m") == Standing()


def test_versions_come_oldest_first_and_by_issuer():
    one, two, other = filed("a"), filed("b", version=2), filed("c", issuer="J")
    documents = kept(*(Filing(each, Outcome.ACCEPTED) for each in (one, other, two)))
    assert documents.numbered("co.certificate", "1", "I") == [one, two]
    assert documents.numbered("co.certificate", "1", None) == [one, other, two]
    assert documents.numbered("co.query", "1", None) == []
    assert documents.message("S", "b") is two
    assert documents.message("T", "b") is None
    assert list(documents.all()) == [one, other, two]


def test_a_filing_is_taken_in_whole():
    moved = Moved(SUBJECT, "issue", "", "ISSUED", "issue")
    off = WrittenOff(SUBJECT, "1 KGM", Decimal("1.5"))
    documents = kept(*(Filing(filed(name), Outcome.ACCEPTED, (moved,), (SUBJECT,), (), (off,)) for name in "ab"))
    assert documents.state(SUBJECT, "issue") == "ISSUED"
    assert documents.written_off(SUBJECT, "1 KGM") == 3
    assert [one.message_id for one in documents.naming("co.certificate", SUBJECT, "S")] == ["a", "b"]
    assert documents.naming("co.certificate", SUBJECT, "T") == ()


def standing(*steps):
    taken = tuple(Step("S", "m", level, outcome, "") for level, outcome in steps)
    return kept(Filing(filed(), Outcome.ACCEPTED, steps=taken)).standing("S", "m")


def test_a_message_stands_at_its_highest_step_and_ends_with_re_or_lx():
    assert standing(("L2", "AP")) == Standing("L2", ended=False)
    assert standing(("L4", "AP"), ("L2", "AP")) == Standing("L4", ended=False)
    assert standing(("L2", "RE")) == Standing("L2", ended=True)
    assert standing(("LX", "AP"), ("L3", "AP")) == Standing("LX", ended=True)
