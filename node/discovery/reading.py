"""An answer of a publisher, as octets, to metadata. Source: OASIS SMP 1.0 2.3; SMP 2.0 4."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from node.discovery.identifiers import Identifier
from node.discovery.metadata import Endpoint, EndpointCertificate, Metadata, Redirect
from node.ebms.xml import Element, XmlLimits, XmlRefused, parse_xml
from node.security.certificates import Certificate, CertificateRefused, load_certificates
from node.security.period import Period

SMP1: Final = "http://docs.oasis-open.org/bdxr/ns/SMP/2016/05"
SMP2: Final = "http://docs.oasis-open.org/bdxr/ns/SMP/2/ServiceMetadata"
AGGREGATE: Final = "http://docs.oasis-open.org/bdxr/ns/SMP/2/AggregateComponents"
BASIC: Final = "http://docs.oasis-open.org/bdxr/ns/SMP/2/BasicComponents"
_LIMITS: Final = XmlLimits(octets=1 << 20, elements=5_000, only_elements=False)


class MetadataRefused(ValueError):
    """The octets are no metadata that can be relied on; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Metadata, and the certificate of the publisher that signed it."""

    metadata: Metadata
    publisher: Certificate


def read_answer(octets: bytes, anchors: Sequence[Certificate], now: datetime) -> Answer:
    """What a publisher answered, of either version. Raises MetadataRefused; ImportError without the extra `discovery`."""
    # Loaded where somebody asks: the home of every node is read with this module.
    from node.discovery.signature import NotSigned, signed_by

    try:
        root, publisher = signed_by(parse_xml(octets, _LIMITS), anchors, now)
    except (XmlRefused, NotSigned) as problem:
        raise MetadataRefused(str(problem)) from None
    readers = {f"{{{SMP1}}}SignedServiceMetadata": _first_version, f"{{{SMP2}}}ServiceMetadata": _second_version}
    reader = readers.get(root.tag)
    if reader is None:
        raise MetadataRefused(f"{root.tag} is no metadata of SMP 1.0 or 2.0")
    return Answer(reader(root), publisher)


def check_for(answer: Answer, participant: Identifier, service: Identifier) -> None:
    """The answer is about what was asked. Raises MetadataRefused."""
    metadata = answer.metadata
    if metadata.redirects:
        # A redirect repeats neither; the answer of the other publisher is checked in its turn.
        return
    if metadata.participant.folded() != participant.folded():
        raise MetadataRefused(f"asked for {participant}, answered for {metadata.participant}")
    if metadata.service != service:
        raise MetadataRefused(f"asked for {service}, answered for {metadata.service}")


# -- version 1.0 -------------------------------------------------------------------------------------------------------


# spec: SMP 1.0 2.3
def _first_version(root: Element) -> Metadata:
    whole = _one(root, SMP1, "ServiceMetadata")
    redirect = whole.find(f"{{{SMP1}}}Redirect")
    if redirect is not None:
        subject = _text(redirect, SMP1, "CertificateUID")
        return Metadata("1.0", Identifier("", ""), Identifier("", ""), (), (Redirect(redirect.get("href", ""), subject),))
    about = _one(whole, SMP1, "ServiceInformation")
    participant = _identifier(_one(about, SMP1, "ParticipantIdentifier"), "scheme")
    service = _identifier(_one(about, SMP1, "DocumentIdentifier"), "scheme")
    endpoints = tuple(
        _first_endpoint(endpoint, _identifier(_one(process, SMP1, "ProcessIdentifier"), "scheme"))
        for process in about.iterfind(f"{{{SMP1}}}ProcessList/{{{SMP1}}}Process")
        for endpoint in process.iterfind(f"{{{SMP1}}}ServiceEndpointList/{{{SMP1}}}Endpoint")
    )
    return Metadata("1.0", participant, service, endpoints)


def _first_endpoint(endpoint: Element, process: Identifier) -> Endpoint:
    said = _text(endpoint, SMP1, "Certificate")
    return Endpoint(
        (process,),
        endpoint.get("transportProfile", ""),
        _text(endpoint, SMP1, "EndpointURI"),
        (EndpointCertificate(_certificate(said)),) if said else (),
        _validity(_text(endpoint, SMP1, "ServiceActivationDate"), _text(endpoint, SMP1, "ServiceExpirationDate")),
        _text(endpoint, SMP1, "ServiceDescription"),
        _text(endpoint, SMP1, "TechnicalContactUrl"),
    )


# -- version 2.0 -------------------------------------------------------------------------------------------------------


# spec: SMP 2.0 4
def _second_version(root: Element) -> Metadata:
    participant = _identifier(_one(root, BASIC, "ParticipantID"), "schemeID")
    # Source: SMP 2.0 4.2: the identifier of the service is ID, of its root
    service = _identifier(_one(root, BASIC, "ID"), "schemeID")
    endpoints: list[Endpoint] = []
    redirects: list[Redirect] = []
    for described in root.iterfind(f"{{{AGGREGATE}}}ProcessMetadata"):
        found = described.iterfind(f"{{{AGGREGATE}}}Process/{{{BASIC}}}ID")
        processes = tuple(_identifier(one, "schemeID") for one in found)
        endpoints += (_second_endpoint(one, processes) for one in described.iterfind(f"{{{AGGREGATE}}}Endpoint"))
        redirects += (_redirect(one) for one in described.iterfind(f"{{{AGGREGATE}}}Redirect"))
    return Metadata("2.0", participant, service, tuple(endpoints), tuple(redirects))


def _second_endpoint(endpoint: Element, processes: tuple[Identifier, ...]) -> Endpoint:
    return Endpoint(
        processes,
        _text(endpoint, BASIC, "TransportProfileID"),
        _text(endpoint, BASIC, "AddressURI"),
        tuple(_second_certificates(endpoint)),
        _days(endpoint),
        _text(endpoint, BASIC, "Description"),
        _text(endpoint, BASIC, "Contact"),
    )


def _second_certificates(within: Element) -> Iterator[EndpointCertificate]:
    for one in within.iterfind(f"{{{AGGREGATE}}}Certificate"):
        certificate = _certificate(_text(one, BASIC, "ContentBinaryObject"))
        yield EndpointCertificate(certificate, _text(one, BASIC, "TypeCode"), _days(one))


def _redirect(redirect: Element) -> Redirect:
    certificate = next(iter(_second_certificates(redirect)), None)
    return Redirect(_text(redirect, BASIC, "PublisherURI"), "", certificate.certificate if certificate else None)


def _days(within: Element) -> Period:
    return _validity(_text(within, BASIC, "ActivationDate"), _text(within, BASIC, "ExpirationDate"))


# -- both --------------------------------------------------------------------------------------------------------------


def _one(within: Element, namespace: str, name: str) -> Element:
    found = within.findall(f"{{{namespace}}}{name}")
    if len(found) != 1:
        raise MetadataRefused(f"{len(found)} times {name}, expected once")
    return found[0]


def _text(within: Element, namespace: str, name: str) -> str:
    return " ".join((within.findtext(f"{{{namespace}}}{name}") or "").split())


def _identifier(element: Element, scheme: str) -> Identifier:
    value = " ".join((element.text or "").split())
    if not value:
        raise MetadataRefused(f"{element.tag.rpartition('}')[2]} is empty")
    return Identifier(element.get(scheme, ""), value)


def _certificate(said: str) -> Certificate:
    """DER in base64, or what many publishers write: the PEM text, bare or in base64 once more."""
    text = said.encode()
    try:
        octets = text if b"-----BEGIN" in text else b64decode("".join(said.split()), validate=True)
        # A PEM text lost its line ends where white space was folded.
        return load_certificates(_unfolded(octets))[0]
    except (Base64Error, CertificateRefused, IndexError) as problem:
        raise MetadataRefused(f"the certificate of an endpoint cannot be read: {problem}") from None


def _unfolded(octets: bytes) -> bytes:
    if b"-----BEGIN CERTIFICATE-----" not in octets:
        return octets
    body = octets.partition(b"-----BEGIN CERTIFICATE-----")[2].partition(b"-----END CERTIFICATE-----")[0]
    return b"-----BEGIN CERTIFICATE-----\n" + b"".join(body.split()) + b"\n-----END CERTIFICATE-----\n"


def _validity(begins: str, ends: str) -> Period:
    return Period(_moment(begins), _moment(ends))


def _moment(said: str) -> datetime | None:
    """A date or a dateTime; one without a zone is in UTC."""
    if not said:
        return None
    # A date may have a zone, which Python reads with a time only.
    text = f"{said[:10]}T00:00:00{said[10:]}" if len(said) > 9 and (len(said) == 10 or said[10] in "Z+-") else said
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise MetadataRefused(f"{said!r} is no date") from None
