"""The signature of a publisher over its whole answer. signxml judges the mathematics; what it covers and by whom is checked here.

Source: OASIS SMP 1.0 3.6, SMP 2.0 5.6: enveloped, one reference to the whole document, the certificate within.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from node.ebms.namespaces import DS
from node.ebms.xml import Element
from node.security.certificates import Certificate, CertificateRefused
from node.security.path import Purpose, Untrusted, check_purpose, find_path

#: Certificates in one signature at most.
_MOST_CERTIFICATES: Final = 10
_METHODS: Final = frozenset(
    {
        *(SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512),
        *(SignatureMethod.SHA256_RSA_MGF1, SignatureMethod.SHA384_RSA_MGF1, SignatureMethod.SHA512_RSA_MGF1),
        *(SignatureMethod.ECDSA_SHA256, SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512),
    }
)
_DIGESTS: Final = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
_EXPECTED: Final = SignatureConfiguration(
    location="./",
    expect_references=1,
    signature_methods=_METHODS,
    digest_algorithms=_DIGESTS,
    default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
)


class NotSigned(ValueError):
    """The answer is not signed as it must be; the text says what is wrong."""


def signed_by(root: Element, anchors: Sequence[Certificate], now: datetime) -> tuple[Element, Certificate]:
    """What the signature covers, and whose it is: a path leads from its certificate to an anchor. Raises NotSigned.

    Read the answer from what is returned, never from what came.
    """
    signatures = root.findall(f"{{{DS}}}Signature")
    if len(signatures) != 1:
        raise NotSigned(f"{len(signatures)} signatures at the root, expected one")
    certificates = _certificates(signatures[0])
    # Several publishers put the chain below the same KeyInfo, in any order: the signer is the one that issued no other.
    issuers = {one.x509.issuer for one in certificates}
    leaves = [one for one in certificates if one.x509.subject not in issuers or len(certificates) == 1]
    if len(leaves) != 1:
        raise NotSigned("its certificates do not say which one signed")
    leaf = leaves[0]
    try:
        find_path(leaf, certificates, anchors, now)
        check_purpose(leaf, Purpose.SIGN)
    except Untrusted as problem:
        raise NotSigned(str(problem)) from None
    reference = signatures[0].find(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    if reference is None or reference.get("URI") != "":
        raise NotSigned("the signature does not cover the whole document (Reference URI is not empty)")
    try:
        found = XMLVerifier().verify(etree.tostring(root), x509_cert=leaf.x509, expect_config=_EXPECTED)
    except (SignXMLException, ValueError, TypeError, etree.LxmlError) as problem:
        raise NotSigned(f"the signature does not hold: {problem}") from None
    covered = found.signed_xml if not isinstance(found, list) else None
    if covered is None or covered.tag != root.tag:
        raise NotSigned("the signature covers something else")
    return covered, leaf


def _certificates(signature: Element) -> list[Certificate]:
    found = signature.findall(f"{{{DS}}}KeyInfo/{{{DS}}}X509Data/{{{DS}}}X509Certificate")
    if not 1 <= len(found) <= _MOST_CERTIFICATES:
        raise NotSigned(f"{len(found)} certificates in its KeyInfo, expected 1 to {_MOST_CERTIFICATES}")
    try:
        return [Certificate(b64decode("".join((one.text or "").split()), validate=True)) for one in found]
    except (Base64Error, CertificateRefused) as problem:
        raise NotSigned(f"a certificate of its KeyInfo cannot be read: {problem}") from None
