"""Signed metadata of our own services: files that any web server can serve. Source: OASIS SMP 1.0 2.3, SMP 2.0 4."""

import hashlib
from base64 import b64encode
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from node.discovery.identifiers import Identifier
from node.discovery.metadata import Endpoint, Metadata
from node.discovery.reading import AGGREGATE, BASIC, SMP1, SMP2
from node.ebms.c14n import canonicalize
from node.ebms.namespaces import DS
from node.ebms.xml import Element, new_root
from node.security import algorithms as a
from node.security.keys import SigningKey
from node.security.period import Period

_ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"


def publish(metadata: Metadata, key: SigningKey, algorithm: str) -> bytes:
    """The document of the version that the metadata names, signed by an algorithm of XML Signature. Raises KeyUseFailed."""
    root = _first_version(metadata) if metadata.version == "1.0" else _second_version(metadata)
    _sign(root, key, algorithm)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _first_version(metadata: Metadata) -> Element:
    root = new_root(f"{{{SMP1}}}SignedServiceMetadata", {None: SMP1})
    about = _below(_below(root, SMP1, "ServiceMetadata"), SMP1, "ServiceInformation")
    _named(about, SMP1, "ParticipantIdentifier", metadata.participant, "scheme")
    _named(about, SMP1, "DocumentIdentifier", metadata.service, "scheme")
    processes = _below(about, SMP1, "ProcessList")
    for endpoint in metadata.endpoints:
        for process in endpoint.processes:
            one = _below(processes, SMP1, "Process")
            _named(one, SMP1, "ProcessIdentifier", process, "scheme")
            place = _below(_below(one, SMP1, "ServiceEndpointList"), SMP1, "Endpoint")
            place.set("transportProfile", endpoint.transport_profile)
            _below(place, SMP1, "EndpointURI", endpoint.url)
            _below(place, SMP1, "RequireBusinessLevelSignature", "false")
            _moments(place, SMP1, ("ServiceActivationDate", "ServiceExpirationDate"), endpoint.validity)
            _below(place, SMP1, "Certificate", b64encode(endpoint.certificates[0].certificate.der).decode())
            _below(place, SMP1, "ServiceDescription", endpoint.description)
            _below(place, SMP1, "TechnicalContactUrl", endpoint.contact)
    return root


def _second_version(metadata: Metadata) -> Element:
    root = new_root(f"{{{SMP2}}}ServiceMetadata", {None: SMP2, "sma": AGGREGATE, "smb": BASIC})
    _below(root, BASIC, "SMPVersionID", "2.0")
    _named(root, BASIC, "ID", metadata.service, "schemeID")
    _named(root, BASIC, "ParticipantID", metadata.participant, "schemeID")
    for endpoint in metadata.endpoints:
        described = _below(root, AGGREGATE, "ProcessMetadata")
        for process in endpoint.processes:
            _named(_below(described, AGGREGATE, "Process"), BASIC, "ID", process, "schemeID")
        _second_endpoint(_below(described, AGGREGATE, "Endpoint"), endpoint)
    return root


def _second_endpoint(place: Element, endpoint: Endpoint) -> None:
    _below(place, BASIC, "TransportProfileID", endpoint.transport_profile)
    if endpoint.description:
        _below(place, BASIC, "Description", endpoint.description)
    if endpoint.contact:
        _below(place, BASIC, "Contact", endpoint.contact)
    _below(place, BASIC, "AddressURI", endpoint.url)
    _moments(place, BASIC, ("ActivationDate", "ExpirationDate"), endpoint.validity)
    for held in endpoint.certificates:
        one = _below(place, AGGREGATE, "Certificate")
        if held.purpose:
            _below(one, BASIC, "TypeCode", held.purpose)
        _moments(one, BASIC, ("ActivationDate", "ExpirationDate"), held.validity)
        _below(one, BASIC, "ContentBinaryObject", b64encode(held.certificate.der).decode()).set("mimeCode", "application/base64")


def _below(parent: Element, namespace: str, name: str, text: str | None = None) -> Element:
    made = etree.SubElement(parent, f"{{{namespace}}}{name}")
    made.text = text
    return made


def _named(parent: Element, namespace: str, name: str, identifier: Identifier, scheme: str) -> None:
    made = _below(parent, namespace, name, identifier.value)
    if identifier.scheme:
        made.set(scheme, identifier.scheme)


def _moments(parent: Element, namespace: str, names: tuple[str, str], validity: Period) -> None:
    for name, moment in zip(names, (validity.since, validity.until), strict=True):
        if moment is not None:
            # Version 1.0 has moments, 2.0 days.
            _below(parent, namespace, name, _said(moment, whole=namespace == SMP1))


def _said(moment: datetime, *, whole: bool) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ" if whole else "%Y-%m-%dZ")


# -- the signature -----------------------------------------------------------------------------------------------------


def _sign(root: Element, key: SigningKey, algorithm: str) -> None:
    """Put an enveloped signature over the whole document as the last child of its root."""
    digest = hashlib.sha256(canonicalize(root)).digest()
    signature = etree.SubElement(root, f"{{{DS}}}Signature", nsmap={"ds": DS})
    info = _below(signature, DS, "SignedInfo")
    _below(info, DS, "CanonicalizationMethod").set("Algorithm", a.EXCLUSIVE_C14N)
    _below(info, DS, "SignatureMethod").set("Algorithm", algorithm)
    reference = _below(info, DS, "Reference")
    reference.set("URI", "")
    transforms = _below(reference, DS, "Transforms")
    for one in (_ENVELOPED, a.EXCLUSIVE_C14N):
        _below(transforms, DS, "Transform").set("Algorithm", one)
    _below(reference, DS, "DigestMethod").set("Algorithm", a.SHA256)
    _below(reference, DS, "DigestValue", b64encode(digest).decode())
    value = key.sign(algorithm, canonicalize(info))
    _below(signature, DS, "SignatureValue", b64encode(value).decode())
    data = _below(_below(signature, DS, "KeyInfo"), DS, "X509Data")
    for certificate in reversed(key.chain):
        _below(data, DS, "X509Certificate", b64encode(certificate.der).decode())
