"""The public suites of certificate paths, judged with our rules: x509-limbo and NIST's PKITS. Read by the tests of vectors and by the bar of paths.

limbo asks for names of servers too. In a node OpenSSL compares them while it shakes hands; `check_server_name` stands in for it here.
"""

import ipaddress
import json
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from node.security.certificates import Certificate, CertificateRefused, load_certificates
from node.security.crl import Crl
from node.security.extensions import read_extensions
from node.security.path import check_purpose, judge_path
from node.security.path_policy import POLICIES, Demand, PathPolicy, RevocationRule
from node.security.revocation import RevocationRefused
from node.security.status import Held, StatusJudge, weigh
from node.security.trust import Purpose, Untrusted

#: What limbo wants refused and the policy `web` lets pass, with the reason.
_COMMON_NAME = "a common name counts for nothing here, whatever it says: servers are known by their alternative names"
_SUFFIX = "which suffixes are public is a list of browsers; no authority of an AS4 network issues for one"
ALLOWED = {
    "rfc5280::nc::permitted-dns-match-noncritical": "the constraint is kept, critical or not; limbo's webpki:: case wants just that",
    "webpki::cn::ipv4-hex-mismatch": _COMMON_NAME,
    "webpki::cn::ipv4-leading-zeros-mismatch": _COMMON_NAME,
    "webpki::cn::ipv6-uppercase-mismatch": _COMMON_NAME,
    "webpki::cn::ipv6-uncompressed-mismatch": _COMMON_NAME,
    "webpki::cn::ipv6-non-rfc5952-mismatch": _COMMON_NAME,
    "webpki::cn::punycode-not-in-san": _COMMON_NAME,
    "webpki::cn::utf8-vs-punycode-mismatch": _COMMON_NAME,
    "webpki::cn::not-in-san": _COMMON_NAME,
    "webpki::cn::case-mismatch": _COMMON_NAME,
    "webpki::eku::root-has-eku": "an anchor is trusted since it lies in certs/trust; what its extended key usage says adds nothing",
    "webpki::san::public-suffix-multi-label-wildcard-san": _SUFFIX,
    "webpki::san::public-suffix-private-namespace-wildcard-san": _SUFFIX,
}
#: What limbo wants accepted and we refuse, with the reason.
STRICTER = {
    "cve::cve-2024-0567": "one of two ways up lacks the key identifier of its issuer, which other cases of limbo want refused",
    "pathlen::validation-ignores-pathlen-in-leaf": "a certificate of an authority serves no TLS: keyUsage",
    "rfc5280::ca-as-leaf": "as pathlen::validation-ignores-pathlen-in-leaf",
    "rfc5280::eku::ee-without-eku": "limbo's webpki:: case wants it refused",
    "rfc5280::validity::notafter-fractional": "a certificate is valid up to and including its last second, not its fractions",
}
_DSA = "DSA keys are used by no profile, and nobody issues them any more"
#: What PKITS wants accepted and we refuse, with the reason.
PKITS_STRICTER = {"40104_valid_dsa_signatures_test4": _DSA, "40105_valid_dsa_parameter_inheritance_test5": _DSA}
PKITS = PathPolicy("pkits", revocation=RevocationRule(Demand.HARD), longest=10)


@dataclass
class Tally:
    """What came of a suite: the verdicts by expectation, each difference with what was said, and the longest time of a case."""

    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong_accepts: dict[str, str] = field(default_factory=dict)
    wrong_rejects: dict[str, str] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")

    def note(self, name: str, expected: str, said: str | None, seconds: float) -> None:
        verdict = "FAILURE" if said is not None else "SUCCESS"
        self.verdicts[expected, verdict] += 1
        self.slowest = max(self.slowest, (seconds, name))
        if expected == "FAILURE" and verdict == "SUCCESS":
            self.wrong_accepts[name] = "accepted"
        elif expected == "SUCCESS" and said is not None:
            self.wrong_rejects[name] = said


def limbo(shared: Path) -> Tally:
    cases = json.loads((shared / "vectors/x509-limbo/limbo-core.json").read_text())["testcases"]
    tally = Tally()
    for case in cases:
        began = time.monotonic()
        said = why_not(case)
        tally.note(case["id"], case["expected_result"], said, time.monotonic() - began)
    return tally


