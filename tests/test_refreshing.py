"""The sweep that brings revocation lists and OCSP answers; two whole nodes show what a message finds."""

import asyncio
import json
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from node.cli.root import run
from node.keyring.folder import CertificateFolder, PartnerCertificate
from node.keyring.revocations import Revocations
from node.msh.ports import TransportError
from node.refreshing import Refreshing, wanted_of
from node.transport.public import Stopping
from tests.bars import revocation
from tests.revoking import make_pair, publishing, serving_pair
from tests.seals import NOW, Authority, private_key

LIST, RESPONDER = "http://a.org/ca.crl", "http://ocsp.a.org"
URI = x509.UniformResourceIdentifier


class Clock:
    at = NOW

    def now(self):
        return self.at


class Net:
    """The authority's servers."""

    def __init__(self, ca):
        self.ca, self.asked, self.broken = ca, [], None

    def __call__(self, url, body=None, content_type=""):
        self.asked.append(url)
        if self.broken is not None:
            if isinstance(self.broken, bytes):
                return self.broken
            raise self.broken
        if body is None:
            return self.ca.crl(Clock.at)
        serial = ocsp.load_der_ocsp_request(body).serial_number
        assert content_type == "application/ocsp-request"
        builder = ocsp.OCSPResponseBuilder().add_response(
            self.issued[serial].x509, self.ca.certificate.x509, hashes.SHA1(), ocsp.OCSPCertStatus.GOOD, Clock.at, Clock.at + timedelta(days=1), None, None
        )  # fmt: skip
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, self.ca.certificate.x509)
        return builder.sign(self.ca.key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.fixture
def world(tmp_path):
    Clock.at = NOW
    ca = Authority("KR root")
    point = x509.CRLDistributionPoints([x509.DistributionPoint([URI(LIST)], None, None, None)])
    access = x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, URI(RESPONDER))])
    leaf = ca.issue("kr", private_key("p256"), (point, False), (access, False))
    net = Net(ca)
    net.issued = {leaf.serial: leaf}
    folder = CertificateFolder({}, {"kr": PartnerCertificate("kr", leaf)}, {"ca": (ca.certificate,)})
    revocations = Revocations(tmp_path / "revocations")
    return folder, revocations, net


def refreshing(world, fetch=None):
    folder, revocations, net = world
    return Refreshing(lambda: folder, revocations, fetch or net, Clock(), lambda: 0.5)


def test_everything_that_certificates_name_is_brought_once(world):
    sweep, (folder, revocations, net) = refreshing(world), world
    assert [one.named.url for one in wanted_of(folder)] == [LIST, RESPONDER]
    assert sweep.sweep() == 2
    assert sweep.sweep() == 0
    assert sorted(net.asked) == [LIST, RESPONDER]
    assert (len(revocations.held().crls), len(revocations.held().answers)) == (1, 1)


def test_one_responder_is_asked_about_each_certificate(world):
    folder, revocations, net = world
    leaf = folder.partners["kr"].certificate
    access = leaf.x509.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    second = net.ca.issue("kr", private_key("p256", 9), (access, False))
    net.issued[second.serial] = second
    both = replace(folder, partners={**folder.partners, "next": PartnerCertificate("next", second)})
    assert Refreshing(lambda: both, revocations, net, Clock(), lambda: 0.5).sweep() == 3
    assert {one.certificate for one in revocations.index().kept} == {"", leaf.sha256, second.sha256}


def test_it_comes_again_before_it_ends(world):
    sweep, (_, revocations, net) = refreshing(world), world
    sweep.sweep()
    Clock.at = min(one.next for one in revocations.index().places.values()) + timedelta(hours=1)
    assert Clock.at < NOW + timedelta(hours=8)
    assert sweep.sweep() == 2
    assert len(net.asked) == 4


