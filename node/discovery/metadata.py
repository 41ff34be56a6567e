"""What a publisher says about one service of a participant, whatever the version it was written in. Source: OASIS SMP 1.0 2.3; SMP 2.0 4."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from node.discovery.identifiers import Identifier
from node.security.certificates import Certificate
from node.security.period import Period

#: Our transport profile; those of other networks are told as they are.
AS4: str = "bdxr-transport-ebms3-as4-v1p0"


@dataclass(frozen=True, slots=True)
class EndpointCertificate:
    """A certificate of an endpoint; what for is empty where the publisher does not say."""

    certificate: Certificate
    purpose: str = ""
    validity: Period = field(default_factory=Period)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one process of a service is reached."""

    #: Processes to which it belongs; empty for all.
    processes: tuple[Identifier, ...]
    transport_profile: str
    url: str
    certificates: tuple[EndpointCertificate, ...]
    validity: Period = field(default_factory=Period)
    description: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another publisher has the metadata; its answer must be signed by this certificate where one is named."""

    url: str
    #: Subject of the certificate in SMP 1.0, its DER in 2.0; empty or None where none is named.
    subject: str = ""
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """One service of one participant: endpoints, or where else to ask."""

    #: `1.0` or `2.0`.
    version: str
    participant: Identifier
    service: Identifier
    endpoints: tuple[Endpoint, ...] = ()
    redirects: tuple[Redirect, ...] = ()

    def reached(self, transport_profile: str, now: datetime, process: Identifier | None = None) -> Iterator[Endpoint]:
        """The endpoints that count now for a transport profile and a process."""
        for one in self.endpoints:
            fits = process is None or not one.processes or process in one.processes
            if one.transport_profile == transport_profile and one.validity.holds(now) and fits:
                yield one
