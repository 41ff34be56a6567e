"""Reading a ds:Signature in the one shape that a seal has; everything else is SIG-05. Nothing is looked up by URI. Source: DESIGN 6."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from node.customs.seal.algorithms import (
    CANONICALIZATIONS,
    ENVELOPED,
    METHODS,
    SIGNED_PROPERTIES_TYPE,
    XADES,
    XADES141,
)
from node.customs.seal.canonical import canonical
from node.ebms.namespaces import DS
from node.ebms.xml import Element
from node.security.algorithms import DIGESTS
from node.security.elements import (
    ShapeRefused,
    algorithm,
    attribute,
    base64,
    by_name,
    children,
    exactly,
    local,
    only_attributes,
    text,
)

#: Of each kind at most: certificates, revocation values, time-stamps.
MOST_VALUES: Final = 64
MOST_STAMPS: Final = 16

_MIME_TYPES: Final = ("text/xml", "application/xml")
_TRANSFORMS: Final = f"{{{DS}}}Transforms"


def _ds(name: str) -> str:
    return f"{{{DS}}}{name}"


def _x(name: str) -> str:
    return f"{{{XADES}}}{name}"


@dataclass(frozen=True, slots=True)
class Digested:
    """A ds:Reference: what it names, what is done to it, and the digest that is claimed."""

    uri: str
    id: str
    type: str
    transforms: tuple[str, ...]
    method: str
    digest: bytes = field(repr=False)

    @property
    def exclusive(self) -> bool:
        """Whether the octets are those of exclusive canonicalization."""
        return bool(self.transforms) and CANONICALIZATIONS.get(self.transforms[-1], False)


@dataclass(frozen=True, slots=True)
class StampClaim:
    """A time-stamp among the unsigned properties."""

    element: Element = field(repr=False)
    #: DER of the TimeStampToken.
    token: bytes = field(repr=False)
    exclusive: bool
    #: Over everything before it rather than over the signature value.
    archive: bool


@dataclass(slots=True)
class Unsigned:
    """What was added after the sealing; each part is judged by itself."""

    stamps: list[StampClaim] = field(default_factory=list)
    certificates: list[bytes] = field(default_factory=list)
    crls: list[bytes] = field(default_factory=list)
    ocsps: list[bytes] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SealClaim:
    """What a seal says of itself."""

    signature: Element = field(repr=False)
    method: str
    #: Canonical SignedInfo, over which the value is.
    signed_info: bytes = field(repr=False)
    value: bytes = field(repr=False)
    #: In the order of SignedInfo, the one to SignedProperties left out.
    references: tuple[Digested, ...]
    properties: Digested
    #: All of them as they stand.
    order: tuple[Digested, ...]
    #: Canonical SignedProperties.
    properties_octets: bytes = field(repr=False)
    #: The certificates of KeyInfo, DER.
    certificates: tuple[bytes, ...] = field(repr=False)
    #: SigningCertificateV2: digest method and digest.
    signer: tuple[str, bytes] = field(repr=False)
    signing_time: datetime
    #: ObjectReference to MimeType.
    formats: dict[str, str]
    unsigned: Unsigned = field(repr=False)


def read_seal(signature: Element, most: int = MOST_VALUES) -> SealClaim:
    """The claim of a ds:Signature with so many references at most. Raises ShapeRefused."""
    only_attributes(signature, "Id")
    identifier = attribute(signature, "Id")
    signed_info, value, key_info, held = exactly(
        signature, _ds("SignedInfo"), _ds("SignatureValue"), _ds("KeyInfo"), _ds("Object")
    )
    _check_inherited(signature)
    only_attributes(value, "Id")
    only_attributes(held)
    method, exclusive, references = _signed_info(signed_info, most)
    (qualifying,) = exactly(held, _x("QualifyingProperties"))
    only_attributes(qualifying, "Target", "Id")
    if attribute(qualifying, "Target") != f"#{identifier}":
        raise ShapeRefused("QualifyingProperties: its Target is not this signature")
    found = by_name(qualifying, (_x("SignedProperties"), _x("UnsignedProperties")))
    if len(qualifying) == 0 or qualifying[0].tag != _x("SignedProperties"):
        raise ShapeRefused("QualifyingProperties: SignedProperties is missing or not the first")
    signed = found[_x("SignedProperties")]
    properties, others = _properties_reference(references, signed)
    time, signer, formats = _signed_properties(signed)
    unsigned = Unsigned() if _x("UnsignedProperties") not in found else _unsigned(found[_x("UnsignedProperties")])
    return SealClaim(
        signature,
        method,
        canonical(signed_info, exclusive=exclusive),
        base64(value),
        others,
        properties,
        tuple(references),
        canonical(signed, exclusive=properties.exclusive),
        _key_info(key_info),
        signer,
        time,
        formats,
        unsigned,
    )


def check_enveloped(claim: SealClaim) -> Digested:
    """The reference to the whole document that the signature is in, which is the only one beside that to SignedProperties. Raises ShapeRefused."""
    if len(claim.references) != 1:
        raise ShapeRefused(
            f"SignedInfo: {len(claim.references) + 1} references, not one to the document and one to SignedProperties"
        )
    (reference,) = claim.references
    if reference.uri != "":
        raise ShapeRefused(f"Reference: URI {reference.uri[:80]!r} is not the whole document")
    if reference.type:
        raise ShapeRefused(f"Reference: Type {reference.type[:80]!r}")
    kept = reference.transforms
    if kept[:1] != (ENVELOPED,) or len(kept) > 2 or (len(kept) == 2 and kept[1] not in CANONICALIZATIONS):
        raise ShapeRefused("Reference: its transforms are not enveloped-signature and at most one canonicalization")
    if set(claim.formats) != {f"#{reference.id}"}:
        raise ShapeRefused("DataObjectFormat: not one, for the reference to the document")
    if (mime := claim.formats[f"#{reference.id}"]) not in _MIME_TYPES:
        raise ShapeRefused(f"DataObjectFormat: MimeType {mime[:80]!r} is not text/xml or application/xml")
    return reference


def _check_inherited(signature: Element) -> None:
    # spec: Canonical XML 1.0 2.4: a part inherits the attributes xml:* of what it stands in, and 1.1 treats them otherwise. No document of ours has any.
    for above in signature.iterancestors():
        if any("{http://www.w3.org/XML/1998/namespace}" in str(name) for name in above.attrib):
            raise ShapeRefused(f"{local(above)}: an attribute xml:* above the signature")


# -- SignedInfo ----------------------------------------------------------------------------------------------------


def _signed_info(signed_info: Element, most: int) -> tuple[str, bool, list[Digested]]:
    only_attributes(signed_info, "Id")
    found = children(signed_info)
    tags = [one.tag for one in found]
    if tags[:2] != [_ds("CanonicalizationMethod"), _ds("SignatureMethod")] or set(tags[2:]) != {_ds("Reference")}:
        raise ShapeRefused(f"SignedInfo: its children are {[local(one) for one in found[:10]]}")
    if len(found) - 2 > most:
        raise ShapeRefused(f"SignedInfo: more than {most} references")
    exclusive = _canonicalization(found[0])
    exactly(found[1])
    method = algorithm(found[1])
    if method not in METHODS:
        raise ShapeRefused(f"SignatureMethod: {method[:120]!r} is not allowed")
    return method, exclusive, [_reference(one) for one in found[2:]]


def _canonicalization(method: Element) -> bool:
    """Whether it is exclusive."""
    # An InclusiveNamespaces would stand inside.
    exactly(method)
    uri = algorithm(method)
    if uri not in CANONICALIZATIONS:
        raise ShapeRefused(f"{local(method)}: {uri[:120]!r} is not allowed")
    return CANONICALIZATIONS[uri]


def _reference(reference: Element) -> Digested:
    only_attributes(reference, "URI", "Id", "Type")
    found = children(reference)
    transforms: tuple[str, ...] = ()
    if found and found[0].tag == _TRANSFORMS:
        only_attributes(found[0])
        transforms = tuple([_transform(one) for one in children(found[0])])
        found = found[1:]
    if [one.tag for one in found] != [_ds("DigestMethod"), _ds("DigestValue")]:
        raise ShapeRefused("Reference: its children are not Transforms, DigestMethod, DigestValue")
    method, value = _digest(found[0], found[1])
    return Digested(attribute(reference, "URI"), reference.get("Id", ""), reference.get("Type", ""), transforms, method, value)


def _transform(transform: Element) -> str:
    if transform.tag != _ds("Transform"):
        raise ShapeRefused(f"Transforms: unexpected child {local(transform)}")
    uri = algorithm(transform)
    if uri != ENVELOPED and uri not in CANONICALIZATIONS:
        raise ShapeRefused(f"Transform: {uri[:120]!r} is not allowed")
    exactly(transform)
    return uri


def _digest(method: Element, value: Element) -> tuple[str, bytes]:
    exactly(method)
    uri = algorithm(method)
    if uri not in DIGESTS:
        raise ShapeRefused(f"DigestMethod: {uri[:120]!r} is not allowed")
    only_attributes(value)
    return uri, base64(value)


def _properties_reference(references: Sequence[Digested], signed: Element) -> tuple[Digested, tuple[Digested, ...]]:
    only_attributes(signed, "Id")
    uri = f"#{attribute(signed, 'Id')}"
    own = [one for one in references if one.type == SIGNED_PROPERTIES_TYPE]
    if len(own) != 1 or own[0].uri != uri:
        raise ShapeRefused("SignedInfo: not exactly one reference to these SignedProperties with their Type")
    # DESIGN 6: an implied canonicalization there makes digests that others refuse.
    if len(own[0].transforms) != 1 or own[0].transforms[0] not in CANONICALIZATIONS:
        raise ShapeRefused("Reference to SignedProperties: its transform is not one canonicalization")
    return own[0], tuple([one for one in references if one is not own[0]])


# -- KeyInfo -------------------------------------------------------------------------------------------------------


def _key_info(key_info: Element) -> tuple[bytes, ...]:
    """The certificates; names of them beside are let be, since SigningCertificateV2 says which is the signer's."""
    only_attributes(key_info, "Id")
    found: list[bytes] = []
    for data in children(key_info):
        if data.tag != _ds("X509Data"):
            raise ShapeRefused(f"KeyInfo: {local(data)} is not X509Data")
        only_attributes(data)
        for one in children(data):
            if one.tag == _ds("X509Certificate"):
                only_attributes(one)
                found.append(base64(one))
            elif one.tag not in (_ds("X509IssuerSerial"), _ds("X509SubjectName")):
                raise ShapeRefused(f"X509Data: {local(one)} is not X509Certificate")
    if not 1 <= len(found) <= MOST_VALUES:
        raise ShapeRefused(f"KeyInfo: {len(found)} certificates, not 1 to {MOST_VALUES}")
    return tuple(found)


