"""Where a participant is reached: the publisher that `discovery.toml` or DNS names is asked, and its signed answer read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from node.configuration import Problems, Table, nearest, read_toml
from node.discovery.identifiers import Identifier, IdentifierRefused, read_identifier
from node.discovery.naming import Publisher, Resolver, metadata_url, name_of, publishers
from node.discovery.reading import Answer, MetadataRefused, check_for, read_answer
from node.msh.ports import TransportError
from node.security.certificates import Certificate

DISCOVERY_TOML: Final = "discovery.toml"
_VERSIONS: Final = ("1.0", "2.0")


class NotLocated(Exception):
    """Nobody says where the participant is reached, or not so that it can be relied on; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Locations:
    """What `discovery.toml` says; nothing where a home has none."""

    #: Files of certs/trust that issue the certificates of publishers.
    anchors: tuple[str, ...] = ()
    #: Below which domain DNS names publishers; empty for never asking DNS.
    domain: str = ""
    allow_private: bool = False
    #: By participant, folded.
    publishers: Mapping[Identifier, Publisher] = field(default_factory=dict)


def load_locations(folder: Path, trust: Mapping[str, object], problems: Problems) -> Locations:
    """The locations of a home; `trust` are the files of certs/trust."""
    if not (folder / DISCOVERY_TOML).is_file():
        return Locations()
    top = Table(read_toml(folder / DISCOVERY_TOML, problems, DISCOVERY_TOML), DISCOVERY_TOML, problems)
    anchors = top.texts("anchors")
    for name in anchors:
        if name not in trust:
            top.problem("anchors", f"certs/trust has no certificate {name!r}", nearest(name, trust))
    found = dict(filter(None, (_publisher(table) for table in top.tables("publisher"))))
    made = Locations(anchors, top.text("domain"), top.boolean("allow_private", False), found)
    if not anchors and (found or made.domain):
        top.problem("anchors", "is required: who vouches for the publishers", "name a file of certs/trust")
    top.finish()
    return made


def _publisher(table: Table) -> tuple[Identifier, Publisher] | None:
    said, url = table.text("participant", required=True), table.text("url", required=True)
    version = table.choice("version", "2.0", _VERSIONS)
    table.finish()
    try:
        return read_identifier(said).folded(), Publisher(url.rstrip("/"), version)
    except IdentifierRefused as error:
        table.problem("participant", str(error))
        return None


class Locating:
    """Asks publishers; keeps nothing."""

    def __init__(
        self,
        locations: Locations,
        anchors: Sequence[Certificate],
        fetch: Callable[[str], bytes],
        resolver: Callable[[], Resolver],
    ) -> None:
        """`fetch` raises TransportError; `resolver` is made when DNS is first asked."""
        self._locations, self._anchors, self._fetch, self._resolver = locations, tuple(anchors), fetch, resolver

    def locate(self, participant: Identifier, service: Identifier, now: datetime) -> Answer:
        """What the publisher of a participant says about a service of it; one redirect is followed. Raises NotLocated."""
        # spec: ED 4.4
        publisher = self._publisher_of(participant)
        answer = self._asked(metadata_url(publisher, participant, service), now)
        if answer.metadata.redirects:
            answer = self._redirected(answer, participant, service, now)
        try:
            check_for(answer, participant, service)
        except MetadataRefused as problem:
            raise NotLocated(f"{publisher.url}: {problem}") from None
        return answer

    def _publisher_of(self, participant: Identifier) -> Publisher:
        named = self._locations.publishers.get(participant.folded())
        if named is not None:
            return named
        if not self._locations.domain:
            raise NotLocated(f"{participant}: {DISCOVERY_TOML} names no publisher for it and no domain to ask")
        name = name_of(participant, self._locations.domain)
        try:
            found = publishers(self._resolver().naptr(name))
        except OSError as error:
            raise NotLocated(f"DNS: {error}") from None
        if not found:
            raise NotLocated(f"{participant}: DNS knows no publisher for it ({name})")
        return found[0]

    def _asked(self, url: str, now: datetime) -> Answer:
        try:
            return read_answer(self._fetch(url), self._anchors, now)
        except TransportError as error:
            raise NotLocated(str(error)) from None
        except MetadataRefused as problem:
            raise NotLocated(f"{url}: {problem}") from None

    def _redirected(self, first: Answer, participant: Identifier, service: Identifier, now: datetime) -> Answer:
        redirect = first.metadata.redirects[0]
        # Version 1.0 names the whole address, 2.0 the publisher. Source: SMP 1.0 2.3.5, SMP 2.0 4.4
        whole = first.metadata.version == "1.0"
        url = redirect.url if whole else metadata_url(Publisher(redirect.url, "2.0"), participant, service)
        answer = self._asked(url, now)
        if answer.metadata.redirects:
            raise NotLocated(f"{url}: redirects once more; one redirect is followed")
        named = redirect.certificate
        if named is not None and answer.publisher != named:
            raise NotLocated(f"{url}: is not signed by the certificate that the redirect names")
        if redirect.subject and not _same_subject(redirect.subject, answer.publisher):
            raise NotLocated(f"{url}: is signed by {answer.publisher.subject}, the redirect names {redirect.subject}")
        return answer


def _same_subject(said: str, certificate: Certificate) -> bool:
    """As publishers write it: the parts of the name in any order and with any spaces."""
    return {one.strip().lower() for one in said.split(",")} == {one.strip().lower() for one in certificate.subject.split(",")}
