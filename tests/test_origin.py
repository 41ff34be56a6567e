"""What is sent about a certificate is told in tests/exchanges/test_origin.py, by two nodes; here: which certificate is meant."""

from datetime import UTC, datetime

import pytest

from node.customs.checking.prior import NotOnFile
from node.customs.filing.registration import IN, Carried
from node.msh.ports import SubmissionError


def put(node, octets: bytes, message_id: str) -> None:
    node.documents.record(
        node.checking.responding.outgoing(octets, "co.certificate", Carried(IN, message_id, "kr"), datetime.now(UTC)), None
    )


def test_the_latest_version_is_meant_and_goes_to_who_sent_the_first(taiwan):
    from tests.exchanges.test_origin import NUMBER, certificate

    put(taiwan, certificate(), "c1@kr.example")
    made = taiwan.origin.query(NUMBER, None, "AUDIT", datetime.now(UTC))
    assert (made.submission.partner, made.submission.action) == ("kr", "co.query")
    octets = b"".join(map(bytes, made.submission.payloads[0].octets.chunks()))
    assert b"<SenderAuthority>TW-CUSTOMS<" in octets
    assert b"<RecipientAuthority>KR-KCS<" in octets


def test_of_two_issuers_with_one_number_one_must_be_named(taiwan):
    from tests.exchanges.test_origin import NUMBER, certificate

    put(taiwan, certificate(), "c1@kr.example")
    put(taiwan, certificate().replace(b"KR-CCI-01", b"KR-CCI-02"), "c2@kr.example")
    with pytest.raises(SubmissionError, match=r"name one: --issuer KR-CCI-01, KR-CCI-02"):
        taiwan.origin.query(NUMBER, None, "AUDIT", datetime.now(UTC))
    assert taiwan.origin.query(NUMBER, "KR-CCI-02", "AUDIT", datetime.now(UTC)).submission.partner == "kr"
    with pytest.raises(SubmissionError, match="of KR-CCI-03"):
        taiwan.origin.query(NUMBER, "KR-CCI-03", "AUDIT", datetime.now(UTC))


def test_octets_that_are_no_document_of_ours_are_never_made(taiwan):
    with pytest.raises(NotOnFile):
        put(taiwan, b"<a/>", "c1@kr.example")
