"""The sweep that brings revocation lists and OCSP answers; two whole nodes show what a message finds."""

import asyncio
import json
import logging
import os
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from node.app import Node
from node.cli.root import run
from node.keyring.folder import CertificateFolder, PartnerCertificate
from node.keyring.judgements import Judgement, Judgements
from node.keyring.revocations import Revocations
from node.msh.ports import TransportError
from node.refreshing import Refreshing, taken, wanted_of
from node.security.status import Status, StatusJudge
from node.store.signers import signers
from node.transport.public import Stopping
from tests.bars import revocation
from tests.homes import Side
from tests.revoking import Pair, make_pair, publishing, serving_pair
from tests.seals import NOW, Authority, private_key
from tests.services import submission

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
    return Refreshing(lambda: folder, lambda: revocations, fetch or net, Clock(), lambda: 0.5)


def test_everything_that_certificates_name_is_brought_once(world):
    sweep, (folder, revocations, net) = refreshing(world), world
    assert [one.named.url for one in wanted_of(folder)] == [LIST, RESPONDER]
    assert sweep.sweep() == 2
    assert sweep.sweep() == 0
    assert sorted(net.asked) == [LIST, RESPONDER]
    assert (len(revocations.held().crls), len(revocations.held().answers)) == (1, 1)


def test_who_issued_what_is_found_out_once_for_the_same_certificates(world, monkeypatch):
    folder, revocations, net = world
    held, looked = [folder], []
    monkeypatch.setattr("node.refreshing.wanted_of", lambda *of: looked.append(of) or wanted_of(*of))
    sweep = Refreshing(lambda: held[-1], lambda: revocations, net, Clock(), lambda: 0.5)
    for _ in range(3):
        sweep.sweep()
    assert len(looked) == 1
    held.append(replace(folder, trust={}))
    sweep.sweep()
    revocations.shown.remember((folder.partners["kr"].certificate,), NOW)
    sweep.sweep()
    assert len(looked) == 3


def test_what_came_is_read_for_the_setting_that_is_in_force(world, tmp_path):
    folder, revocations, net = world
    held = [revocations]
    sweep = Refreshing(lambda: folder, lambda: held[-1], net, Clock(), lambda: 0.5)
    held.append(Revocations(tmp_path / "revocations"))
    sweep.sweep()
    # Whoever took the list in has proven it with the authority's certificate.
    assert held[-1].held().crls[0]._proven == {net.ca.certificate.sha256: True}


def test_one_responder_is_asked_about_each_certificate(world):
    folder, revocations, net = world
    leaf = folder.partners["kr"].certificate
    access = leaf.x509.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    second = net.ca.issue("kr", private_key("p256", 9), (access, False))
    net.issued[second.serial] = second
    both = replace(folder, partners={**folder.partners, "next": PartnerCertificate("next", second)})
    assert Refreshing(lambda: both, lambda: revocations, net, Clock(), lambda: 0.5).sweep() == 3
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
    assert Refreshing(lambda: folder, lambda: revocations, None, Clock(), lambda: 0.5).sweep() == 0
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
    revocations = Revocations(tw.folder / "data" / "revocations")
    octets = revocations.octets(evidence)
    assert "Demo Customs CA" in x509.load_der_x509_crl(octets).issuer.rfc4514_string()
    # Of the many lists that came meanwhile this one stays as long as the message does, and no longer.
    node = Node.open(tw.folder)
    try:
        authorities = [one for held in node.setting.certificates.trust.values() for one in held]
        for file in (tw.folder / "data" / "revocations").glob("*.crl"):
            os.utime(file, (0, 0))
        late = datetime.now(UTC) + timedelta(days=31)
        revocations.clear(authorities, [], lambda: node.setting.judgements.rested_on(signers(node.messages)), late)
        assert revocations.octets(evidence) == octets
        assert len(list((tw.folder / "data" / "revocations").glob("*.crl"))) <= 3
        revocations.clear([], [], set, late + timedelta(days=31))
    finally:
        node.close()
    with pytest.raises(LookupError):
        revocations.octets(evidence)


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


