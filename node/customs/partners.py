"""Whom we believe when a document is signed: anchors of each country, anchors of time-stamps, revocation lists, and who may sign for which authority."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from node.security.certificates import Certificate


@dataclass(frozen=True, slots=True)
class Partners:
    """The partner file of a check. Source: DESIGN 6, 10."""

    #: By ISO 3166-1 alpha-2 country: where a signer's path must end.
    anchors: Mapping[str, tuple[Certificate, ...]] = field(default_factory=dict)
    timestamp_anchors: tuple[Certificate, ...] = ()
    #: DER.
    crls: tuple[bytes, ...] = ()
    #: By authority id: SHA-256 fingerprints (lower-case hexadecimal) of the certificates that may sign for it.
    bindings: Mapping[str, frozenset[str]] = field(default_factory=dict)
