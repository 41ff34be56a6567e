"""Making a seal: XAdES-BASELINE-B, enveloped, as the last child of the root; every octet outside of it stays. Source: DESIGN 6."""

import hashlib
from base64 import b64encode
from datetime import UTC, datetime
from typing import Final

from node.customs.seal.algorithms import ENVELOPED, INCLUSIVE, SIGNED_PROPERTIES_TYPE, XADES, method_for
from node.customs.seal.canonical import NotCanonical, canonical, stream
from node.customs.seal.document import skeleton
from node.ebms.namespaces import DS
from node.ebms.xml import Element, XmlRefused, escape_text
from node.security.algorithms import DIGESTS, digest
from node.security.certificates import Certificate
from node.security.keys import KeyUseFailed, SigningKey


class SealImpossible(ValueError):
    """The document cannot be sealed, or the seal not completed, as was asked; the text says why."""


def seal(octets: bytes, key: SigningKey, now: datetime, *, mime_type: str = "application/xml") -> bytes:
    """The document with its seal. Raises SealImpossible."""
    try:
        method, hashing = method_for(key.certificate.public_key)
        sums = hashlib.new(DIGESTS[hashing])
        layout = stream(octets, sums.update)
    except ValueError as problem:
        raise SealImpossible(str(problem)) from None
    if layout.seals:
        raise SealImpossible("the document has a ds:Signature already")
    if layout.comment_in_text:
        raise SealImpossible("a comment within a text: no seal covers it")
    if layout.empty:
        raise SealImpossible("the root element is empty")
    references = [reference("r-", sums.digest(), hashing, (ENVELOPED, INCLUSIVE))]
    made = signature(references, {"r-": mime_type}, key, now, method, hashing)
    try:
        tree = skeleton(octets, layout, made.encode())[0]
        made = complete_signature(made, tree, key, method, hashing)
    except (XmlRefused, NotCanonical) as problem:
        raise SealImpossible(str(problem)) from None
    return octets[: layout.foot] + made.encode() + octets[layout.foot :]


#: Stand where values come later.
_PROPERTIES_DIGEST: Final = "PROPERTIES-DIGEST"
_VALUE: Final = "SIGNATURE-VALUE"


def reference(name: str, value: bytes, hashing: str, transforms: tuple[str, ...], uri: str = "") -> tuple[str, str, bytes]:
    """A ds:Reference without the mark of the signature: the beginning of its Id, its text with `{mark}`, and its digest."""
    steps = "".join(f'<ds:Transform Algorithm="{one}"/>' for one in transforms)
    held = f"<ds:Transforms>{steps}</ds:Transforms>" if steps else ""
    text = (
        f'<ds:Reference Id="{name}{{mark}}" URI="{uri}">{held}<ds:DigestMethod Algorithm="{hashing}"/>'
        f"<ds:DigestValue>{_b64(value)}</ds:DigestValue></ds:Reference>"
    )
    return name, text, value


def signature(
    references: list[tuple[str, str, bytes]],
    mime_types: dict[str, str],
    key: SigningKey,
    now: datetime,
    method: str,
    hashing: str,
) -> str:
    """The ds:Signature before its digest of SignedProperties and its value are known."""
    claimed = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    # Nothing else in the document has this mark: it is made from all that is signed.
    unique = b"".join([*[one[2] for one in references], key.certificate.der, claimed.encode()])
    mark = hashlib.sha256(unique).hexdigest()[:32]
    formats = "".join(
        f'<xades:DataObjectFormat ObjectReference="#{name}{mark}"><xades:MimeType>{escape_text(mime_types[name])}</xades:MimeType>'
        "</xades:DataObjectFormat>"
        for name, _, _ in references
    )
    written = "".join(text.replace("{mark}", mark) for _, text, _ in references)
    return (
        f'<ds:Signature xmlns:ds="{DS}" Id="s-{mark}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{INCLUSIVE}"/>'
        f'<ds:SignatureMethod Algorithm="{method}"/>{written}'
        f'<ds:Reference Type="{SIGNED_PROPERTIES_TYPE}" URI="#p-{mark}"><ds:Transforms><ds:Transform Algorithm="{INCLUSIVE}"/></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{hashing}"/><ds:DigestValue>{_PROPERTIES_DIGEST}</ds:DigestValue></ds:Reference></ds:SignedInfo>'
        f'<ds:SignatureValue Id="v-{mark}">{_VALUE}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>{_certificates(key)}</ds:X509Data></ds:KeyInfo>'
        f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#s-{mark}"><xades:SignedProperties Id="p-{mark}">'
        f"<xades:SignedSignatureProperties><xades:SigningTime>{claimed}</xades:SigningTime><xades:SigningCertificateV2><xades:Cert>"
        f'<xades:CertDigest><ds:DigestMethod Algorithm="{hashing}"/><ds:DigestValue>{_b64(digest(hashing, key.certificate.der))}</ds:DigestValue>'
        "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>"
        f"<xades:SignedDataObjectProperties>{formats}</xades:SignedDataObjectProperties></xades:SignedProperties>"
        "</xades:QualifyingProperties></ds:Object></ds:Signature>"
    )


def complete_signature(made: str, tree: Element, key: SigningKey, method: str, hashing: str) -> str:
    """The ds:Signature with digest and value; `tree` is `made`, standing where it will. Raises SealImpossible."""
    properties = tree.find(f".//{{{XADES}}}SignedProperties")
    values = tree.findall(f".//{{{DS}}}SignedInfo/{{{DS}}}Reference/{{{DS}}}DigestValue")
    signed_info = tree.find(f"{{{DS}}}SignedInfo")
    assert properties is not None
    assert signed_info is not None
    of_properties = _b64(digest(hashing, canonical(properties, exclusive=False)))
    values[-1].text = of_properties
    try:
        value = key.sign(method, canonical(signed_info, exclusive=False))
    except KeyUseFailed as problem:
        raise SealImpossible(str(problem)) from None
    return made.replace(_PROPERTIES_DIGEST, of_properties).replace(_VALUE, _b64(value))


def _certificates(key: SigningKey) -> str:
    """The signer's first, then its path without the root."""
    path = [key.certificate, *[one for one in reversed(key.chain) if one != key.certificate and not _is_root(one)]]
    return "".join(f"<ds:X509Certificate>{_b64(one.der)}</ds:X509Certificate>" for one in path)


def _is_root(certificate: Certificate) -> bool:
    return certificate.x509.subject == certificate.x509.issuer


def _b64(octets: bytes) -> str:
    return b64encode(octets).decode()
