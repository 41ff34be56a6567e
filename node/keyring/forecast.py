"""When something ends, and on which days before it is told: a renewal goes through two administrations and takes weeks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from node.keyring.folder import CertificateFolder
from node.security.certificates import Certificate

#: Days before the end of a certificate.
ALARMS: Final = (90, 60, 30, 14, 7, 1)
#: For so long it is told that something has ended; after that it is history.
TOLD_AFTER: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that ends or begins one day; `kind` is own, partner or trust for what lies in certs/, else crl, version, offer, update or switch."""

    kind: str
    name: str
    subject: str
    end: datetime
    sha256: str = ""
    #: Stays the same when a certificate is renewed under its name, so that a calendar moves the old entry.
    key: str = ""
    #: Of what is no file of certs/: where it stands.
    where: str = ""
    #: What happens then, what is to be done before, and what is so once it has ended.
    event: str = "ends"
    remedy: str = "renew it"
    after: str = "nothing that needs it works"
    #: Nobody has to do anything: it is told at the alarms, and not each day.
    calm: bool = False

    @property
    def place(self) -> str:
        """The file without its suffix."""
        return self.where or f"certs/{'partners' if self.kind == 'partner' else self.kind}/{self.name}"

    def days(self, now: datetime) -> int:
        """Whole days that are left; negative once it has ended."""
        return (self.end - now) // timedelta(days=1)

    def alarm(self, now: datetime) -> int | None:
        """The last alarm that was reached: 0 when it has ended, None when the first is still to come."""
        if now >= self.end:
            return 0
        left = self.end - now
        return min((one for one in ALARMS if left <= timedelta(days=one)), default=None)


def endings(folder: CertificateFolder, more: Iterable[Ending] = ()) -> list[Ending]:
    """Everything in certs/ that ends, the first to end first; `more` is what else ends, such as revocation lists: `node.foreseeing`."""
    found = [*_own(folder), *_partners(folder), *_trust(folder), *more]
    return sorted(found, key=lambda one: (one.end, one.kind, one.name))


def _own(folder: CertificateFolder) -> Iterator[Ending]:
    for name, key in folder.own.items():
        yield _ending("own", name, key.certificate, f"own-{name}")


def _partners(folder: CertificateFolder) -> Iterator[Ending]:
    for name, partner in folder.partners.items():
        yield _ending("partner", name, partner.certificate, f"partner-{name}")


def _trust(folder: CertificateFolder) -> Iterator[Ending]:
    for name, anchors in folder.trust.items():
        for anchor in anchors:
            # One file may hold several, in any order.
            yield _ending("trust", name, anchor, f"trust-{name}-{anchor.sha256[:16]}")


def _ending(kind: str, name: str, certificate: Certificate, key: str) -> Ending:
    return Ending(kind, name, certificate.subject, certificate.x509.not_valid_after_utc, certificate.sha256, key)
