"""Updates as XML. Source: ebCore AU 1.0 3, the published samples."""

import hashlib
from base64 import b64encode
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from node.ebms.namespaces import DS
from node.ebms.xml import Element, new_root
from node.security.algorithms import SHA256
from node.security.certificates import Certificate
from node.updates.update import AU, CU, DSIG11, CertificateUpdate, Update, UpdateException, UpdateRequest

_PREFIXES: Final = {"au": AU, "cu": CU, "ds": DS, "dsig11": DSIG11}
_XML: Final = "http://www.w3.org/XML/1998/namespace"


def replacing(old: Certificate, new: Certificate, chain: tuple[Certificate, ...], number: int) -> CertificateUpdate:
    """The update of a certificate; `number` makes its id within the request, `chain` is what stands above the new one."""
    return CertificateUpdate(f"ur{number}", SHA256, hashlib.sha256(old.der).digest(), new, chain)


def write_update(update: Update) -> bytes:
    """The octets of a request, a response or an exception."""
    names = {UpdateRequest: "AgreementUpdateRequest", UpdateException: "AgreementUpdateException"}
    root = new_root(f"{{{AU}}}{names.get(type(update), 'AgreementUpdateResponse')}", _PREFIXES)
    _below(root, AU, "ID", update.id)
    if not isinstance(update, UpdateRequest):
        _below(root, AU, "ReferenceID", update.request_id)
    _below(root, AU, "CreatedAt", _moment(update.created_at))
    if isinstance(update, UpdateRequest):
        for name, moment in (
            *(("RespondBy", update.respond_by), ("ActivateBy", update.activate_by)),
            ("ExpireBy", update.expire_by),
        ):
            if moment is not None:
                _below(root, AU, name, _moment(moment))
    _below(root, AU, "CurrentAgreementIdentifier", update.current)
    _below(root, AU, "UpdatedAgreementIdentifier", update.updated)
    if isinstance(update, UpdateRequest):
        for one in update.updates:
            _certificate_update(root, one)
    if isinstance(update, UpdateException):
        for error in update.errors:
            made = _below(root, AU, "Error")
            made.set("errorCode", error.code)
            made.set("severity", error.severity.value)
            made.set("shortDescription", error.short)
            if error.about:
                made.set("refToUpdateInError", error.about)
            if error.description:
                _below(made, AU, "Description", error.description).set(f"{{{_XML}}}lang", "en")
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _certificate_update(root: Element, update: CertificateUpdate) -> None:
    made = _below(root, CU, "CertificateUpdateRequest")
    made.set("id", update.id)
    digest = _below(_below(made, CU, "CurrentCertificateIdentifier"), DSIG11, "X509Digest", b64encode(update.digest).decode())
    digest.set("Algorithm", update.digest_algorithm)
    data = _below(_below(made, DS, "KeyInfo"), DS, "X509Data")
    for one in (update.certificate, *update.chain):
        _below(data, DS, "X509Certificate", b64encode(one.der).decode())


def _below(parent: Element, namespace: str, name: str, text: str | None = None) -> Element:
    made = etree.SubElement(parent, f"{{{namespace}}}{name}")
    made.text = text
    return made


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
