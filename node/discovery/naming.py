"""Under which name DNS tells who publishes for a participant, and what its records mean. Source: OASIS BDXL 1.0; eDelivery BDXL 2.0; RFC 4848."""

import hashlib
import re
from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

from node.discovery.identifiers import Identifier

#: Services of a record that name a publisher, by the version of its answers.
SERVICES: Final = {"meta:smp": "1.0", "meta:smp2": "2.0"}
#: Replaces the whole name by an address: delimiter, pattern for everything, address, delimiter.
_WHOLE: Final = re.compile(r"(?P<mark>[!/|#])\^?\.\*\$?(?P=mark)(?P<url>[^\s!|#]+)(?P=mark)i?")


# spec: RFC 3403 4
@dataclass(frozen=True, slots=True)
class Naptr:
    """One NAPTR record."""

    order: int
    preference: int
    flags: str
    service: str
    regexp: str


@dataclass(frozen=True, slots=True)
class Publisher:
    """Where metadata is asked for, and in which version it answers."""

    url: str
    version: str


class Resolver(Protocol):
    """Who tells the records of a name."""

    def naptr(self, name: str) -> Iterable[Naptr]:
        """The records, in any order; none where the name is not there. Raises OSError where nobody can be asked."""
        ...


def name_of(participant: Identifier, domain: str) -> str:
    """The domain name of a participant: SHA-256 of its value in lower case, in base32 without padding, then the scheme, then the domain."""
    digest = hashlib.sha256(participant.value.lower().encode()).digest()
    labels = (b32encode(digest).decode().rstrip("="), participant.scheme.lower(), domain.strip("."))
    return ".".join(filter(None, labels))


def publishers(records: Iterable[Naptr]) -> list[Publisher]:
    """The publishers that records name, the preferred one first; records of other services and of other forms are passed over."""
    found = []
    for record in sorted(records, key=lambda one: (one.order, one.preference)):
        version = SERVICES.get(record.service.lower())
        # The whole record, or nothing: a part of a name in an address would let a participant choose where we ask.
        replaced = _WHOLE.fullmatch(record.regexp)
        if version is None or record.flags.lower() != "u" or replaced is None:
            continue
        if _is_address(replaced["url"]):
            found.append(Publisher(replaced["url"].rstrip("/"), version))
    return found


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def metadata_url(publisher: Publisher, participant: Identifier, service: Identifier) -> str:
    """Where the metadata of a service is asked for. Source: SMP 1.0 3.4, SMP 2.0 5.3."""
    middle = "/bdxr-smp-2" if publisher.version == "2.0" and not publisher.url.endswith("/bdxr-smp-2") else ""
    return f"{publisher.url.rstrip('/')}{middle}/{participant.encoded()}/services/{service.encoded()}"
