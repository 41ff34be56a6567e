"""XML that two parsers could read in two ways, or that costs more than its octets say, is read by neither verifier; and a seal has nothing beside what it says."""

from functools import cache

import pytest

from node.customs.seal.canonical import part_limits
from node.ebms.xml import ENVELOPE_LIMITS, XmlLimits, XmlRefused, parse_xml
from node.evidence.bundle import BOUNDS
from node.evidence.verify import verify
from tests.bundles import NOW, BundleWorld
from tests.verifier.made import packed
from verifier import n2n_verify as second

WITHIN = b'<a xmlns="urn:n"><b c="1">text</b></a>'
READ = {
    "plain": WITHIN,
    "declared": b'<?xml version="1.0" encoding="UTF-8"?>' + WITHIN,
    "declared otherwise": b"<?xml version='1.0' encoding = 'utf-8' standalone='yes' ?>\n" + WITHIN,
    "with a mark": b"\xef\xbb\xbf" + WITHIN,
    "in UTF-16 with its mark": WITHIN.decode().encode("utf-16"),
    "a section of characters": b"<a><![CDATA[<b>&]]></a>",
    "as deep as may be": b"<a>" * 64 + b"</a>" * 64,
    "as many attributes as may be": b"<a" + b"".join(b' a%d=""' % one for one in range(64)) + b"/>",
    "as many namespaces as may be": b"<a" + b"".join(b' xmlns:a%d="urn:x"' % one for one in range(32)) + b"/>",
    "as many elements as may be": b"<a>" + b"<b/>" * 19_999 + b"</a>",
    "a namespace undone": b'<a xmlns="urn:x"><b xmlns=""/></a>',
}
REFUSED = {
    "a comment": b"<a>te<!-- no -->xt</a>",
    "a comment in front": b"<!-- no --><a/>",
    "a processing instruction": b"<a><?no?></a>",
    "a document type": b"<!DOCTYPE a><a/>",
    "an entity of its own": b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "entities of entities": b'<!DOCTYPE a [<!ENTITY x "yyyyyyyyyy"><!ENTITY z "&x;&x;&x;&x;&x;">]><a>&z;&z;</a>',
    "a file of its own": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "XML 1.1": b'<?xml version="1.1"?><a/>',
    "another encoding": b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
    "another encoding, of ASCII": b'<?xml version="1.0" encoding="US-ASCII"?><a/>',
    "an encoding of other signs": b'<?xml version="1.0" encoding="cp037"?><a/>',
    "UTF-16 told, UTF-8 there": b'<?xml version="1.0" encoding="UTF-16"?><a/>',
    "in UTF-16 without its mark": WITHIN.decode().encode("utf-16-le"),
    "octets of no encoding": b"<a>\xff</a>",
    "a surrogate in UTF-8": b"<a>\xed\xa0\x80</a>",
    "a zero": b"<a>\0</a>",
    "a control character": b"<a>&#27;</a>",
    "too deep": b"<a>" * 65 + b"</a>" * 65,
    "deeper than the stack": b"<a>" * 100_000 + b"</a>" * 100_000,
    "too many attributes": b"<a" + b"".join(b' a%d=""' % one for one in range(65)) + b"/>",
    "too many namespaces": b"<a" + b"".join(b' xmlns:a%d="urn:x"' % one for one in range(33)) + b"/>",
    "too many namespaces, one in the other": b"".join(b'<a xmlns:a%d="urn:x">' % one for one in range(33)) + b"</a>" * 33,
    "a namespace that is relative": b'<a xmlns="n"/>',
    "a namespace with a space": b'<a xmlns="urn:n "/>',
    "one attribute twice": b'<a b="1" b="2"/>',
    "text behind": b"<a/>x",
    "two documents": b"<a/><a/>",
    "nothing": b"",
    "white space": b"  ",
}
ENVELOPES = {
    "too many elements": b"<a>" + b"<b/>" * 20_000 + b"</a>",
    "a long attribute": b'<a b="' + b"x" * (1 << 18) + b'"/>',
    "a long text": b"<a>" + b"x" * (1 << 18) + b"</a>",
    "too long": b"<a>" + b"<b>xxxxx</b>" * 100_000 + b"</a>",
    "too many names": b"<a>" + b"".join(b"<b%d/>" % one for one in range(14_000)) + b"</a>",
}
SEAL = part_limits(BOUNDS.files)


