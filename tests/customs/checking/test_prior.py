"""Documents on file before a check are taken as they are."""

import pytest

from node.customs.checking.prior import NotOnFile, read_unjudged
from tests.documents import NOW, offline, packs, sample


def test_a_document_that_would_be_refused_today_goes_on_file():
    desk = offline()
    octets = sample("co-number-pattern", "bad").read_bytes()
    assert [finding.rule for finding in desk.check(octets, NOW).verdict.findings] == ["CO-01"]
    desk.put_on_file(octets, NOW)
    assert desk.check(octets.replace(b"urn:uuid:", b"urn:uuid:x"), NOW).document is not None


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b"<a/>", "unknown document type"),
        (b"<a", "line 1"),
        (b'<Response xmlns="urn:n2n:customs:res:1"/>', "schemaVersion"),
        (b"<!DOCTYPE a []><a/>", "document type declaration"),
    ],
)
def test_what_cannot_have_been_accepted_is_refused(octets, told):
    with pytest.raises(NotOnFile, match=told):
        read_unjudged(octets, packs())


def test_consignments_are_named_from_the_rows():
    _, named = read_unjudged(sample("man-air").read_bytes(), packs())
    found = {(one.kind, one.value) for one in named}
    assert ("transport-document", "988-44112202") in found