def test_what_a_server_showed_is_asked_for_with_the_next_sweep(world):
    folder, revocations, net = world
    leaf = folder.partners["kr"].certificate
    nobody = replace(folder, partners={}, trust={})
    sweep = Refreshing(lambda: nobody, lambda: revocations, net, Clock(), lambda: 0.5)
    assert sweep.sweep() == 0
    revocations.shown.remember((leaf, net.ca.certificate), NOW)
    assert sweep.sweep() == 2
    assert sorted(net.asked) == [LIST, RESPONDER]
    # A list may come by hand as well.
    assert taken(revocations, net.ca.crl(NOW + timedelta(hours=1)), nobody, "a file", NOW + timedelta(hours=1)).kind == "crl"
    Clock.at = NOW + timedelta(days=31)
    sweep.sweep()
    assert revocations.shown.paths() == []
    assert revocations.index().places == {}


def test_what_nothing_needs_any_more_is_cleared_away_and_told_once(world, caplog):
    folder, revocations, net = world
    needed, asked = set(), []

    def evidence():
        asked.append(True)
        return needed

    sweep = Refreshing(lambda: folder, lambda: revocations, net, Clock(), lambda: 0.5, evidence)
    assert sweep.sweep() == 2
    first = {one.sha256 for one in revocations.index().kept}
    with caplog.at_level(logging.INFO, "node.refreshing"):
        for days in range(1, 46):
            Clock.at = NOW + timedelta(days=days)
            sweep.sweep()
            if days == 1:
                # A message came on the first day, and another sweep has the files of that day.
                needed = {one.sha256 for one in revocations.index().kept if one.kind == "crl"}
    lying = {file.stem for kind in ("crl", "ocsp") for file in (revocations._folder).glob(f"*.{kind}")}
    assert needed <= lying
    assert not first & lying
    assert {one.sha256 for one in revocations.index().kept} <= lying
    assert caplog.text.count("are gone that nothing has needed for 30 days") == len(asked) > 0
    # Whoever does not know what messages rest on clears nothing away.
    count = len(lying)
    Clock.at += timedelta(days=90)
    Refreshing(lambda: folder, lambda: revocations, None, Clock(), lambda: 0.5).sweep()
    assert len([file for kind in ("crl", "ocsp") for file in (revocations._folder).glob(f"*.{kind}")]) == count


def test_what_was_judged_is_cleared_with_the_lists_and_told(world, tmp_path, caplog):
    folder, revocations, net = world
    leaf, judgements = folder.partners["kr"].certificate, Judgements(tmp_path / "revocations" / "judged")
    for days in range(0, 60, 10):
        for certificate in (leaf.sha256, "ab" * 32):
            judgements.note(certificate, Judgement.of([Status("CN=kr", "good", f"day {days}")], "", NOW + timedelta(days=days)))

    def forget(used: Collection[str], before: datetime) -> int:
        return judgements.clear(list, used, before)

    sweep = Refreshing(lambda: folder, lambda: revocations, net, Clock(), lambda: 0.5, set, forget)
    with caplog.at_level(logging.INFO, "node.refreshing"):
        for days in range(100):
            Clock.at = NOW + timedelta(days=days)
            sweep.sweep()
    # Of whom nobody uses nothing is left, and of whom is used what counts.
    assert judgements.at("ab" * 32, Clock.at) is None
    assert [judgements.at(leaf.sha256, NOW + timedelta(days=one)) is None for one in (49, 50)] == [True, False]
    assert sum(int(one) for one in re.findall(r"judged: (\d+) records are gone", caplog.text)) == 11


def _sender_knows_no_tls(kr: Side, rule: str) -> None:
    """kr goes by a rule, and knows of tw's server nothing but the authority."""
    (kr.folder / "certs" / "partners" / "tw-tls.pem").unlink()
    file = kr.folder / "partners" / "tw" / "agreement.toml"
    text = file.read_text()
    assert 'tls     = ["tw-tls"]' in text
    text = text.replace('tls     = ["tw-tls"]', "tls     = []")
    file.write_text(text.replace('trust   = "path"', f'trust   = "path"\nrevocation = "{rule}"', 1))


