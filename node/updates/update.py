"""What one side asks of the other, and what the other answers. Source: ebCore AU 1.0 2.3, 2.4, 3."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from node.security.algorithms import DIGESTS
from node.security.certificates import Certificate

AU: Final = "http://docs.oasis-open.org/ebcore/ns/AgreementUpdate/v1.0"
CU: Final = "http://docs.oasis-open.org/ebcore/ns/CertificateUpdate/v1.0"
DSIG11: Final = "http://www.w3.org/2009/xmldsig11#"
#: The Service of the messages, and the Action of each. Source: ENTSOG AS4 profile, on ebCore AU 1.0 4.
SERVICE: Final = CU
REQUEST: Final = "UpdateCertificate"
CONFIRM: Final = "ConfirmCertificateUpdate"
REJECT: Final = "RejectCertificateUpdate"


class Severity(Enum):
    """Of an error in an exception."""

    FAILURE = "Failure"
    WARNING = "Warning"


def digest_of(certificate: Certificate, algorithm: str) -> bytes:
    """The digest by which an update names a certificate; `algorithm` is a URI."""
    return hashlib.new(DIGESTS[algorithm], certificate.der).digest()


@dataclass(frozen=True, slots=True)
class CertificateUpdate:
    """In place of one certificate another one, from the time of the update."""

    #: The xs:ID by which an exception names it.
    id: str
    #: Algorithm URI and value of the digest over the DER of the present certificate.
    digest_algorithm: str
    digest: bytes
    #: The new certificate, and those above it as far as they came.
    certificate: Certificate
    chain: tuple[Certificate, ...] = ()

    def replaces(self, certificate: Certificate) -> bool:
        """Whether this is the present certificate."""
        return digest_of(certificate, self.digest_algorithm) == self.digest


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """Asks for another version of an agreement."""

    id: str
    created_at: datetime
    #: Until when an answer is wanted, and from when the new agreement is to be used; None where it says none.
    respond_by: datetime | None
    activate_by: datetime | None
    current: str
    updated: str
    updates: tuple[CertificateUpdate, ...]
    #: When the new agreement is to end; None where it holds until another follows.
    expire_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class UpdateResponse:
    """The update is accepted: both sides use it from its time."""

    id: str
    request_id: str
    created_at: datetime
    current: str
    updated: str


@dataclass(frozen=True, slots=True)
class UpdateError:
    """Why an update is not accepted."""

    code: str
    short: str
    description: str = ""
    severity: Severity = Severity.FAILURE
    #: The id of the request in the update that it is about; empty for all of it.
    about: str = ""


@dataclass(frozen=True, slots=True)
class UpdateException:
    """The update is not accepted; nothing changes."""

    id: str
    request_id: str
    created_at: datetime
    current: str
    updated: str
    errors: tuple[UpdateError, ...]


Update = UpdateRequest | UpdateResponse | UpdateException

#: Codes of our own, in place of those that the standard gives and that are not known here; what counts is the short description.
CURRENT_AGREEMENT_UNKNOWN: Final = ("N2N:0001", "CurrentAgreementUnknown")
UPDATED_AGREEMENT_REJECTED: Final = ("N2N:0002", "UpdatedAgreementRejected")
RESPOND_BY_REJECTED: Final = ("N2N:0003", "RespondByRejected")
CURRENT_CERTIFICATE_UNKNOWN: Final = ("N2N:0004", "CurrentCertificateUnknown")
CERTIFICATE_REJECTED: Final = ("N2N:0005", "CertificateRejected")
REQUEST_ID_REUSED: Final = ("N2N:0006", "RequestIdReused")
NOT_WANTED: Final = ("N2N:0007", "Rejected")
EXPIRE_BY_REJECTED: Final = ("N2N:0008", "ExpireByRejected")
#: Of what is wrong with the request itself; 6 is the number that the samples of the standard show. Source: ebCore AU 1.0 2.4.3.
ACTIVATE_BY_REJECTED: Final = ("AU:0006", "ActivateByRejected")
