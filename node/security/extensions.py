"""What the extensions of a certificate say, read once for the judgement of its paths; what is critical and not understood is refused."""

from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from node.security.certificates import Certificate
from node.security.der import SEQUENCE, DerRefused, read
from node.security.trust import Untrusted

#: Certificate policies, mappings and names of each certificate at most.
MOST: Final = 256
_UNDERSTOOD: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.POLICY_MAPPINGS,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.INHIBIT_ANY_POLICY,
        # Read where revocation is judged.
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
    }
)


@dataclass(frozen=True, slots=True)
class Extensions:
    """The extensions that a path is judged by; None or empty where a certificate has them not."""

    all: x509.Extensions
    basic: x509.BasicConstraints | None
    usage: x509.KeyUsage | None
    extended: frozenset[str] | None
    policies: frozenset[str] | None
    mappings: tuple[tuple[str, str], ...]
    constraints: x509.PolicyConstraints | None
    inhibit_any: int | None
    names: x509.NameConstraints | None
    alternative: tuple[x509.GeneralName, ...] | None

    @property
    def is_authority(self) -> bool:
        """Whether basicConstraints says so."""
        return self.basic is not None and self.basic.ca

    def critical(self, oid: x509.ObjectIdentifier) -> bool | None:
        """Whether the extension is critical; None where there is none."""
        return next((one.critical for one in self.all if one.oid == oid), None)


def read_extensions(certificate: Certificate) -> Extensions:
    """The extensions of a certificate. Raises Untrusted for what cannot be read, and for what is critical and not understood."""
    try:
        every = certificate.x509.extensions
        held = {type(one.value): one.value for one in every}
        # spec: RFC 5280 4.2
        for one in every:
            if one.critical and one.oid not in _UNDERSTOOD:
                raise Untrusted(f"{certificate.subject}: critical extension {one.oid.dotted_string} is not understood")
        return _read(certificate, every, held)
    except (ValueError, DerRefused, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise Untrusted(f"{certificate.subject}: extensions cannot be read: {error}") from error


def _read(certificate: Certificate, every: x509.Extensions, held: dict[type, x509.ExtensionType]) -> Extensions:
    basic, usage, extended = held.get(x509.BasicConstraints), held.get(x509.KeyUsage), held.get(x509.ExtendedKeyUsage)
    policies, constraints = held.get(x509.CertificatePolicies), held.get(x509.PolicyConstraints)
    inhibit, names, alternative = (
        held.get(x509.InhibitAnyPolicy),
        held.get(x509.NameConstraints),
        held.get(x509.SubjectAlternativeName),
    )
    listed = [one.policy_identifier.dotted_string for one in policies] if isinstance(policies, x509.CertificatePolicies) else None
    mappings = _mappings(every)
    other = list(alternative) if isinstance(alternative, x509.SubjectAlternativeName) else None
    if max(len(listed or ()), len(mappings), len(other or ())) > 8 * MOST or len(listed or ()) + len(mappings) > MOST:
        raise Untrusted(f"{certificate.subject}: more policies or names than are looked at")
    # spec: RFC 5280 4.2.1.4: each policy once
    if listed is not None and len(set(listed)) != len(listed):
        raise Untrusted(f"{certificate.subject}: a certificate policy stands twice")
    return Extensions(
        all=every,
        basic=basic if isinstance(basic, x509.BasicConstraints) else None,
        usage=usage if isinstance(usage, x509.KeyUsage) else None,
        extended=frozenset(one.dotted_string for one in extended) if isinstance(extended, x509.ExtendedKeyUsage) else None,
        policies=frozenset(listed) if listed is not None else None,
        mappings=mappings,
        constraints=constraints if isinstance(constraints, x509.PolicyConstraints) else None,
        inhibit_any=inhibit.skip_certs if isinstance(inhibit, x509.InhibitAnyPolicy) else None,
        names=names if isinstance(names, x509.NameConstraints) else None,
        alternative=tuple(other) if other is not None else None,
    )


def _mappings(every: x509.Extensions) -> tuple[tuple[str, str], ...]:
    # spec: RFC 5280 4.2.1.5
    for one in every:
        if one.oid == ExtensionOID.POLICY_MAPPINGS and isinstance(one.value, x509.UnrecognizedExtension):
            pairs = [pair.expect(SEQUENCE).parts() for pair in read(one.value.value).expect(SEQUENCE).parts()]
            if not pairs or any(len(pair) != 2 for pair in pairs):
                raise DerRefused("policyMappings that are no pairs")
            return tuple((pair[0].name, pair[1].name) for pair in pairs)
    return ()