async def _tried(pair: Pair, path: Path) -> str:
    """Why the first attempt did not reach the partner; empty where it did."""
    node = pair.sender.node
    message_id = node.submit(submission(node, path, "tw")).message_id
    pair.sender.push.wake()
    async with asyncio.timeout(20):
        while True:
            for step in node.messages.history(message_id):
                if "TLS certificate" in step.detail:
                    return step.detail
                if step.to_state == "ACKNOWLEDGED":
                    return ""
            await asyncio.sleep(0.02)


async def _knows(pair: Pair, name: str) -> None:
    """Until an authority vouches at the sender for a certificate of tw."""
    setting = pair.sender.node.setting
    held = setting.certificates.partners[name]
    async with asyncio.timeout(20):
        while {one.state for one in setting.keyring.judging.statuses(held, datetime.now(UTC))} != {"good"}:  # noqa: ASYNC110 - a sweep finds it
            await asyncio.sleep(0.02)


def _of_the_server(pair: Pair, kr: Side) -> str:
    """What lies at the sender about the server of tw."""
    servers, setting = Revocations(kr.folder / "data" / "revocations"), pair.sender.node.setting
    for path in servers.shown.paths():
        judge = StatusJudge(servers.held(), path, [path[-1]], datetime.now(UTC), setting.agreements.trusting()["tw-sign"].policy)
        return next(one.state for one in judge.of_path(path))
    return ""


async def _until(pair: Pair, kr: Side, state: str) -> None:
    async with asyncio.timeout(20):
        while _of_the_server(pair, kr) != state:  # noqa: ASYNC110 - a sweep finds it
            await asyncio.sleep(0.02)


def test_a_server_is_judged_before_anything_of_a_message_leaves(tmp_path: Path) -> None:
    with publishing("ocsp") as publisher:
        tw, kr = make_pair(tmp_path, publisher, 'policy = "customs"')
        _sender_knows_no_tls(kr, "hard")
        (tmp_path / "document.xml").write_text("<a/>")

        async def story() -> tuple[str, int, str, str, int]:
            async with serving_pair(tw, kr) as pair:
                await pair.landed()
                await _knows(pair, "tw-encrypt")
                got = pair.receiver.node.messages
                unknown = await _tried(pair, tmp_path / "document.xml")
                before = len(list(got.inbounds())) + len(got.refusals(9))
                # What the server showed is asked for without anybody's doing.
                await _until(pair, kr, "good")
                good = await _tried(pair, tmp_path / "document.xml")
                publisher.revoke(tw, "tls")
                await _until(pair, kr, "revoked")
                count = len(list(got.inbounds()))
                revoked = await _tried(pair, tmp_path / "document.xml")
                return unknown, before, good, revoked, len(list(got.inbounds())) - count + len(got.refusals(9))

        unknown, before, good, revoked, after = asyncio.run(story())
    assert "the server's TLS certificate is not trusted: CN=tw tls,O=N2N demo: nobody vouches that it is not revoked" in unknown
    assert good == ""
    assert "CN=tw tls,O=N2N demo: revoked 20" in revoked
    assert "says the OCSP answer about CN=tw tls,O=N2N demo of 20" in revoked
    assert f"({publisher.url.rpartition('/')[0]}/ocsp); ask the partner to put another certificate up" in revoked
    assert (before, after) == (0, 0)


def test_a_server_of_which_nothing_is_known_goes_with_a_warning_where_soft_is_agreed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with publishing("ocsp") as publisher:
        tw, kr = make_pair(tmp_path, publisher, 'policy = "n2n"')
        _sender_knows_no_tls(kr, "soft")
        publisher.down = True
        (tmp_path / "document.xml").write_text("<a/>")

        async def story() -> list[str]:
            async with serving_pair(tw, kr) as pair:
                return [await _tried(pair, tmp_path / "document.xml") for _ in range(3)]

        with caplog.at_level(logging.WARNING, "node.keyring"):
            assert asyncio.run(story()) == ["", "", ""]
    assert (
        caplog.text.count("ALARM the server of partners/tw: revocation cannot be told: CN=tw tls,O=N2N demo: accepted until") == 1
    )
