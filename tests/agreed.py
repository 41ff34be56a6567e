"""Sheets for tests: two administrations with keys of a kind, and what they agree on."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from node.security.keys import SoftwareKey
from node.sheets.sheet import Sheet
from node.sheets.signing import SignedSheet, sign
from node.sheets.terms import answered, certificates_of, following, offered
from tests.pki import Pki, make_pki

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
#: By one rule for both presets: P-256 signs, and encrypts by ECDH.
PARAMETERS: Mapping[str, Any] = {
    "leg.security.x509.sign": True,
    "leg.security.x509.signature.algorithm": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "leg.security.x509.encryption.encrypt": True,
    "leg.x.encryption.key_transport": "http://www.w3.org/2009/xmlenc11#ECDH-ES",
    "leg.x.encryption.kdf": "http://www.w3.org/2009/xmlenc11#ConcatKDF",
    "leg.security.send_receipt.non_repudiation": True,
}


@cache
def pki() -> Pki:
    return make_pki()


def key(side: str, use: str = "sign", kind: str = "p256") -> SoftwareKey:
    return pki().key(side, kind, use)


def party(side: str, kind: str = "p256", **changed: Any) -> dict[str, Any]:
    sign_key, enc_key = key(side, "sign", kind), key(side, "enc")
    return {
        "name": f"Customs {side.upper()}",
        "party_ids": [{"value": f"{side.upper()}-CUSTOMS", "type": "urn:x"}],
        "role": None,
        "endpoint": f"https://as4.{side}.example/as4",
        "host": f"{side}.example",
        "contacts": ["desk: +886 2 0000"],
        "certificates": certificates_of(
            "pinned", {"sign": [sign_key.certificate], "encrypt": [enc_key.certificate], "tls": [sign_key.certificate]}
        ),
        "calendar": {},
        "documents": {
            "authorities": [],
            "answers": ["L2"],
            "seals": "profile",
            "signers": {},
            "anchors": {},
            "timestamp_anchors": [],
        },
        **changed,
    }


def terms(**changed: Any) -> dict[str, Any]:
    return {
        "title": "Certificates of origin",
        "agreement_ref": {"value": "urn:agreement:a-b", "type": None, "pmode": None},
        "profile": {"name": "edelivery-as4-2.0-ecdsa", "parameters": dict(PARAMETERS)},
        "weakened": [],
        "services": [
            {
                "value": "urn:co",
                "type": None,
                "actions": ["co.certificate"],
                "sender": "both",
                "binding": "",
                "mpc": None,
                "answers": "",
            }
        ],
        "test_service": True,
        "check_documents": True,
        "ladder": {},
        "retention": {},
        **changed,
    }


def open_offer(kind: str = "p256", sheet: str = "urn:uuid:1", **changed: Any) -> Sheet:
    return offered(sheet, party("a", kind), terms(**changed), NOW, None, "24h")


def agreed(kind: str = "p256", sheet: str = "urn:uuid:1", **changed: Any) -> Sheet:
    """Version 1, both sides filled in."""
    return answered(open_offer(kind, sheet, **changed), party("b", kind))


def signed(sheet: Sheet, kind: str = "p256", at: datetime = NOW) -> SignedSheet:
    """By both."""
    return sign(sign(SignedSheet(sheet), "a", key("a", "sign", kind), at), "b", key("b", "sign", kind), at)


def after(before: Sheet, since: datetime | None = None, **changed: Any) -> Sheet:
    """The next version."""
    return following(before, {**before.body, **changed}, since or before.since + timedelta(days=1), None, "24h")
