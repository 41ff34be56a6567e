"""Updates from octets. Source: ebCore AU 1.0 3; the profile of ds:KeyInfo in its schema."""

import hashlib
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from node.ebms.namespaces import DS
from node.ebms.xml import Element, XmlLimits, XmlRefused, parse_xml
from node.security.algorithms import DIGESTS
from node.security.certificates import Certificate, CertificateRefused
from node.updates.update import (
    AU,
    CU,
    DSIG11,
    CertificateUpdate,
    Severity,
    Update,
    UpdateError,
    UpdateException,
    UpdateRequest,
    UpdateResponse,
)

_LIMITS: Final = XmlLimits(octets=1 << 20, elements=2_000, only_elements=False)
#: Updates in one request, certificates in one update and errors in one exception at most.
MOST: Final = 20
#: Characters of an identifier at most.
_LONGEST: Final = 512
#: What a KeyInfo of an update may not hold.
_FORBIDDEN: Final = ("RetrievalMethod", "PGPData", "MgmtData", "SPKIData")


class UpdateRefused(ValueError):
    """The octets are no update; the text says what and where."""


def read_update(octets: bytes) -> Update:
    """A request, a response or an exception. Raises UpdateRefused."""
    try:
        root = parse_xml(octets, _LIMITS)
    except XmlRefused as error:
        raise UpdateRefused(str(error)) from None
    readers: Mapping[str, Callable[[Element], Update]] = {
        f"{{{AU}}}AgreementUpdateRequest": _request,
        f"{{{AU}}}AgreementUpdateResponse": _response,
        f"{{{AU}}}AgreementUpdateException": _exception,
    }
    reader = readers.get(root.tag)
    if reader is None:
        raise UpdateRefused(f"{root.tag} is no request, response or exception of ebCore Agreement Update 1.0")
    return reader(root)


_OF_REQUEST: Final = (
    *(
        f"{{{AU}}}{name}"
        for name in (
            *("ID", "CreatedAt", "RespondBy", "ActivateBy", "ExpireBy"),
            *("CurrentAgreementIdentifier", "UpdatedAgreementIdentifier"),
        )
    ),
    f"{{{CU}}}CertificateUpdateRequest",
)


def _request(root: Element) -> UpdateRequest:
    unknown = [one.tag for one in root if one.tag not in _OF_REQUEST]
    if unknown:
        # An update is applied whole or not at all, so what is not understood refuses it. Source: AU 1.0 2.3.2
        raise UpdateRefused(f"{unknown[0]}: this kind of update is not known here")
    updates = tuple(map(_certificate_update, _some(root, CU, "CertificateUpdateRequest")))
    if len({one.id for one in updates}) != len(updates):
        raise UpdateRefused("two updates have one id")
    return UpdateRequest(
        *(_text(root, "ID"), _moment(root, "CreatedAt"), _moment_if_any(root, "RespondBy"), _moment_if_any(root, "ActivateBy")),
        *(_text(root, "CurrentAgreementIdentifier"), _text(root, "UpdatedAgreementIdentifier"), updates),
        _moment_if_any(root, "ExpireBy"),
    )


def _response(root: Element) -> UpdateResponse:
    return UpdateResponse(
        *(_text(root, "ID"), _text(root, "ReferenceID"), _moment(root, "CreatedAt")),
        *(_text(root, "CurrentAgreementIdentifier"), _text(root, "UpdatedAgreementIdentifier")),
    )


def _exception(root: Element) -> UpdateException:
    return UpdateException(
        *(_text(root, "ID"), _text(root, "ReferenceID"), _moment(root, "CreatedAt")),
        *(_text(root, "CurrentAgreementIdentifier"), _text(root, "UpdatedAgreementIdentifier")),
        tuple(map(_error, _some(root, AU, "Error"))),
    )