# -- SignedProperties ------------------------------------------------------------------------------------------------


def _signed_properties(signed: Element) -> tuple[datetime, tuple[str, bytes], dict[str, str]]:
    of_signature, of_data = exactly(signed, _x("SignedSignatureProperties"), _x("SignedDataObjectProperties"))
    only_attributes(of_signature, "Id")
    time, certificate = exactly(of_signature, _x("SigningTime"), _x("SigningCertificateV2"))
    (cert,) = exactly(certificate, _x("Cert"))
    only_attributes(cert)
    found = by_name(cert, (_x("CertDigest"), _x("IssuerSerialV2")))
    if cert[0].tag != _x("CertDigest"):
        raise ShapeRefused("Cert: CertDigest is missing or not the first")
    method, value = exactly(found[_x("CertDigest")], _ds("DigestMethod"), _ds("DigestValue"))
    only_attributes(of_data, "Id")
    formats: dict[str, str] = {}
    for one in children(of_data):
        if one.tag != _x("DataObjectFormat"):
            raise ShapeRefused(f"SignedDataObjectProperties: {local(one)} is not DataObjectFormat")
        reference, mime = _format(one)
        if reference in formats:
            raise ShapeRefused("SignedDataObjectProperties: two formats of one reference")
        formats[reference] = mime
    return _instant(text(time)), _digest(method, value), formats


