"""Before the flight: what of a home would only fail when it serves or sends, told as problems of its files, so that nothing goes out before it is mended."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from node.agreements.agreement import Agreement
from node.configuration import Problem, Problems
from node.floors import check_libxml2
from node.security.certificates import Certificate
from node.security.path import Purpose, Untrusted, check_purpose
from node.setting import Setting

_RENEW: Final = "renew it, and tell every partner before it is used"
_ASK: Final = "ask the partner for a certificate that may be used now"


def check_serving(setting: Setting, now: datetime) -> None:
    """What keeps a node from serving. Raises ConfigurationError with every problem."""
    problems = Problems()
    check_libxml2(problems)
    # What is not valid yet will be: the node may be set up before, or the clock come right.
    for name in dict.fromkeys([setting.home.keys.sign, *(one.us.sign for one in setting.agreements.partners() if _signs(one))]):
        problems.found += _own(setting, name, "sign", now, yet=False)
    for shown in dict.fromkeys((setting.home.listen.key, setting.home.keys.tls)):
        if shown is not None:
            problems.found += _own(setting, shown, "tls", now, yet=False)
    problems.raise_if_any()


def check_sending(setting: Setting, partner: str, now: datetime) -> None:
    """What would make each message to this partner fail. Raises ConfigurationError with every problem; a partner nobody knows is told by others."""
    problems = Problems()
    agreement = setting.agreements.agreements.get(partner)
    if agreement is not None:
        problems.found += unfit(setting, agreement, now)
    problems.raise_if_any()


def unfit(setting: Setting, agreement: Agreement, now: datetime) -> Iterator[Problem]:
    """Everything that would make messages to a partner fail at this moment, or make it refuse them."""
    if _signs(agreement):
        yield from _own(setting, agreement.us.sign, "sign", now)
    if setting.home.keys.tls is not None and agreement.url.startswith("https"):
        yield from _own(setting, setting.home.keys.tls, "tls", now)
    named = agreement.certificates
    if agreement.parameters["leg.security.x509.encryption.encrypt"]:
        yield from _theirs(setting, named.encrypt, Purpose.ENCRYPT, now)
    if _signs(agreement):
        # Their receipts are signed: without one of these every message would wait for a receipt that is never believed.
        yield from _theirs(setting, named.sign, Purpose.SIGN, now)


def _signs(agreement: Agreement) -> bool:
    return bool(agreement.parameters["leg.security.x509.sign"])


def _own(setting: Setting, name: str, use: str, now: datetime, *, yet: bool = True) -> Iterator[Problem]:
    # Another one may have taken over.
    name = setting.own.current(use, name, now) or name
    key = setting.certificates.own.get(name)
    if key is None:
        # Another reader tells what is not there.
        return
    place, parsed = f"certs/own/{name}", key.certificate.x509
    if now > parsed.not_valid_after_utc:
        yield Problem(place, use, f"expired on {parsed.not_valid_after_utc:%Y-%m-%d %H:%M} UTC", _RENEW)
    elif yet and now < parsed.not_valid_before_utc:
        yield Problem(
            place,
            use,
            f"is not valid before {parsed.not_valid_before_utc:%Y-%m-%d %H:%M} UTC",
            "wait for it, or look at the clock",
        )
    if why := why_not(key.certificate, use):
        yield Problem(place, use, why, "ask the authority for a certificate with the right keyUsage")


def _theirs(setting: Setting, names: tuple[str, ...], purpose: Purpose, now: datetime) -> Iterator[Problem]:
    reasons = setting.keyring.why_not(names, now, purpose)
    # One that may be used is enough: the others came before, or come after.
    if len(reasons) == len(set(names)):
        for name, why in reasons.items():
            yield Problem(f"certs/partners/{name}", purpose.value, why, _ASK)


def why_not(certificate: Certificate, use: str) -> str:
    """Why the bits of a certificate do not allow a use (sign, encrypt, seal, tls); empty where they do."""
    if use == "tls":
        return _why_not_tls(certificate)
    try:
        check_purpose(certificate, Purpose.ENCRYPT if use == "encrypt" else Purpose.SIGN)
    except Untrusted as why:
        return str(why)
    return ""


def _why_not_tls(certificate: Certificate) -> str:
    found = {type(one.value): one.value for one in certificate.x509.extensions}
    usage, extended = found.get(x509.KeyUsage), found.get(x509.ExtendedKeyUsage)
    if isinstance(usage, x509.KeyUsage) and not usage.digital_signature:
        return f"{certificate.subject}: keyUsage lacks digitalSignature"
    if isinstance(extended, x509.ExtendedKeyUsage) and ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE not in extended:
        wanted = (("serverAuth", ExtendedKeyUsageOID.SERVER_AUTH), ("clientAuth", ExtendedKeyUsageOID.CLIENT_AUTH))
        if lacks := [name for name, oid in wanted if oid not in extended]:
            return f"{certificate.subject}: extendedKeyUsage lacks {' and '.join(lacks)}"
    return ""
