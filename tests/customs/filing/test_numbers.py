"""Two issuers may use one number."""

from node.customs.checking.prior import read_unjudged
from node.customs.filing.in_memory import DocumentsInMemory
from node.customs.filing.numbers import by_number, likely_issuer
from tests.customs.filing.test_in_memory import Filing, Outcome, filed
from tests.documents import packs, sample


def test_the_likely_issuer_comes_first_and_anybody_else_when_he_has_none():
    documents = DocumentsInMemory()
    for each in (filed("a"), filed("b", issuer="J"), filed("c", version=2)):
        documents.file(Filing(each, Outcome.ACCEPTED))
    assert [one.message_id for one in by_number(documents, "co.certificate", "1", "J")] == ["b"]
    assert [one.message_id for one in by_number(documents, "co.certificate", "1", "I")] == ["a", "c"]
    assert [one.message_id for one in by_number(documents, "co.certificate", "1", "K")] == ["a", "b", "c"]


def test_who_is_likely():
    certificate = read_unjudged(sample("co-cancellation").read_bytes(), packs())[0]
    assert likely_issuer(certificate, "co.certificate") == "KR-CCI-01"
    arrival = read_unjudged(sample("man-arrival-short").read_bytes(), packs())[0]
    assert likely_issuer(arrival, "man.cargo-report") == "JP-CUSTOMS"