def _format(form: Element) -> tuple[str, str]:
    only_attributes(form, "ObjectReference")
    found = by_name(form, (_x("Description"), _x("MimeType")))
    if _x("MimeType") not in found:
        raise ShapeRefused("DataObjectFormat: no MimeType")
    return attribute(form, "ObjectReference"), text(found[_x("MimeType")]).strip()


def _instant(written: str) -> datetime:
    try:
        found = datetime.fromisoformat(written.strip())
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or "T" not in written:
        raise ShapeRefused(f"SigningTime: {written[:40]!r} is no instant with its zone")
    return found


# -- UnsignedProperties ----------------------------------------------------------------------------------------------


def _unsigned(properties: Element) -> Unsigned:
    only_attributes(properties, "Id")
    (held,) = exactly(properties, _x("UnsignedSignatureProperties"))
    only_attributes(held, "Id")
    found = Unsigned()
    for one in children(held):
        if one.tag in (_x("SignatureTimeStamp"), f"{{{XADES141}}}ArchiveTimeStamp"):
            found.stamps.append(_stamp(one))
        elif one.tag == f"{{{XADES141}}}TimeStampValidationData":
            only_attributes(one, "Id", "URI")
            for part in children(one):
                _values(part, found)
        else:
            _values(one, found)
    counts = len(found.certificates), len(found.crls) + len(found.ocsps), len(found.stamps)
    if counts[0] > MOST_VALUES or counts[1] > MOST_VALUES or counts[2] > MOST_STAMPS:
        raise ShapeRefused(
            f"UnsignedProperties: {counts[0]} certificates, {counts[1]} revocation values, {counts[2]} time-stamps"
        )
    return found