def both(octets: bytes, limits: XmlLimits, most: second.Most) -> list[bool]:
    """Whether each of them reads it."""
    taken = [True, True]
    try:
        parse_xml(octets, limits)
    except XmlRefused:
        taken[0] = False
    try:
        second.read_xml(octets, most)
    except second.Refused:
        taken[1] = False
    return taken


def test_the_bounds_are_the_same() -> None:
    for limits, most in ((ENVELOPE_LIMITS, second.ENVELOPE), (SEAL, second.SEAL)):
        names = ("octets", "depth", "elements", "attributes", "namespaces", "text", "names")
        assert [getattr(limits, one) for one in names] == [getattr(most, one) for one in names]


@pytest.mark.parametrize("octets", READ.values(), ids=READ)
def test_what_is_within_the_bounds_is_read_by_both(octets: bytes) -> None:
    assert both(octets, ENVELOPE_LIMITS, second.ENVELOPE) == both(octets, SEAL, second.SEAL) == [True, True]


@pytest.mark.parametrize("octets", REFUSED.values(), ids=REFUSED)
def test_what_is_not_is_refused_by_both(octets: bytes) -> None:
    assert both(octets, ENVELOPE_LIMITS, second.ENVELOPE) == both(octets, SEAL, second.SEAL) == [False, False]


@pytest.mark.parametrize("octets", ENVELOPES.values(), ids=ENVELOPES)
def test_an_envelope_is_not_read_beyond_its_bounds_by_either(octets: bytes) -> None:
    assert both(octets, ENVELOPE_LIMITS, second.ENVELOPE) == [False, False]


# -- the seal --------------------------------------------------------------------------------------------------------

DS = b' xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
BEHIND: dict[str, tuple[bytes, bytes]] = {
    "another certificate beside its data": (b"</ds:X509Data>", b"<ds:X509Certificate" + DS + b">AAAA</ds:X509Certificate>"),
    "another way of naming it": (b"</ds:X509Data>", b"<ds:KeyName" + DS + b">k</ds:KeyName>"),
    "text in the key information": (b"</ds:X509Data>", b"x"),
    "another object": (b"</ds:Object>", b"<ds:Object" + DS + b"/>"),
    "text behind the object": (b"</ds:Object>", b"x"),
    "another signature": (b"</ds:Signature>", b"<ds:Signature" + DS + b"/>"),
    "an element of a stranger": (b"<ds:KeyInfo>", b"<x/>"),
    "an attribute of a stranger": (b"<ds:KeyInfo", b' x="1"'),
    "an attribute in a namespace": (b"<ds:KeyInfo", b' xml:id="x"'),
    "an attribute of the data of certificates": (b"<ds:X509Data", b' x="1"'),
    "an attribute of a certificate": (b"<ds:X509Certificate", b' x="1"'),
    "a space that is no white space of XML": (b"<ds:X509Certificate>", b"\xc2\xa0"),
    "a typed object": (b"<ds:Object", b' MimeType="text/plain"'),
    "a comment": (b"<ds:KeyInfo>", b"<!-- x -->"),
    "values of certificates": (
        b"</xades:SignatureTimeStamp>",
        b'<xades:CertificateValues xmlns:xades="http://uri.etsi.org/01903/v1.3.2#"/>',
    ),
}


@cache
def stamped() -> dict[str, bytes]:
    world = BundleWorld()
    evidence = world.evidence()
    world.stamps_at = NOW
    return second.read_zip(world.bundle(evidence, authority=world.tsa))


def judged(seal: bytes) -> list[set[str]]:
    octets = packed({**stamped(), "META-INF/signatures.xml": seal})
    failures = second.verify_bundle(octets, NOW).failures
    return [{one.value for one in verify(octets, NOW).failed}, {check for check, _, _ in failures}]


def test_the_seal_itself_holds() -> None:
    assert judged(stamped()["META-INF/signatures.xml"]) == [set(), set()]


@pytest.mark.parametrize(("where", "more"), BEHIND.values(), ids=BEHIND)
def test_what_is_put_beside_the_signed_parts_of_a_seal_is_refused_by_both(where: bytes, more: bytes) -> None:
    seal = stamped()["META-INF/signatures.xml"]
    assert where in seal
    assert judged(seal.replace(where, where + more, 1)) == [{"seal"}, {"seal"}]


def test_two_time_stamps_of_one_seal_are_refused_by_both() -> None:
    seal = stamped()["META-INF/signatures.xml"]
    begin, end = seal.index(b"<xades:SignatureTimeStamp"), seal.index(b"</xades:UnsignedSignatureProperties>")
    assert judged(seal[:end] + seal[begin:end] + seal[end:]) == [{"seal"}, {"seal"}]
