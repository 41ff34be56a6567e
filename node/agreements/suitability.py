"""Whether keys, certificates and algorithms of one agreement fit together, told before the first message fails."""

from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519

from node.agreements.agreement import Agreement, Known
from node.agreements.compliance import check_requirements
from node.agreements.retrying import retry_parameters
from node.agreements.window import duplicate_window, retry_horizon
from node.configuration import Problems
from node.ebms.pmode import ReceptionAwareness
from node.security import algorithms as a
from node.security.certificates import Certificate

_SIGNS: Final[Mapping[str, tuple[type, str]]] = {
    **dict.fromkeys((a.RSA_SHA256, a.RSA_SHA384, a.RSA_SHA512), (rsa.RSAPublicKey, "an RSA key")),
    **dict.fromkeys((a.ECDSA_SHA256, a.ECDSA_SHA384, a.ECDSA_SHA512), (ec.EllipticCurvePublicKey, "an elliptic curve key")),
    a.EDDSA_ED25519: (ed25519.Ed25519PublicKey, "an Ed25519 key"),
}
_RECEIVES: Final[Mapping[str, tuple[type, str]]] = {
    a.RSA_OAEP: (rsa.RSAPublicKey, "an RSA key"),
    a.RSA_OAEP_MGF1P: (rsa.RSAPublicKey, "an RSA key"),
    a.X25519: (x25519.X25519PublicKey, "an X25519 key"),
    a.ECDH_ES: (ec.EllipticCurvePublicKey, "an elliptic curve key"),
}


def check(agreement: Agreement, known: Known, problems: Problems) -> None:
    """Note every algorithm that a key of either side cannot do, and every parameter that lacks its companion."""
    p, file = agreement.parameters, agreement.file
    transport, kdf = p["leg.x.encryption.key_transport"], p["leg.x.encryption.kdf"]
    if (transport in (a.X25519, a.ECDH_ES)) != (kdf is not None):
        need = "is required by" if kdf is None else "does not go with"
        problems.add(file, "leg.x.encryption.kdf", f"{need} key_transport {transport}")
    _check_window(agreement, problems)
    check_requirements(agreement, problems)
    strength = 8 * a.CONTENT_KEY_OCTETS[p["leg.security.x509.encryption.algorithm"]]
    if strength < p["leg.security.x509.encryption.minimum_strength"]:
        problems.add(file, "leg.security.x509.encryption.algorithm", f"its {strength} bits are below minimum_strength")
    _check_known(agreement, problems)
    if p["leg.security.x509.sign"]:
        signs = _SIGNS[p["leg.security.x509.signature.algorithm"]]
        _fits(file, "us.sign", known.ours("sign", agreement.us.sign), known.own, "certs/own", signs, problems)
        _fits(file, "certificates.sign", agreement.certificates.sign, known.partners, "certs/partners", signs, problems)
    if p["leg.security.x509.encryption.encrypt"]:
        receives = _RECEIVES[transport]
        _fits(file, "us.encrypt", known.ours("encrypt", agreement.us.encrypt), known.own, "certs/own", receives, problems)
        _fits(file, "certificates.encrypt", agreement.certificates.encrypt, known.partners, "certs/partners", receives, problems)


def _check_known(agreement: Agreement, problems: Problems) -> None:
    """What nobody signs comes from whoever holds an agreed TLS certificate, else from anybody."""
    receives = any(one.direction != "send" for one in agreement.services)
    if receives and not agreement.parameters["leg.security.x509.sign"] and not agreement.certificates.tls:
        said = "is required: messages are not signed, so nothing else says who sent them"
        problems.add(agreement.file, "certificates.tls", said, "name the partner's TLS client certificate in certs/partners")


def _check_window(agreement: Agreement, problems: Problems) -> None:
    """A partner that resends later than we remember would have its message delivered twice."""
    p, key = agreement.parameters, "leg.reception_awareness.detect_duplicates_parameters"
    awareness = ReceptionAwareness(
        retry=p["leg.reception_awareness.retry"],
        retry_parameters=retry_parameters(p),
        detect_duplicates_parameters=p["leg.reception_awareness.detect_duplicates_parameters"],
    )
    try:
        window, horizon = duplicate_window(awareness), retry_horizon(awareness)
    except ValueError as error:
        problems.add(agreement.file, key, str(error), "leave it out for 400 days")
        return
    if window < horizon:
        said = f"the window of {window} is shorter than the {horizon} in which the partner may resend"
        problems.add(agreement.file, key, said, "make it longer, or leave it out for 400 days")


def _fits(
    file: str,
    key: str,
    names: tuple[str, ...],
    held: Mapping[str, Certificate],
    folder: str,
    wanted: tuple[type, str],
    problems: Problems,
) -> None:
    kind, said = wanted
    for name in names:
        certificate = held.get(name)
        if certificate is None:
            problems.add(file, key, f"{folder} has no {name!r}", f"put it there; the profile needs {said}")
        elif not isinstance(certificate.public_key, kind):
            problems.add(file, key, f"{folder}/{name} holds {_said(certificate)}; the profile needs {said}")


def _said(certificate: Certificate) -> str:
    known = dict((*_SIGNS.values(), *_RECEIVES.values()))
    return next((said for kind, said in known.items() if isinstance(certificate.public_key, kind)), "a key of another kind")
