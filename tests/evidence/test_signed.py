"""A signed envelope, taken apart."""

from dataclasses import replace

import pytest

from node.ebms.message import Messaging, PartInfo
from node.evidence.signed import NotSigned, content_ids, open_signed, prove
from tests.bundles import OUT, BundleWorld, signed, user_message


def test_payloads_are_numbered_among_those_that_are_attached() -> None:
    key = BundleWorld().own
    messaging = user_message(OUT, ["p1@x", "p2@x"])
    assert messaging.user_message is not None
    first, second = messaging.user_message.payload_info
    # What is in the Body, or elsewhere, is no attachment and has no number.
    parts = (first, PartInfo(None), second)
    told = Messaging(replace(messaging.user_message, payload_info=parts))
    envelope = open_signed(signed(key, told, {"p1@x": b"1", "p2@x": b"2"}, "1")[0])
    assert content_ids(envelope) == {"p1@x": 1, "p2@x": 2}
    assert len(envelope.references) == 4
    assert set(prove(envelope, key.certificate, ["p1@x", "p2@x"]).attachments) == {"p1@x", "p2@x"}


def test_what_is_no_signed_envelope_is_none() -> None:
    for octets in (b"", b"<x/>", b'<S12:Envelope xmlns:S12="http://www.w3.org/2003/05/soap-envelope"/>'):
        with pytest.raises(NotSigned):
            open_signed(octets)
