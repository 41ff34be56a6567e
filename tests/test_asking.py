"""A query to a partner, as it is submitted."""

from datetime import date

import pytest

from node.app import Node
from node.msh.ports import SubmissionError
from tests.customs_pair import make_customs_pair
from tests.own_lists import aeo_toml

DAY = date(2026, 11, 18)


@pytest.fixture
def home(tmp_path):
    return make_customs_pair(tmp_path)[0].folder


def made(home, partner="kr"):
    node = Node.open(home)
    try:
        return node.asking.query(partner, "TIN", "KR123", DAY, None, "CLEARANCE", node.clock.now())
    finally:
        node.close()


def test_the_partner_is_asked_by_its_arrangement(home):
    (home / "aeo.toml").write_text(aeo_toml("tw", "kr"))
    one = made(home)
    octets = b"".join(map(bytes, one.submission.payloads[0].octets.chunks()))
    assert (one.submission.partner, one.submission.service, one.submission.action) == (
        "kr",
        "urn:n2n:customs:svc:aeo",
        "aeo.query",
    )
    assert one.document_id.encode() in octets
    assert b"<SenderAuthority>TW-CUSTOMS<" in octets
    assert b"<RecipientAuthority>KR-KCS<" in octets


def test_without_a_programme_of_our_own_we_ask_as_the_agreement_says(home):
    text = aeo_toml("tw", "kr")
    (home / "aeo.toml").write_text(text[text.index("[[arrangement]]") :])
    assert made(home).document_id
    agreement = home / "partners" / "kr" / "agreement.toml"
    agreement.write_text(agreement.read_text().replace('ours = ["TW-CUSTOMS"]\n', ""))
    with pytest.raises(SubmissionError, match="nobody knows for which authority kr is asked"):
        made(home)


def test_without_an_arrangement_nobody_is_asked(home):
    with pytest.raises(SubmissionError, match=r"kr has no arrangement in aeo\.toml; arrangements: none"):
        made(home)
