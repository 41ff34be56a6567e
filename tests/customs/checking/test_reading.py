"""Documents through the parser with their schema: all differences at once, at their places, small or long."""

import pytest

from node.customs.checking import check as story
from node.customs.checking.reading import Malformed, differences, read_rows
from node.customs.finding import Pointer
from tests.documents import NOW, offline, packs, rules, sample

AEO = packs().named("aeo.recordset")
FULL = sample("aeo-full-50").read_bytes()


class Rows:
    """Keeps what it is shown."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, str]] = []

    def row(self, element, place):
        self.seen.append((place, element.findtext("{*}TIN")))


def broken(octets=FULL):
    """Two records and the head are wrong."""
    parts = octets.split(b"</Record>")
    parts[2] = parts[2].replace(b"<StatusCode>ACTIVE</StatusCode>", b"")
    parts[7] = parts[7].replace(b"<TierCode>", b"<TierCode>X")
    return b"</Record>".join(parts)


def test_each_row_is_shown_once_and_let_go():
    rows = Rows()
    root = read_rows(FULL, AEO, rows)
    assert [place for place, _ in rows.seen] == list(range(1, 51))
    assert len({tin for _, tin in rows.seen}) == 50
    assert root.find("{*}Record") is None
    assert root.findtext("{*}RecordQuantity") == "50"


def test_no_reader_sees_a_row_that_does_not_follow_the_schema():
    rows = Rows()
    with pytest.raises(Malformed, match="StatusCode"):
        read_rows(broken(), AEO, rows)
    assert len(rows.seen) <= 2


@pytest.mark.parametrize("whole", [True, False])
def test_every_difference_is_told_with_its_place(whole):
    found = list(differences(broken(), AEO, "first", whole=whole))
    assert [(one.rule, one.location, one.pointer) for one in found] == [
        ("GEN-03", "/AeoRecordSet/Record[3]/ValidFrom", Pointer("16C", "276")),
        ("GEN-03", "/AeoRecordSet/Record[8]/TierCode", Pointer()),
    ]
    assert found[0].args == ("Element 'ValidFrom': This element is not expected. Expected is ( StatusCode ).",)


def test_what_no_row_says_is_told_at_the_root():
    (found,) = differences(FULL, AEO, "Element '{urn:n2n:customs:aeo:1}X': wrong", whole=False)
    assert (found.location, found.args) == ("/AeoRecordSet", ("Element 'X': wrong",))


def test_all_differences_of_a_small_document_come_at_once():
    octets = sample("co-rcep-multi-item").read_bytes()
    for old, new in (("<VersionID>1", "<VersionID>x"), ("<ModeCode>1", "<ModeCode>9"), ("</Producer>", "<Other/></Producer>")):
        octets = octets.replace(old.encode(), new.encode(), 1)
    findings = offline().check(octets, NOW).verdict.findings
    assert {one.rule for one in findings} == {"GEN-03"}
    assert {one.location for one in findings} == {
        "/CertificateOfOrigin/VersionID",
        "/CertificateOfOrigin/Transport/ModeCode",
        "/CertificateOfOrigin/GoodsItem[2]/Producer/Other",
    }


@pytest.mark.parametrize("name", ["StatusCode", "OperationCode", "TIN", "TierCode", "RecordVersion", "ValidFrom"])
def test_a_record_without_what_programs_ask_is_a_difference_and_no_crash(name):
    start = FULL.index(f"<{name}>".encode(), FULL.index(b"<Record>"))
    end = FULL.index(b">", FULL.index(f"</{name}>".encode(), start)) + 1
    assert rules(FULL[:start] + FULL[end:]) == ["GEN-03"]


def test_what_is_to_be_looked_at_together_is_bounded(monkeypatch):
    monkeypatch.setattr(story, "MOST_AT_ONCE", 50)
    # The head has fourteen elements beside the root and a record about twenty.
    assert rules(FULL) == []
    (found,) = offline().check(sample("co-rcep-multi-item").read_bytes(), NOW).verdict.findings
    assert (found.rule, found.location) == ("GEN-03", "/CertificateOfOrigin")
