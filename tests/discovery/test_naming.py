"""Names and records of a locator."""

import hashlib
from base64 import b32decode

import pytest

from node.discovery.identifiers import Identifier
from node.discovery.naming import Naptr, Publisher, metadata_url, name_of, publishers

ANNA = Identifier("iso6523-actorid-upis", "0088:7300010000001")


def record(regexp="!.*!https://smp.example.org/!", *, order=100, preference=10, flags="U", service="Meta:SMP"):
    return Naptr(order, preference, flags, service, regexp)


def test_a_name_is_the_digest_of_the_value_in_lower_case_below_scheme_and_domain():
    name = name_of(Identifier("ISO6523-actorid-upis", "0088:ABC"), "sml.example.org.")
    label, _, rest = name.partition(".")
    assert rest == "iso6523-actorid-upis.sml.example.org"
    assert b32decode(label + "====") == hashlib.sha256(b"0088:abc").digest()
    assert len(label) == 52
    assert name_of(Identifier("", "x"), "d").count(".") == 1


def test_the_preferred_publisher_comes_first():
    found = publishers(
        [
            record("!^.*$!http://b.example!", order=200),
            record("!.*!https://c.example/two/!", preference=20, service="meta:SMP2"),
            record("/.*/https:..a.example/"),
            record(),
        ]
    )
    assert found == [
        Publisher("https://smp.example.org", "1.0"),
        Publisher("https://c.example/two", "2.0"),
        Publisher("http://b.example", "1.0"),
    ]


@pytest.mark.parametrize(
    "other",
    [
        record(flags="S"),
        record(service="meta:other"),
        record("!(.*)!https://\\1.example/!"),
        record("!.*!https://a.example!junk"),
        record("!.*!file:///etc/passwd!"),
        record("!.*!https://!"),
        record(""),
        record("!.*!ftp://a.example/!"),
        record("!.*!http://[!"),
        record("!.*!http://[::1!"),
        record("!.*!http://a.example:99999/!"),
    ],
)
def test_other_records_are_passed_over(other):
    assert publishers([other]) == []


def test_where_metadata_is_asked_for():
    service = Identifier("bdx", "a/b")
    assert metadata_url(Publisher("https://p/x/", "1.0"), ANNA, service) == (
        "https://p/x/iso6523-actorid-upis%3A%3A0088%3A7300010000001/services/bdx%3A%3Aa%2Fb"
    )
    for base in ("https://p", "https://p/bdxr-smp-2"):
        assert (
            metadata_url(Publisher(base, "2.0"), Identifier("", "A"), service) == "https://p/bdxr-smp-2/A/services/bdx%3A%3Aa%2Fb"
        )