@pytest.mark.parametrize("broken", [TransportError("no answer in time"), b"<html>", Authority("KR root").crl()])
def test_a_failure_is_told_once_tried_again_and_replaces_nothing(world, broken, caplog):
    sweep, (_, revocations, net) = refreshing(world), world
    sweep.sweep()
    good = revocations.held()
    net.broken = broken
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            Clock.at += timedelta(hours=7)
            assert sweep.sweep() == 0
    assert (good.crls, good.answers) == (revocations.held().crls, revocations.held().answers)
    assert caplog.text.count(f"{LIST} brings nothing") == 1
    place = revocations.index().places[LIST]
    assert place.failures == 3
    assert place.problem
    net.broken = None
    Clock.at += timedelta(hours=7)
    with caplog.at_level(logging.INFO):
        assert sweep.sweep() == 2
    assert "answers again" in caplog.text


def test_a_node_that_stops_learns_nothing(world):
    sweep, (_, revocations, net) = refreshing(world), world
    net.broken = Stopping("the node is stopping")
    assert sweep.sweep() == 0
    assert {one.tried for one in revocations.index().places.values()} == {None}


def test_an_authority_that_does_not_answer_keeps_no_other_waiting(world):
    _, revocations, net = world
    answered = Event()

    def fetch(url, body=None, content_type=""):
        if url == RESPONDER:
            assert answered.wait(10)
            raise TransportError("no answer in time")
        answered.set()
        return net(url, body, content_type)

    assert refreshing(world, fetch).sweep() == 1
    assert len(revocations.held().crls) == 1


def test_a_node_that_may_call_nobody_still_knows_since_when_it_waits(world):
    folder, revocations, net = world
    assert Refreshing(lambda: folder, revocations, None, Clock(), lambda: 0.5).sweep() == 0
    assert net.asked == []
    assert revocations.index().places[LIST].first_wanted == NOW


def test_a_revoked_partner_is_refused_with_the_first_message_and_nothing_is_fetched_for_one(tmp_path: Path) -> None:
    assert revocation.run(tmp_path, full=False, rounds=1).problems == ()


@pytest.mark.parametrize("kind", ["delta", "ocsp"])
def test_delta_lists_and_answers_land_as_lists_do(tmp_path: Path, kind: str) -> None:
    (tmp_path / "document.xml").write_text("<a/>")

    async def story() -> list[str]:
        async with serving_pair(*make_pair(tmp_path, publisher, 'policy = "customs"')) as pair:
            await pair.landed()
            before = await pair.send(tmp_path / "document.xml")
            publisher.revoked |= {one.serial: one.x509.not_valid_before_utc for one in pair.certificates()}
            await pair.landed("revoked")
            return [before, await pair.send(tmp_path / "document.xml")]

    with publishing(kind) as publisher:
        assert asyncio.run(story()) == ["", "EBMS:0101"]


def test_what_a_verdict_rested_on_is_found_with_the_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with publishing() as publisher:
        tw, kr = make_pair(tmp_path, publisher, 'policy = "customs"')
        (tmp_path / "document.xml").write_text("<a/>")

        async def story() -> str:
            async with serving_pair(tw, kr) as pair:
                await pair.landed()
                assert await pair.send(tmp_path / "document.xml") == ""
                (got,) = pair.receiver.node.messages.inbounds()
                return got.message_id

        message_id = asyncio.run(story())
    assert run(["--home", str(tw.folder), "message", "show", message_id, "--json"], {}) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["signer_status"].startswith("CN=kr sign,O=N2N demo: good, not revoked as of ")
    (evidence,) = said["revocation_evidence"]
    octets = Revocations(tw.folder / "data" / "revocations").octets(evidence)
    assert "Demo Customs CA" in x509.load_der_x509_crl(octets).issuer.rfc4514_string()


def test_a_partner_whose_tls_certificate_was_taken_back_is_refused(tmp_path: Path) -> None:
    with publishing() as publisher:
        tw, kr = make_pair(tmp_path, publisher, 'policy = "customs"')
        publisher.revoke(kr, "tls")
        (tmp_path / "document.xml").write_text("<a/>")

        async def story() -> tuple[str, str]:
            async with serving_pair(tw, kr) as pair:
                await pair.landed("revoked", "kr-tls")
                said = await pair.send(tmp_path / "document.xml")
                return said, pair.receiver.node.messages.refusals(1)[0].detail

        said, why = asyncio.run(story())
    assert said == "EBMS:0101"
    assert "TLS client certificate from 127.0.0.1: CN=kr tls,O=N2N demo: revoked" in why
