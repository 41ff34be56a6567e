"""Which names lie within which subtrees."""

import ipaddress

import pytest
from cryptography import x509
from cryptography.x509 import DNSName, IPAddress, RFC822Name, UniformResourceIdentifier

from node.security.extensions import read_extensions
from node.security.name_constraints import Subtrees
from node.security.trust import Untrusted
from tests.seals import Authority, private_key

CA = Authority("KR root")


def unchecked(mail):
    """As it may stand in octets that others made."""
    return RFC822Name._init_without_validation(mail)


def directory(*names):
    kinds = (x509.NameOID.COUNTRY_NAME, x509.NameOID.COMMON_NAME)
    return x509.DirectoryName(x509.Name([x509.NameAttribute(kind, one) for kind, one in zip(kinds, names, strict=False)]))


def why_not(names, permitted=None, excluded=None, subject="leaf"):
    extension = [(x509.SubjectAlternativeName(names), False)] if names else []
    certificate = CA.issue(subject, private_key("p256"), *extension)
    trees = Subtrees()
    try:
        trees.add("CN=above", x509.NameConstraints(permitted, excluded))
        trees.check(certificate.x509, certificate.subject, read_extensions(certificate))
    except Untrusted as problem:
        return str(problem)
    return None


URI, NET = UniformResourceIdentifier, ipaddress.ip_network
INSIDE = [
    (DNSName("a.example.org"), DNSName("example.org")),
    (DNSName("EXAMPLE.org"), DNSName("example.ORG")),
    (DNSName("*.example.org"), DNSName("example.org")),
    (RFC822Name("x@example.org"), RFC822Name("example.org")),
    (RFC822Name("x@Example.org"), RFC822Name("x@example.org")),
    (RFC822Name("x@a.example.org"), RFC822Name(".example.org")),
    (URI("https://a.example.org/x"), URI(".example.org")),
    (URI("https://example.org:8443/x"), URI("example.org")),
    (IPAddress(ipaddress.ip_address("192.0.2.9")), IPAddress(NET("192.0.2.0/24"))),
    (IPAddress(ipaddress.ip_address("2001:db8::9")), IPAddress(NET("2001:db8::/32"))),
    (directory("KR", "leaf"), directory("KR")),
    (directory("KR", "LEAF "), directory("KR", "leaf")),
]
OUTSIDE = [
    (DNSName("example.com"), DNSName("example.org")),
    (DNSName("notexample.org"), DNSName("example.org")),
    (RFC822Name("x@a.example.org"), RFC822Name("example.org")),
    (RFC822Name("X@example.org"), RFC822Name("x@example.org")),
    (RFC822Name("x@example.org"), RFC822Name(".example.org")),
    (URI("https://example.org/x"), URI(".example.org")),
    (URI("https://a.example.org/x"), URI("example.org")),
    (IPAddress(ipaddress.ip_address("192.0.3.9")), IPAddress(NET("192.0.2.0/24"))),
    (IPAddress(ipaddress.ip_address("192.0.2.9")), IPAddress(NET("::/0"))),
    (directory("TW", "leaf"), directory("JP")),
]


@pytest.mark.parametrize(("name", "tree"), INSIDE)
def test_a_name_inside_is_permitted_and_may_be_excluded(name, tree):
    assert why_not([name], permitted=[tree]) is None
    assert "excluded by CN=above" in why_not([name], excluded=[tree])


@pytest.mark.parametrize(("name", "tree"), OUTSIDE)
def test_a_name_outside_is_refused_where_only_others_are_permitted(name, tree):
    assert "may vouch for" in why_not([name], permitted=[tree])
    assert why_not([name], excluded=[tree]) is None


def test_the_subject_is_a_name_too():
    assert why_not([], permitted=[directory("KR")]) is None
    assert "directory name" in why_not([], permitted=[directory("TW")])


def test_a_pattern_that_may_stand_for_an_excluded_name_is_refused():
    assert "excluded" in why_not([DNSName("*.example.org")], excluded=[DNSName("secret.example.org")])
    assert "may vouch" in why_not([DNSName("*.example.org")], permitted=[DNSName("open.example.org")])


@pytest.mark.parametrize(
    ("name", "tree"),
    [
        (DNSName("a b.example.org"), DNSName("example.org")),
        (DNSName("*a.example.org"), DNSName("example.org")),
        (unchecked("a@b@example.org"), RFC822Name("example.org")),
        (URI("https:///x"), URI("example.org")),
        (URI("https://192.0.2.1/x"), URI("example.org")),
    ],
)
def test_a_malformed_name_of_a_constrained_form_is_refused(name, tree):
    assert "malformed" in why_not([name], permitted=[tree])
    assert why_not([name], permitted=[directory("KR")]) is None


@pytest.mark.parametrize("tree", [DNSName(".example.org"), unchecked("@"), URI("https://example.org")])
def test_a_malformed_subtree_is_refused(tree):
    assert "malformed" in why_not([], permitted=[tree])


def test_a_form_that_is_constrained_and_not_understood_is_refused():
    other = x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))
    assert "not understood" in why_not([other], excluded=[other])
    assert why_not([DNSName("a.org")], excluded=[other]) is None


def test_many_names_and_many_subtrees_cost_a_bounded_number_of_comparisons():
    names, trees = ([DNSName(f"t{number}.{end}") for number in range(400)] for end in ("org", "com"))
    assert "more than 50000 names" in why_not(names, excluded=trees)
