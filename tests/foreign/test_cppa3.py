"""An agreement of CPPA 3.0: channels and transports, and the certificates that lie in it."""

from datetime import timedelta

import pytest

from node.ebms.namespaces import PULL
from node.foreign.account import Fate
from node.foreign.cppa3 import duration
from tests.foreign.drafts import fate, foreign, gathered


def test_an_agreement() -> None:
    (one,) = gathered("cppa3")
    assert one.url == "https://hub.example/as4"
    assert [(s.actions, s.direction, s.answers) for s in one.services] == [
        (("Certificate",), "send", ""),
        (("Used",), "receive", "Certificate"),
    ]
    p = one.parameters
    assert p["leg.reception_awareness.retry_parameters"] == "maxretries=10; period=5m"
    assert p["leg.reception_awareness.detect_duplicates_parameters"] == "window=2592000s"
    assert p["leg.security.send_receipt.non_repudiation"] is True
    assert p["leg.security.send_receipt.reply_pattern"] == "Response"
    # Roles hold for the whole exchange: its answer goes the other way.
    assert (p["initiator.role"], p["responder.role"]) == ("Exporter", "Importer")


def test_the_certificates_that_lie_in_it() -> None:
    found = foreign("cppa3")
    assert found.certificates == {
        ("Hub Customs", "sign"): b"\x30\x03\x02\x01\x01",
        ("Hub Customs", "encrypt"): b"\x30\x03\x02\x01\x02",
    }
    broken = foreign("cppa3", ("MAMCAQE=", "no base 64"))
    assert ("Hub Customs", "sign") not in broken.certificates
    assert fate(broken, "Certificate[1]/ds:KeyInfo/ds:X509Data/ds:X509Certificate")[0] is Fate.ASKS


def test_splitting_is_unsupported_and_dates_are_asked_about() -> None:
    found = foreign("cppa3")
    assert fate(found, "/Splitting/FragmentSize")[0] is Fate.UNSUPPORTED
    assert fate(found, "/AgreementInfo/ActivationDate")[0] is Fate.ASKS


def test_a_channel_of_another_protocol() -> None:
    found = foreign("cppa3", ("<cppa:ChannelId>from_island", "<cppa:ChannelId>hub_http"))
    assert [one.action for one in found.exchanges] == ["Used"]
    assert fate(found, "ActionBinding[1]/ChannelId")[0] is Fate.UNSUPPORTED


def test_a_channel_that_is_pulled() -> None:
    pulled = "<cppa:PullHandling><cppa:PullChannelId>asking</cppa:PullChannelId></cppa:PullHandling><cppa:Compression>"
    asking = '<cppa:ebMS3Channel id="asking" transport="hub_http" mpc="urn:mpc:x"/><cppa:HTTPTransport id="hub_http">'
    found = gathered(
        "cppa3",
        ("<cppa:Compression>", pulled),
        ('<cppa:HTTPTransport id="hub_http">', asking),
        ('action="Used" sendOrReceive="send" replyTo="ab1"', 'action="Used" sendOrReceive="send"'),
    )
    assert {s.mpc for one in found for s in one.services} == {"urn:mpc:x"}
    assert {one.parameters["mep_binding"] for one in found} == {PULL}


def test_no_agreement_reference_where_the_channel_leaves_it_out() -> None:
    (one,) = gathered("cppa3", ("<cppa:ebMS3Channel id=", '<cppa:ebMS3Channel includeAgreementRef="false" id='))
    assert one.agreement_ref is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT5M", timedelta(minutes=5)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("P", None),
        ("P1Y", None),
        ("soon", None),
    ],
)
def test_durations(text: str, length: timedelta | None) -> None:
    assert duration(text) == length
