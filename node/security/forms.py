"""The forms that RFC 5280 and browsers' rules ask of whoever issues a certificate; demanded only by policies that say so."""

import ipaddress
import re
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtensionOID

from node.security.certificates import Certificate
from node.security.extensions import Extensions
from node.security.signed import is_signed_by
from node.security.trust import Untrusted

_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DNS: Final = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})+", re.ASCII)


def check_forms(certificate: Certificate, extensions: Extensions) -> None:
    """Raises Untrusted with the form that is not kept."""
    for problem in (
        _version(certificate),
        _serial(certificate),
        _names(certificate, extensions),
        _identifiers(certificate, extensions),
        _basics(extensions),
        _usage(extensions),
        _key(certificate),
        _constraints(extensions),
    ):
        if problem:
            raise Untrusted(f"{certificate.subject or certificate.sha256[:16]}: {problem}")


def _version(certificate: Certificate) -> str:
    return "" if certificate.x509.version is x509.Version.v3 else "is no certificate of version 3"


def _serial(certificate: Certificate) -> str:
    # spec: RFC 5280 4.1.2.2
    serial = certificate.serial
    return "" if 0 < serial < 1 << 160 else "its serial number is not positive, or longer than 20 octets"


def _names(certificate: Certificate, extensions: Extensions) -> str:
    parsed, alternative = certificate.x509, extensions.critical(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    # spec: RFC 5280 4.1.2.4, RFC 5280 4.1.2.6, RFC 5280 4.2.1.6
    if not parsed.issuer.rdns:
        return "its issuer has no name"
    if not parsed.subject.rdns and (extensions.is_authority or not alternative):
        return "it has neither a subject nor a critical subjectAltName"
    if extensions.is_authority:
        return ""
    if alternative is None:
        return "it has no subjectAltName"
    if alternative and parsed.subject.rdns:
        return "its subjectAltName is critical though it has a subject"
    return next((f"its name {one.value!r} is no DNS name" for one in extensions.alternative or () if not _is_dns(one)), "")


def _is_dns(name: x509.GeneralName) -> bool:
    return not isinstance(name, x509.DNSName) or (
        _DNS.fullmatch(name.value) is not None and name.value.count("*") <= 1 and not _is_address(name.value)
    )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _identifiers(certificate: Certificate, extensions: Extensions) -> str:
    # spec: RFC 5280 4.2.1.1, RFC 5280 4.2.1.2
    issuer_key, own_key = (
        extensions.critical(one) for one in (ExtensionOID.AUTHORITY_KEY_IDENTIFIER, ExtensionOID.SUBJECT_KEY_IDENTIFIER)
    )
    self_issued = certificate.subject_name == certificate.issuer_name
    if issuer_key or own_key:
        return "a key identifier of it is critical"
    if issuer_key is None and not self_issued:
        return "it has no authorityKeyIdentifier"
    if own_key is None and extensions.is_authority:
        return "it has no subjectKeyIdentifier though it is an authority's"
    held = next((one.value for one in extensions.all if isinstance(one.value, x509.AuthorityKeyIdentifier)), None)
    if held is not None and (held.key_identifier is None or held.authority_cert_issuer or held.authority_cert_serial_number):
        return "its authorityKeyIdentifier is not a key identifier alone"
    if (
        held is not None
        and self_issued
        and own_key is not None
        and held.key_identifier != certificate.ski
        and is_signed_by(certificate, certificate)
    ):
        return "its authorityKeyIdentifier is not its own, though it signed itself"
    return ""


def _basics(extensions: Extensions) -> str:
    # spec: RFC 5280 4.2.1.9
    if extensions.is_authority and extensions.critical(ExtensionOID.BASIC_CONSTRAINTS) is False:
        return "its basicConstraints are not critical"
    return ""


def _usage(extensions: Extensions) -> str:
    usage = extensions.usage
    if usage is not None and usage.key_cert_sign and not extensions.is_authority:
        return "its keyUsage has keyCertSign though it is no authority's"
    if extensions.extended is not None and extensions.is_authority and extensions.critical(ExtensionOID.EXTENDED_KEY_USAGE):
        return "its extended key usage is critical"
    return ""


def _key(certificate: Certificate) -> str:
    key = certificate.public_key
    # CA/Browser Forum 6.1.5
    return "its RSA modulus is no whole number of octets" if isinstance(key, rsa.RSAPublicKey) and key.key_size % 8 else ""


def _constraints(extensions: Extensions) -> str:
    # spec: RFC 5280 4.2.1.11
    if extensions.critical(ExtensionOID.POLICY_CONSTRAINTS) is False:
        return "its policyConstraints are not critical"
    return ""
