"""Own keys: do they open, hold now and soon, allow their use, lead to an anchor, and belong to us and not to a demo?"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts
from node.doctor.times import at, days
from node.keyring.forecast import ALARMS
from node.keyring.passwords import TRIED_FIRST, is_default
from node.preflight import why_not
from node.security.certificates import Certificate
from node.security.keys import OwnKey
from node.security.path import Untrusted, find_path

#: From here on it is more than worth knowing.
PRESSING: Final = 30
DEMO: Final = "N2N demo"


def is_demo(certificate: Certificate) -> bool:
    """Whether n2n demo issued it."""
    return any(str(one.value) == DEMO for one in certificate.x509.issuer.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME))


def forecast(certificate: Certificate, now: datetime) -> str:
    """When it ends, if that is soon; empty otherwise, and when it has ended."""
    left = certificate.x509.not_valid_after_utc - now
    if left < timedelta(0) or left > timedelta(days=ALARMS[0]):
        return ""
    step = min(step for step in ALARMS if left <= timedelta(days=step))
    return f"ends on {at(certificate.x509.not_valid_after_utc)}, in {days(left)} (told at {step} days)"


def severity_of(certificate: Certificate, now: datetime) -> Severity:
    """What ends in less than a month presses."""
    return Severity.WARNING if certificate.x509.not_valid_after_utc - now < timedelta(days=PRESSING) else Severity.INFO


def uses(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """The own keys that somebody is to see: name and what for."""
    found: dict[str, list[str]] = {}
    home = facts.setting.home
    named = [("sign", home.keys.sign), ("encrypt", home.keys.encrypt), ("tls", home.keys.tls), ("tls", home.listen.key)]
    for one in facts.setting.agreements.partners():
        named += [("sign", one.us.sign), ("encrypt", one.us.encrypt), ("seal", one.documents.seal)]
    for use, name in named:
        if name and use not in found.setdefault(name, []):
            found[name].append(use)
    return {name: tuple(one) for name, one in found.items()}


def _used(facts: Facts) -> Iterator[tuple[str, OwnKey, tuple[str, ...]]]:
    own = facts.setting.certificates.own
    if not own:
        raise NotApplicable("certs/own holds no key that opens")
    for name, use in uses(facts).items():
        if name in own:
            yield name, own[name], use


def _opens(facts: Facts) -> Iterator[Found]:
    told_of_mode = {place.name for place in facts.places.own if place.mode & 0o077}
    for one in facts.setting.problems.found:
        if one.file.startswith("certs/own/") and one.file not in told_of_mode and one.problem != TRIED_FIRST:
            yield Found(one.file, one.problem, one.remedy)


def _named(facts: Facts) -> Iterator[Found]:
    home, own = facts.setting.home, facts.setting.certificates.own
    named = {
        "keys.sign": home.keys.sign,
        "keys.encrypt": home.keys.encrypt,
        "keys.tls": home.keys.tls,
        "listen.tls": home.listen.key,
    }
    for key, name in named.items():
        if name and name not in own:
            yield Found(f"node.toml: {key}", f"certs/own has no key {name!r} that opens")


def _valid(facts: Facts) -> Iterator[Found]:
    for name, key, use in _used(facts):
        certificate = key.certificate.x509
        if facts.now > certificate.not_valid_after_utc:
            yield Found(f"certs/own/{name}", f"({', '.join(use)}) expired on {at(certificate.not_valid_after_utc)}")
        elif facts.now < certificate.not_valid_before_utc:
            yield Found(
                f"certs/own/{name}",
                f"({', '.join(use)}) is not valid before {at(certificate.not_valid_before_utc)}",
            )


def _soon(facts: Facts) -> Iterator[Found]:
    for name, key, use in _used(facts):
        if facts.demo and is_demo(key.certificate):
            continue
        if told := forecast(key.certificate, facts.now):
            yield Found(f"certs/own/{name}", f"({', '.join(use)}) {told}", severity=severity_of(key.certificate, facts.now))


def _allowed(facts: Facts) -> Iterator[Found]:
    for name, key, use in _used(facts):
        for one in use:
            if why := why_not(key.certificate, one):
                yield Found(f"certs/own/{name}", f"may not {_WORDS[one]}: {why}")


_WORDS: Final = {"sign": "sign messages", "encrypt": "be encrypted to", "seal": "seal documents", "tls": "speak TLS"}


def _leads(facts: Facts) -> Iterator[Found]:
    anchors = facts.setting.certificates.trusted
    if not anchors:
        raise NotApplicable("certs/trust is empty: only pinned certificates are believed here")
    for name, key, use in _used(facts):
        if not key.certificate.is_valid_at(facts.now):
            continue
        try:
            find_path(key.certificate, key.chain, anchors, facts.now)
        except Untrusted as why:
            yield Found(f"certs/own/{name}", f"({', '.join(use)}) leads to no anchor that we know: {why}")


def _of_the_demo(facts: Facts) -> Iterator[Found]:
    if facts.demo:
        raise NotApplicable("this is a demo's home")
    for name, key, use in _used(facts):
        if is_demo(key.certificate):
            yield Found(f"certs/own/{name}", f"({', '.join(use)}) was issued by n2n demo: everybody could have it")


def _passwords(facts: Facts) -> Iterator[Found]:
    for one in facts.setting.problems.found:
        if one.problem == TRIED_FIRST:
            yield Found(one.file, one.problem, one.remedy)
    for variable, value in facts.machine.environment.items():
        if variable.startswith(("N2N_KEY_PASSWORD", "N2N_PULL_PASSWORD")) and is_default(value.encode()):
            yield Found(variable, TRIED_FIRST)


CHECKS: Final = (
    Check(
        "keys.open",
        "Every file of certs/own opens, and each key belongs to its certificate",
        "A key that does not open neither signs nor decrypts.",
        "put the key there again, or give its password: N2N_KEY_PASSWORD_NAME",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _opens,
    ),
    Check(
        "keys.named",
        "The keys that node.toml names are there",
        "The node does not start without them.",
        "put it into certs/own, or correct the name",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _named,
    ),
    Check(
        "keys.valid",
        "Own certificates are valid now",
        "Partners refuse what an expired certificate signed, and encrypt to it no more.",
        "renew it, and tell every partner before it is used: n2n cert list",
        Who.OPERATOR,
        Severity.CONFIG,
        _valid,
    ),
    Check(
        "keys.soon",
        f"Own certificates hold for {ALARMS[0]} days more",
        "A renewal goes through two administrations and takes weeks.",
        "ask the authority for the next one, and send it to every partner",
        Who.OPERATOR,
        Severity.WARNING,
        _soon,
    ),
    Check(
        "keys.usage",
        "The bits of own certificates allow what they are used for",
        "A partner that reads keyUsage refuses a certificate that must not sign, or must not be encrypted to.",
        "ask the authority for a certificate with the right keyUsage",
        Who.OPERATOR,
        Severity.CONFIG,
        _allowed,
    ),
    Check(
        "keys.path",
        "Own certificates lead to an anchor of certs/trust",
        "Partners find a way to the authority only where we hold it too; a break shows here first.",
        "put the certificates in between into certs/own/NAME.pem, and the root into certs/trust",
        Who.OPERATOR,
        Severity.WARNING,
        _leads,
    ),
    Check(
        "keys.demo",
        "No key of a demo is used outside of a demo",
        "Its authority is thrown away and proves nothing about anybody.",
        "make keys with your own authority: n2n init",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _of_the_demo,
    ),
    Check(
        "keys.passwords",
        "No password is one that everybody tries first",
        "A pull request is authorised by a password; so is the use of a key.",
        "choose a long random one, and tell the partner by another way",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _passwords,
    ),
)
