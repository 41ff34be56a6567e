"""P-Mode values are frozen, and what they say when nothing is agreed is the safe thing."""

from dataclasses import FrozenInstanceError, is_dataclass, replace

import pytest

from node.ebms import pmode
from node.ebms.message import Party, PartyId, Service
from node.ebms.namespaces import DEFAULT_MPC, ONE_WAY, PUSH
from node.ebms.pmode import (
    BusinessInfo,
    Encryption,
    Leg,
    PMode,
    Protocol,
    Security,
    SendReceipt,
    Signature,
)

VALUE_TYPES = [value for value in vars(pmode).values() if is_dataclass(value) and isinstance(value, type)]
SIGNATURE = Signature(True, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256")
SECURITY = Security(SIGNATURE, Encryption(True, "http://www.w3.org/2009/xmlenc11#aes128-gcm"), SIGNATURE)
LEG = Leg(Protocol("https://b.example/as4"), BusinessInfo(Service("urn:s"), "Submit"), SECURITY)
PMODE = PMode("p1", "xx", False, Party((PartyId("urn:tw"),), "urn:r"), Party((PartyId("urn:xx"),), "urn:r"), LEG)


@pytest.mark.parametrize(
    "kind", [kind for kind in VALUE_TYPES if kind.__module__ == pmode.__name__], ids=lambda kind: kind.__name__
)
def test_every_parameter_group_is_a_frozen_value(kind: type) -> None:
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_a_p_mode_cannot_be_changed_and_is_compared_by_what_it_says() -> None:
    with pytest.raises(FrozenInstanceError):
        PMODE.leg.security.signature.sign = False  # type: ignore[misc]
    assert replace(PMODE) == PMODE
    assert hash(replace(PMODE)) == hash(PMODE)
    unsigned = replace(SECURITY, signature=replace(SIGNATURE, sign=False))
    assert replace(PMODE, leg=replace(LEG, security=unsigned)) != PMODE


DEFAULTS = [
    # (parameter, its value when nothing is agreed, what we read)
    ("MEP", ONE_WAY, PMODE.mep),
    ("MEPbinding", PUSH, PMODE.mep_binding),
    ("Protocol.SOAPVersion", "1.2", LEG.protocol.soap_version),
    ("BusinessInfo.MPC", DEFAULT_MPC, LEG.business_info.mpc),
    ("Security.SendReceipt", True, SECURITY.send_receipt.send),
    ("Security.SendReceipt.NonRepudiation", True, SECURITY.send_receipt.non_repudiation),
    ("Security.SendReceipt.ReplyPattern", "Response", SECURITY.send_receipt.reply_pattern),
    ("ErrorHandling.Report.AsResponse", True, LEG.error_handling.as_response),
    ("ErrorHandling.Report.MissingReceiptNotifyProducer", True, LEG.error_handling.missing_receipt_notify_producer),
    ("ErrorHandling.Report.DeliveryFailuresNotifyProducer", True, LEG.error_handling.delivery_failures_notify_producer),
    ("ReceptionAwareness", True, LEG.reception_awareness.enabled),
    ("ReceptionAwareness.DuplicateDetection", True, LEG.reception_awareness.duplicate_detection),
    ("PayloadService.CompressionType", "application/gzip", LEG.payload_service.compression_type),
    # Nothing outside the suite is accepted unless it is agreed.
    ("x.Inbound.AllowedAlgorithms", frozenset(), SECURITY.also_allowed),
    # Neither digest nor mask generation falls back to SHA-1 (trap 7).
    ("x.Encryption.Digest", "http://www.w3.org/2001/04/xmlenc#sha256", SECURITY.encryption.digest),
    ("x.Encryption.MGF", "http://www.w3.org/2009/xmlenc11#mgf1sha256", SECURITY.encryption.mgf),
    ("x.Encryption.KeyTransport", "http://www.w3.org/2009/xmlenc11#rsa-oaep", SECURITY.encryption.key_transport),
    ("x.TestService", False, PMODE.test_service),
]


@pytest.mark.parametrize(("value", "read"), [row[1:] for row in DEFAULTS], ids=[row[0] for row in DEFAULTS])
def test_what_is_not_agreed_is_the_safe_thing(value: object, read: object) -> None:
    assert read == value


@pytest.mark.parametrize(
    ("send", "pattern", "by_callback"), [(True, "Response", False), (True, "callback", True), (False, "Callback", False)]
)
def test_a_receipt_comes_by_callback_where_one_is_sent(send: bool, pattern: str, by_callback: bool) -> None:
    assert SendReceipt(send=send, reply_pattern=pattern).by_callback is by_callback


def test_an_inflating_payload_has_a_limit_even_where_none_is_agreed() -> None:
    limits = LEG.limits
    assert 0 < limits.max_total <= limits.max_inflated
    assert 0 < limits.max_ratio < 1032, "deflate cannot do more than 1032"
    assert limits.max_parts > 0
