"""By which rules a certificate path is judged: named values that an agreement chooses from. Source: reliability 5.2 goal 22."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Final

from node.security.algorithms import CURVE_URIS
from node.security.trust import Purpose

# spec: RFC 5280 4.2.1.4
ANY_POLICY: Final = "2.5.29.32.0"
_SHA2: Final = frozenset({"sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512"})


class Demand(Enum):
    """What is asked of an authority about the certificates that it took back."""

    #: Nobody vouches for the certificate now: refused.
    HARD = "hard"
    #: Accepted with an alarm while what we hold is younger than an age.
    SOFT = "soft"
    #: Only what we know by chance counts; for pinned certificates.
    OFF = "off"


@dataclass(frozen=True, slots=True)
class RevocationRule:
    """What follows where revocation cannot be told. A revocation that we know of beats any grace."""

    demand: Demand = Demand.HARD
    #: How old the list may be under `SOFT`, counted from its thisUpdate, or from when one was first wanted.
    age: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PathPolicy:
    """Everything that the judgement of a path depends on besides certificates and time. No weak hash can be allowed."""

    name: str
    revocation: RevocationRule = RevocationRule(Demand.SOFT)
    #: Authorities between the certificate and its anchor at most, those that issued to themselves not counted.
    longest: int = 4
    keys: frozenset[str] = frozenset({"rsa", "ec", "ed25519", "x25519"})
    rsa_bits: int = 2048
    curves: frozenset[str] = frozenset(CURVE_URIS)
    hashes: frozenset[str] = _SHA2
    #: Certificate policies of which one must hold for the whole path; empty where any does.
    required: frozenset[str] = frozenset()
    # spec: RFC 5280 6.1.1 (e), (f), (g)
    explicit: bool = False
    inhibit_mapping: bool = False
    inhibit_any: bool = False
    #: For a purpose: the extended key usages of which the certificate must have one; where it has the extension, or always if `extended_always`.
    extended: Mapping[Purpose, frozenset[str]] = field(default_factory=lambda: _EXTENDED)
    extended_always: bool = False
    #: Whether the forms that RFC 5280 and browsers ask of issuers are demanded too: key identifiers, serial numbers, alternative names.
    forms: bool = False


# spec: RFC 5280 4.2.1.12; none is defined for messages and seals, and authorities of networks write various ones
_EXTENDED: Final[Mapping[Purpose, frozenset[str]]] = {
    Purpose.TLS_SERVER: frozenset({"1.3.6.1.5.5.7.3.1"}),
    Purpose.TLS_CLIENT: frozenset({"1.3.6.1.5.5.7.3.2"}),
}

#: The policies by name; what an agreement may write as `policy`.
POLICIES: Final[Mapping[str, PathPolicy]] = {
    one.name: one
    for one in (
        PathPolicy("n2n"),
        PathPolicy("customs", revocation=RevocationRule(Demand.HARD)),
        PathPolicy("pinned", revocation=RevocationRule(Demand.OFF)),
        PathPolicy(
            "web",
            keys=frozenset({"rsa", "ec", "ed25519"}),
            curves=frozenset({"secp256r1", "secp384r1", "secp521r1"}),
            longest=8,
            extended_always=True,
            forms=True,
        ),
    )
}
#: What holds where an agreement says nothing.
STANDARD: Final = POLICIES["n2n"]
#: The rules of a path alone: revocation is judged by whoever asked, or not at all.
PATH_ALONE: Final = PathPolicy("path alone", revocation=RevocationRule(Demand.OFF))


@dataclass(frozen=True, slots=True)
class Trusting:
    """By which policy paths are judged, and to which anchors they must lead."""

    policy: PathPolicy = STANDARD
    #: Files of certs/trust for a purpose; a purpose that is absent takes all of them.
    anchors: Mapping[Purpose, tuple[str, ...]] = field(default_factory=dict)

    def words(self) -> str:
        """For people: the policy with its rule of revocation."""
        rule = self.policy.revocation
        age = f", at most {rule.age.days} days old" if rule.demand is Demand.SOFT else ""
        return f"{self.policy.name} (revocation {rule.demand.value}{age})"


STANDARD_TRUSTING: Final = Trusting()
