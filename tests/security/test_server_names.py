"""Whose server a certificate is."""

import ipaddress

import pytest
from cryptography import x509

from node.security.server_names import check_server_name
from node.security.trust import Untrusted
from tests.seals import Authority, private_key

NAMES = [
    x509.DNSName("as4.example.org"),
    x509.DNSName("*.nodes.example.org"),
    x509.DNSName("*.org"),
    x509.DNSName("a*.example.org"),
    x509.IPAddress(ipaddress.ip_address("192.0.2.7")),
]
LEAF = Authority("KR root").issue("common.example.org", private_key("p256"), (x509.SubjectAlternativeName(NAMES), False))


@pytest.mark.parametrize("host", ["as4.example.org", "AS4.Example.ORG", "kr.nodes.example.org", "192.0.2.7"])
def test_a_name_of_the_server_fits(host):
    check_server_name(LEAF, host)


@pytest.mark.parametrize(
    "host", ["example.org", "x.as4.example.org", "a.b.nodes.example.org", "nodes.example.org", "ab.example.org", "192.0.2.8", "common.example.org", "a.org"]
)  # fmt: skip
def test_another_name_does_not(host):
    with pytest.raises(Untrusted, match="its names: as4"):
        check_server_name(LEAF, host)
