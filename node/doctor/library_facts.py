"""Facts about the program: versions, requirements, and whether the cryptography at work can do what was agreed."""

import ssl
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from lxml import etree

from node.agreements.agreement import Agreement
from node.agreements.resolve import Resolved
from node.doctor.facts import Versions
from node.security.algorithms import OAEP_DIGESTS, OAEP_MGFS
from node.security.certificates import Certificate
from node.security.keys import KeyUseFailed
from node.setting import Setting
from node.store import sqlite

DISTRIBUTION: Final = "customs-n2n-node"
_EXTRAS: Final = ("psycopg", "obstore", "uvloop")
_SIGNED: Final = b"n2n doctor"


def gather_versions(setting: Setting) -> Versions:
    """What is at work here."""
    return Versions(
        python=sys.version_info[:3],
        sqlite=sqlite.version(),
        libxml2=etree.LIBXML_VERSION,
        openssl=openssl_of(backend.openssl_version_text()),
        tls=ssl.OPENSSL_VERSION_INFO[:3],
        unmet=dict(unmet(wanted)) if (wanted := requires_of(DISTRIBUTION)) else None,
        absent=frozenset(name for name in _EXTRAS if find_spec(name) is None),
        unable=dict(unable(setting)),
        zones=dict(_zones(setting)),
    )


def openssl_of(text: str) -> tuple[int, ...]:
    """`OpenSSL 3.0.19 27 Jan 2026` as (3, 0, 19); what is no OpenSSL has no version to compare."""
    words = text.split()
    if len(words) < 2 or words[0] != "OpenSSL":
        return (sys.maxsize,)
    return numbers(words[1])


def numbers(text: str) -> tuple[int, ...]:
    """The leading numbers of a version: 1.2.3rc1 as (1, 2, 3)."""
    found = []
    for part in text.split("."):
        digits = part[: next((at for at, one in enumerate(part) if not one.isdigit()), len(part))]
        if not digits:
            break
        found.append(int(digits))
    return tuple(found)


def requires_of(distribution: str) -> list[str]:
    """What a distribution asks for, extras left out; nothing where it is not installed but run from a checkout."""
    try:
        return [one for one in requires(distribution) or () if "extra ==" not in one]
    except PackageNotFoundError:
        return []


def unmet(wanted: list[str]) -> Iterator[tuple[str, str]]:
    """Each requirement (`aiohttp>=3.14`) that is not met, and how."""
    for requirement in wanted:
        name, _, rest = requirement.partition(">=")
        least = rest.partition(",")[0].partition(";")[0].strip()
        name = name.partition("[")[0].strip()
        try:
            found = version(name)
        except PackageNotFoundError:
            yield name, "is not installed"
            continue
        if least and numbers(found) < numbers(least):
            yield name, f"is {found}, below {least}"


# -- what the cryptography can do ------------------------------------------------------------------------------------------


def unable(setting: Setting) -> Iterator[tuple[str, str]]:
    """Each agreement and algorithm that fails when it is tried with the very keys: place and why."""
    tried: set[tuple[str, str]] = set()
    for one in setting.agreements.partners():
        p = one.parameters
        signing = one.us.sign, str(p["leg.security.x509.signature.algorithm"])
        # Thousands of partners share a key and an algorithm; one signature shows what it can do.
        if p["leg.security.x509.sign"] and signing not in tried:
            tried.add(signing)
            yield from _signing(setting, one, signing[1])
        if p["leg.security.x509.encryption.encrypt"]:
            yield from _encrypting(setting, one, p)


def _signing(setting: Setting, one: Agreement, algorithm: str) -> Iterator[tuple[str, str]]:
    key = setting.certificates.own.get(one.us.sign)
    if key is None:
        return
    try:
        key.sign(algorithm, _SIGNED)
    except KeyUseFailed as error:
        # A key of the wrong kind is told by another check.
        if not isinstance(error.__cause__, KeyError | TypeError):
            yield f"{one.file}: leg.security.x509.signature.algorithm", str(error)
    except Exception as error:  # noqa: BLE001 - whatever this build of OpenSSL says, it cannot do it
        yield f"{one.file}: leg.security.x509.signature.algorithm", f"{algorithm}: {error}"


def _encrypting(setting: Setting, one: Agreement, p: Resolved) -> Iterator[tuple[str, str]]:
    for name in one.certificates.encrypt:
        held = setting.certificates.partners.get(name)
        if held is None:
            continue
        try:
            _agree_or_wrap(held.certificate, str(p["leg.x.encryption.digest"]), str(p["leg.x.encryption.mgf"]))
        except Exception as error:  # noqa: BLE001 - whatever this build of OpenSSL says, it cannot do it
            yield f"{one.file}: leg.x.encryption.key_transport", f"cannot be done with certs/partners/{name}: {error}"


def _agree_or_wrap(certificate: Certificate, digest: str, mgf: str) -> None:
    key = certificate.public_key
    if isinstance(key, ec.EllipticCurvePublicKey):
        ec.generate_private_key(key.curve).exchange(ec.ECDH(), key)
    elif isinstance(key, x25519.X25519PublicKey):
        x25519.X25519PrivateKey.generate().exchange(key)
    elif isinstance(key, rsa.RSAPublicKey):
        key.encrypt(_SIGNED, padding.OAEP(padding.MGF1(OAEP_MGFS[mgf]), OAEP_DIGESTS[digest], None))


def _zones(setting: Setting) -> Iterator[tuple[str, str]]:
    for zone in ("UTC", "Asia/Taipei", "Europe/Brussels"):
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            yield zone, f"is not known here: {error}"
    for problem in setting.problems.found:
        if problem.key.startswith("calendar") and "zone" in problem.key:
            yield f"{problem.file}: {problem.key}", problem.problem