def why_not(case: dict[str, Any]) -> str | None:
    """Why a case of limbo is refused; None where it is accepted."""
    at = datetime.fromisoformat(case["validation_time"]) if case["validation_time"] else datetime(2024, 6, 1, tzinfo=UTC)
    depth = case["max_chain_depth"]
    demand = Demand.HARD if case["crls"] else Demand.OFF
    policy = replace(POLICIES["web"], longest=8 if depth is None else min(depth, 8), revocation=RevocationRule(demand))
    purpose = Purpose.TLS_SERVER if case["validation_kind"] == "SERVER" else Purpose.TLS_CLIENT
    try:
        (leaf,) = load_certificates(case["peer_certificate"].encode())
        anchors, pool = (
            [one for pem in case[key] for one in load_certificates(pem.encode())]
            for key in ("trusted_certs", "untrusted_intermediates")
        )
        check_purpose(leaf, purpose, policy)
        if case["expected_peer_name"] and purpose is Purpose.TLS_SERVER:
            check_server_name(leaf, case["expected_peer_name"]["value"])
        path = judge_path(leaf, pool, anchors, at, policy).certificates
        crls = [x509.load_pem_x509_crl(pem.encode()).public_bytes(Encoding.DER) for pem in case["crls"]]
        judge_status(path, crls, pool, anchors, at, policy)
    except (Untrusted, CertificateRefused) as problem:
        return str(problem)
    return None


def judge_status(
    path: tuple[Certificate, ...],
    crls: list[bytes],
    pool: list[Certificate],
    anchors: list[Certificate],
    at: datetime,
    policy: PathPolicy,
) -> None:
    held = []
    for der in crls:
        try:
            held.append(Crl(der))
        except RevocationRefused:
            continue
    statuses = StatusJudge(Held(tuple(held)), pool, anchors, at, policy).of_path(path)
    weigh(statuses, policy.revocation, at, {})


def pkits(shared: Path) -> Tally:
    folder = shared / "vectors" / "pkits"
    # The certificates of the suite hold from 2010 to 2030.
    at = datetime(2020, 1, 1, tzinfo=UTC)
    (anchor,) = load_certificates((folder / "certs" / "TrustAnchorRootCertificate.crt").read_bytes())
    tally = Tally()
    for case in json.loads((folder / "pkits.json").read_text()):
        began = time.monotonic()
        said = why_not_pkits(folder, case, anchor, at)
        tally.note(case["id"], {"valid": "SUCCESS", "invalid": "FAILURE"}[case["expected"]], said, time.monotonic() - began)
    return tally


def why_not_pkits(folder: Path, case: dict[str, Any], anchor: Certificate, at: datetime) -> str | None:
    try:
        leaf, *pool = (
            one
            for name in (case["ee"], *case["intermediates"])
            for one in load_certificates((folder / "certs" / name).read_bytes())
        )
        path = judge_path(leaf, pool, [anchor], at, PKITS).certificates
        judge_status(path, [(folder / "crls" / name).read_bytes() for name in case["crls"]], pool, [anchor], at, PKITS)
    except (Untrusted, CertificateRefused) as problem:
        return str(problem)
    return None


def check_server_name(certificate: Certificate, host: str) -> None:
    """Raises Untrusted where no alternative name of the certificate is the host, a DNS name in ASCII or an IP address."""
    names = read_extensions(certificate).alternative or ()
    # RFC 9525 6
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        fits = any(isinstance(one, x509.DNSName) and _fits(one.value.lower(), host.lower()) for one in names)
    else:
        fits = any(isinstance(one, x509.IPAddress) and one.value == address for one in names)
    if not fits:
        held = ", ".join(str(one.value) for one in names if isinstance(one, x509.DNSName | x509.IPAddress))
        raise Untrusted(f"{certificate.subject}: is not the certificate of {host}; its names: {held[:300] or 'none'}")


def _fits(pattern: str, host: str) -> bool:
    if not pattern.startswith("*."):
        return pattern == host
    # Of all hosts below a name of one label there is no one owner.
    first, _, rest = host.partition(".")
    return bool(first) and rest == pattern[2:] and "." in rest