def _error(element: Element) -> UpdateError:
    try:
        severity = Severity(element.get("severity", Severity.FAILURE.value))
    except ValueError:
        raise UpdateRefused(f"Error/@severity: {element.get('severity')!r} is neither Failure nor Warning") from None
    description = " ".join((element.findtext(f"{{{AU}}}Description") or "").split())
    return UpdateError(
        *(element.get("errorCode", ""), element.get("shortDescription", ""), description, severity),
        element.get("refToUpdateInError", ""),
    )


def _certificate_update(element: Element) -> CertificateUpdate:
    update_id = element.get("id", "")
    if not update_id:
        raise UpdateRefused("CertificateUpdateRequest/@id is missing")
    digests = element.findall(f"{{{CU}}}CurrentCertificateIdentifier/{{{DSIG11}}}X509Digest")
    if len(digests) != 1:
        raise UpdateRefused(f"{update_id}: {len(digests)} times CurrentCertificateIdentifier/X509Digest, expected once")
    algorithm = digests[0].get("Algorithm", "")
    name = DIGESTS.get(algorithm)
    value = _base64(digests[0], f"{update_id}: X509Digest")
    if name is None or len(value) != hashlib.new(name).digest_size:
        raise UpdateRefused(f"{update_id}: X509Digest of {algorithm or 'no algorithm'} is none that is known here")
    certificate, *chain = _key_info(element, update_id)
    return CertificateUpdate(update_id, algorithm, value, certificate, tuple(chain))


def _key_info(element: Element, update_id: str) -> list[Certificate]:
    infos = element.findall(f"{{{DS}}}KeyInfo")
    held = infos[0].findall(f"{{{DS}}}X509Data") if len(infos) == 1 else []
    if len(held) != 1:
        raise UpdateRefused(f"{update_id}: exactly one ds:KeyInfo with exactly one ds:X509Data is wanted")
    for name in _FORBIDDEN:
        if infos[0].find(f"{{{DS}}}{name}") is not None:
            raise UpdateRefused(f"{update_id}: ds:{name} must not be used")
    certificates = [_base64(one, f"{update_id}: ds:X509Certificate") for one in _some(held[0], DS, "X509Certificate")]
    try:
        found = [Certificate(der) for der in certificates]
    except CertificateRefused as error:
        raise UpdateRefused(f"{update_id}: {error}") from None
    # In any order: the leaf is the one that issued none of the others.
    issuers = {one.x509.issuer for one in found if one.x509.issuer != one.x509.subject}
    leaves = [one for one in found if one.x509.subject not in issuers]
    if len(leaves) != 1 and len(found) > 1:
        raise UpdateRefused(f"{update_id}: its certificates are no one chain")
    leaf = leaves[0] if leaves else found[0]
    return [leaf, *(one for one in found if one is not leaf)]


# -- small things ------------------------------------------------------------------------------------------------------


def _some(parent: Element, namespace: str, name: str) -> list[Element]:
    found = parent.findall(f"{{{namespace}}}{name}")
    if not 1 <= len(found) <= MOST:
        raise UpdateRefused(f"{len(found)} times {name}, expected 1 to {MOST}")
    return found


def _text(root: Element, name: str) -> str:
    found = root.findall(f"{{{AU}}}{name}")
    said = " ".join((found[0].text or "").split()) if len(found) == 1 else ""
    if not said or len(said) > _LONGEST:
        raise UpdateRefused(f"{name}: wanted once, with 1 to {_LONGEST} characters")
    return said


def _moment(root: Element, name: str) -> datetime:
    said = _text(root, name)
    try:
        found = datetime.fromisoformat(said)
        # The samples of the standard leave the zone out; a zone may lead out of the calendar.
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UpdateRefused(f"{name}: {said!r} is no moment") from None


def _moment_if_any(root: Element, name: str) -> datetime | None:
    return _moment(root, name) if root.find(f"{{{AU}}}{name}") is not None else None


def _base64(element: Element, place: str) -> bytes:
    try:
        return b64decode("".join((element.text or "").split()), validate=True)
    except (Base64Error, ValueError):
        raise UpdateRefused(f"{place}: is no base64") from None
