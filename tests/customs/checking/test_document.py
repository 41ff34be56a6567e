"""What a document is to those who ask: its header, key and digest."""

import hashlib
from datetime import UTC, date, datetime

import pytest
from lxml import etree

from node.customs.checking.document import Header, describe, read_header
from tests.documents import packs, sample


def described(name, octets=None):
    octets = octets or sample(name).read_bytes()
    root = etree.fromstring(octets)
    definition = packs().with_root(etree.QName(root).namespace, etree.QName(root).localname)
    return describe(octets, definition, read_header(definition, root), root)


def test_a_certificate():
    document = described("co-rcep-multi-item")
    assert (document.number, document.version, document.issuer) == ("26-R00418207", 1, "JP-CCI-01")
    header = document.header
    assert (header.function, header.sender, header.recipient) == ("9", "JP-CUSTOMS", "VN-CUSTOMS")
    assert (header.profile, header.schema_version, header.correlation) == ("rcep.1", "1.0", "")
    assert header.day == date(2026, 11, 16)
    assert header.issued_at == datetime(2026, 11, 16, 1, 20, tzinfo=UTC)


def test_the_sender_stands_in_for_an_issuer():
    octets = sample("co-rcep-multi-item").read_bytes()
    start, end = octets.index(b"<IssuingAuthority>"), octets.index(b"</CertificateOfOrigin>")
    assert described("", octets[:start] + octets[end:]).issuer == "JP-CUSTOMS"


def test_a_type_without_versions_has_version_0():
    assert described("co-query").version == 0


def test_the_digest_is_that_of_the_octets():
    document = described("co-query")
    assert document.digest == hashlib.sha256(document.octets).digest()


@pytest.mark.parametrize(
    ("issued", "at", "day"),
    [
        ("", None, None),
        ("yesterday", None, None),
        ("2026-11-16T10:00:00", None, date(2026, 11, 16)),
        ("2026-11-16T24:00:00Z", datetime(2026, 11, 17, tzinfo=UTC), date(2026, 11, 16)),
        ("2026-11-16T00:30:00.5+09:00", datetime(2026, 11, 15, 15, 30, 0, 500000, tzinfo=UTC), date(2026, 11, 16)),
        ("9999-12-31T24:00:00Z", None, date(9999, 12, 31)),
    ],
)
def test_moments_and_days(issued, at, day):
    header = Header(issued=issued)
    assert header.issued_at == at
    assert header.day == day
