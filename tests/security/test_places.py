"""The addresses at which authorities tell what they took back."""

from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from node.security.places import Named, places_of, question
from tests.seals import Authority, private_key

CA = Authority("KR root")


def point(*urls):
    return x509.DistributionPoint([x509.UniformResourceIdentifier(one) for one in urls], None, None, None)


def made(*extensions):
    return CA.issue("leaf", private_key("p256"), *((one, False) for one in extensions))


def access(method, url):
    return x509.AccessDescription(method, x509.UniformResourceIdentifier(url))


def test_lists_and_responders_are_found_and_other_addresses_are_not():
    leaf = made(
        x509.CRLDistributionPoints([point("ldap://x/cn=a", "http://a.org/1.crl"), point("https://a.org/2.crl")]),
        x509.FreshestCRL([point("http://a.org/delta.crl")]),
        x509.AuthorityInformationAccess(
            [
                access(AuthorityInformationAccessOID.CA_ISSUERS, "http://a.org/ca.crt"),
                access(AuthorityInformationAccessOID.OCSP, "http://ocsp.a.org"),
            ]
        ),
    )
    lists = ("http://a.org/1.crl", "https://a.org/2.crl", "http://a.org/delta.crl")
    assert places_of(leaf) == (*(Named("crl", one) for one in lists), Named("ocsp", "http://ocsp.a.org"))
    assert places_of(made()) == ()


def test_addresses_that_nobody_should_call_are_left_out():
    bad = ["file:///etc/passwd", "http:///x", "http://a:b@c.org/", "http://[x/", f"http://a.org/{'x' * 1000}", "gopher://a.org"]
    assert places_of(made(x509.CRLDistributionPoints([point(one) for one in bad]))) == ()
    many = [point(f"http://a.org/{number}") for number in range(100)]
    assert len(places_of(made(x509.CRLDistributionPoints(many)))) == 8


def test_the_question_names_the_certificate():
    leaf = made()
    asked = ocsp.load_der_ocsp_request(question(leaf, CA.certificate))
    assert asked.serial_number == leaf.serial


def test_a_list_is_one_for_all_and_an_answer_is_about_one():
    one, two = made(), made()
    assert Named("crl", "http://a.org").key(one) == Named("crl", "http://a.org").key(two) == "http://a.org"
    assert Named("ocsp", "http://a.org").key(one) == f"http://a.org {one.sha256}" != Named("ocsp", "http://a.org").key(two)
