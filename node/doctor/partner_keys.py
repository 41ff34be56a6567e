"""Certificates of partners: do they open, hold now and soon, allow their use, and lead to an anchor?"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts
from node.doctor.own_keys import forecast, is_demo, severity_of
from node.doctor.times import at
from node.keyring.forecast import ALARMS
from node.preflight import why_not
from node.security.certificates import Certificate
from node.security.trust import Purpose, Untrusted

_PURPOSES: Final = {"sign": Purpose.SIGN, "encrypt": Purpose.ENCRYPT}
_WORDS: Final = {"sign": "signs with", "encrypt": "is encrypted to by", "tls": "connects by"}


def _agreed(facts: Facts) -> Iterator[tuple[str, str, tuple[tuple[str, Certificate], ...]]]:
    """Partner, what for, and the certificates that the agreement names for it and that are there."""
    partners = facts.setting.agreements.partners()
    if not partners:
        raise NotApplicable("nothing is agreed with anybody yet")
    held = facts.setting.certificates.partners
    for one in partners:
        named = (("sign", one.certificates.sign), ("encrypt", one.certificates.encrypt), ("tls", one.certificates.tls))
        for use, names in named:
            found = tuple((name, held[name].certificate) for name in names if name in held)
            if found:
                yield one.partner, use, found


def _opens(facts: Facts) -> Iterator[Found]:
    for one in facts.setting.problems.found:
        if one.file.startswith("certs/") and not one.file.startswith("certs/own/"):
            yield Found(one.file, one.problem, one.remedy)


def _valid(facts: Facts) -> Iterator[Found]:
    for partner, use, found in _agreed(facts):
        if any(certificate.is_valid_at(facts.now) for _, certificate in found):
            continue
        for name, certificate in found:
            parsed = certificate.x509
            ended = facts.now > parsed.not_valid_after_utc
            when = parsed.not_valid_after_utc if ended else parsed.not_valid_before_utc
            said = "expired on" if ended else "is not valid before"
            yield Found(f"certs/partners/{name}", f"{partner} {_WORDS[use]} it, and it {said} {at(when)}")


def _soon(facts: Facts) -> Iterator[Found]:
    for partner, use, found in _agreed(facts):
        valid = [(name, one) for name, one in found if one.is_valid_at(facts.now)]
        if not valid:
            continue
        # Where one follows another, the last to end counts.
        name, last = max((*valid, *_to_come(found, facts.now)), key=lambda pair: pair[1].x509.not_valid_after_utc)
        if facts.demo and is_demo(last):
            continue
        if told := forecast(last, facts.now):
            yield Found(
                f"certs/partners/{name}", f"{partner} {_WORDS[use]} it, and it {told}", severity=severity_of(last, facts.now)
            )


def _to_come(found: tuple[tuple[str, Certificate], ...], now: datetime) -> list[tuple[str, Certificate]]:
    return [(name, one) for name, one in found if one.x509.not_valid_before_utc > now]


def _allowed(facts: Facts) -> Iterator[Found]:
    for partner, use, found in _agreed(facts):
        for name, certificate in found:
            if why := why_not(certificate, use):
                yield Found(f"certs/partners/{name}", f"{partner} {_WORDS[use]} it, and it must not be used so: {why}")


def _leads(facts: Facts) -> Iterator[Found]:
    judging, held = facts.setting.keyring.judging, facts.setting.certificates.partners
    for partner, use, found in _agreed(facts):
        for name, certificate in found:
            # TLS is judged when the connection is made.
            if use == "tls" or not certificate.is_valid_at(facts.now):
                continue
            try:
                judging.path(held[name], _PURPOSES[use], facts.now)
            except Untrusted as why:
                yield Found(f"certs/partners/{name}", f"{partner} {_WORDS[use]} it, and it is not believed: {why}")


def _anchors(facts: Facts) -> Iterator[Found]:
    trust = facts.setting.certificates.trust
    by_path = [one.partner for one in facts.setting.agreements.partners() if one.certificates.trust == "path"]
    if not trust and by_path:
        yield Found("certs/trust", f"is empty, and {', '.join(by_path)} must lead to an anchor")
    for name, path in trust.items():
        for certificate in path:
            if not certificate.is_valid_at(facts.now):
                parsed = certificate.x509
                yield Found(
                    f"certs/trust/{name}",
                    f"{certificate.subject} holds from {parsed.not_valid_before_utc:%Y-%m-%d} to {parsed.not_valid_after_utc:%Y-%m-%d} only",
                )
            elif not (facts.demo and is_demo(certificate)) and (told := forecast(certificate, facts.now)):
                yield Found(f"certs/trust/{name}", f"{certificate.subject} {told}", severity=severity_of(certificate, facts.now))


def _shared(facts: Facts) -> Iterator[Found]:
    """One certificate for two partners proves neither."""
    seen: dict[bytes, str] = {}
    for partner, use, found in _agreed(facts):
        if use != "sign":
            continue
        for name, certificate in found:
            first = seen.setdefault(certificate.der, partner)
            if first != partner:
                yield Found(f"certs/partners/{name}", f"{partner} signs with it, and so does {first}")


CHECKS: Final = (
    Check(
        "partners.open",
        "Every file of certs/partners and certs/trust is a certificate",
        "A certificate that cannot be read is as good as none.",
        "ask the partner for it again, as PEM or DER",
        Who.OPERATOR,
        Severity.CONFIG,
        _opens,
    ),
    Check(
        "partners.valid",
        "Of each partner one certificate for each purpose is valid now",
        "What it signs is refused, and nothing can be encrypted to it.",
        "ask the partner for its next certificate, compare the fingerprint by telephone, name it in the agreement",
        Who.PARTNER,
        Severity.CONFIG,
        _valid,
    ),
    Check(
        "partners.soon",
        f"Certificates of partners hold for {ALARMS[0]} days more",
        "A certificate that changes in silence is the commonest reason why messages fail.",
        "ask the partner for the next one now; both may be named in the agreement",
        Who.PARTNER,
        Severity.WARNING,
        _soon,
    ),
    Check(
        "partners.usage",
        "The bits of partners' certificates allow what they were agreed for",
        "A certificate that must not sign is refused at the first message.",
        "ask the partner for a certificate with the right keyUsage",
        Who.PARTNER,
        Severity.CONFIG,
        _allowed,
    ),
    Check(
        "partners.path",
        "Certificates of partners lead to an anchor, or are pinned by the agreement",
        "A certificate that leads nowhere is believed by nobody.",
        'put the authority into certs/trust: n2n cert add --trust FILE, or agree on trust = "pinned"',
        Who.OPERATOR,
        Severity.CONFIG,
        _leads,
    ),
    Check(
        "partners.anchors",
        "The anchors of certs/trust hold",
        "When an authority ends, everything that it issued ends with it.",
        "ask the authority for its next certificate",
        Who.OPERATOR,
        Severity.WARNING,
        _anchors,
    ),
    Check(
        "partners.apart",
        "No two partners sign with the same certificate",
        "A signature has to say which of them it was.",
        "ask which of them it belongs to, and the other for its own",
        Who.PARTNER,
        Severity.CONFIG,
        _shared,
    ),
)