def _stamp(stamp: Element) -> StampClaim:
    only_attributes(stamp, "Id")
    found = children(stamp)
    exclusive = False
    if found and found[0].tag == _ds("CanonicalizationMethod"):
        exclusive = _canonicalization(found[0])
        found = found[1:]
    # An Include or a ReferenceInfo would choose what is stamped.
    if [one.tag for one in found] != [_x("EncapsulatedTimeStamp")]:
        raise ShapeRefused(f"{local(stamp)}: its children are not CanonicalizationMethod and one EncapsulatedTimeStamp")
    return StampClaim(stamp, _der(found[0]), exclusive, local(stamp) == "ArchiveTimeStamp")


def _values(values: Element, found: Unsigned) -> None:
    only_attributes(values, "Id")
    if values.tag == _x("CertificateValues"):
        for one in children(values):
            if one.tag != _x("EncapsulatedX509Certificate"):
                raise ShapeRefused(f"CertificateValues: {local(one)} is not EncapsulatedX509Certificate")
            found.certificates.append(_der(one))
    elif values.tag == _x("RevocationValues"):
        for kind in children(values):
            for one in children(kind):
                if (kind.tag, one.tag) == (_x("CRLValues"), _x("EncapsulatedCRLValue")):
                    found.crls.append(_der(one))
                elif (kind.tag, one.tag) == (_x("OCSPValues"), _x("EncapsulatedOCSPValue")):
                    found.ocsps.append(_der(one))
                else:
                    raise ShapeRefused(f"RevocationValues: {local(kind)}/{local(one)} is not read")
    else:
        raise ShapeRefused(f"UnsignedSignatureProperties: {local(values)} is not read")


def _der(element: Element) -> bytes:
    # spec: XAdES 5.1.3; an absent Encoding means DER
    only_attributes(element, "Id", "Encoding")
    if element.get("Encoding", _DER) != _DER:
        raise ShapeRefused(f"{local(element)}: Encoding {element.get('Encoding')!r} is not DER")
    return base64(element)


_DER: Final = "http://uri.etsi.org/01903/v1.2.2#DER"
