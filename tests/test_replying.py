"""Answers to queries, from what is on file."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest

from node.app import Node
from node.customs.checking.prior import read_unjudged
from node.customs.filing.registration import OUT, Carried
from node.ebms.xml import parse_xml
from tests.customs_pair import make_customs_pair
from tests.documents import packs, sample

DAY_BEFORE = "the day before it was issued"
NUMBER = "013-26-0771340"


@cache
def issued() -> bytes:
    """The certificate that Korea has issued: of one day, though midnight may pass meanwhile."""
    from tests.exchanges.test_origin import certificate

    return certificate()


@pytest.fixture(scope="module")
def korea(tmp_path_factory):
    """Korea, which has issued a certificate for Taiwan."""
    _, kr = make_customs_pair(tmp_path_factory.mktemp("replying"))
    node = Node.open(kr.folder)
    node.checking.announce(issued(), Carried(OUT, "c1@kr.example", "tw"), datetime.now(UTC), "co.certificate")
    yield node
    node.close()


def asked(korea, **changed):
    """The result that a query of Taiwan is given."""
    text = sample("co-query").read_text()
    import re

    day = date.fromisoformat(parse_xml(issued()).findtext("{*}IssueDate"))
    if changed.get("IssueDate") == DAY_BEFORE:
        changed["IssueDate"] = (day - timedelta(days=1)).isoformat()
    said = {
        "SenderAuthority": "TW-CUSTOMS",
        "RecipientAuthority": "KR-KCS",
        "IssueDate": day.isoformat(),
        **changed,
    }
    for name, value in said.items():
        text = re.sub(rf"<{name}>[^<]*<", f"<{name}>{value}<", text, count=1)
    text = re.sub(r"(</DocumentHeader>\s*<ID>)[^<]*", rf"\g<1>{changed.get('number', NUMBER)}", text)
    document, _ = read_unjudged(text.encode(), packs())
    octets = korea.checking.responding._replying.reply(document, "tw", datetime.now(UTC))
    root = parse_xml(octets)
    assert root.findtext("{*}DocumentHeader/{*}CorrelationID") == document.header.message_id
    return root


def test_the_state_of_a_certificate_is_told(korea):
    root = asked(korea)
    assert root.findtext("{*}ResultCode") == "FOUND"
    state = root.find("{*}CertificateState")
    assert (state.findtext("{*}ID"), state.findtext("{*}IssuerStateCode"), state.findtext("{*}UseStateCode")) == (
        NUMBER,
        "ISSUED",
        "NONE",
    )


@pytest.mark.parametrize(
    ("changed", "result"),
    [
        ({"number": "013-26-0000000"}, "NOT-FOUND"),
        # A number alone is not enough.
        ({"IssueDate": DAY_BEFORE}, "NOT-FOUND"),
        # It was issued for Taiwan.
        ({"SenderAuthority": "JP-CUSTOMS"}, "NOT-YOURS"),
        # Somebody else's certificates are not ours to tell about.
        ({"RecipientAuthority": "KR-OTHER"}, "NOT-FOUND"),
    ],
)
def test_nobody_learns_more_than_is_his(korea, changed, result):
    root = asked(korea, **changed)
    assert root.findtext("{*}ResultCode") == result
    assert root.find("{*}CertificateState") is None


def test_without_an_arrangement_no_operator_is_ours(korea):
    document, _ = read_unjudged(sample("aeo-query").read_bytes(), packs())
    root = parse_xml(korea.checking.responding._replying.reply(document, "tw", datetime.now(UTC)))
    assert root.findtext("{*}ResultCode") == "NOT-YOURS"
