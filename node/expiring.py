"""Tells of certificates that end soon, before a partner's refusal does."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from node.keyring.folder import CertificateFolder
from node.msh.ports import Clock
from node.security.certificates import Certificate

#: A renewal goes through two administrations and takes weeks.
SOON: Final = timedelta(days=30)

log = logging.getLogger("node.expiring")


class Expiring:
    """Looks through everything in certs/, once a day."""

    def __init__(self, certificates: CertificateFolder, clock: Clock) -> None:
        self._certificates, self._clock = certificates, clock

    def sweep(self) -> int:
        """Log each certificate that ends within thirty days or has ended; how many there are."""
        now, found = self._clock.now(), 0
        for place, certificate in self._all():
            end = certificate.x509.not_valid_after_utc
            if end < now:
                log.error("%s (%s) ended on %s: nothing that needs it works", place, certificate.subject, f"{end:%Y-%m-%d}")
            elif end < now + SOON:
                log.warning(
                    "%s (%s) ends on %s, in %d days: renew it", place, certificate.subject, f"{end:%Y-%m-%d}", (end - now).days
                )
            found += end < now + SOON
        return found

    def _all(self) -> Iterator[tuple[str, Certificate]]:
        for name, key in self._certificates.own.items():
            yield f"certs/own/{name}", key.certificate
        for name, partner in self._certificates.partners.items():
            yield f"certs/partners/{name}", partner.certificate
        for name, anchors in self._certificates.trust.items():
            for anchor in anchors:
                yield f"certs/trust/{name}", anchor
