"""Two nodes change a certificate by message: proposed, accepted by two people, refused, expired, and switched at one time while messages flow."""

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.ebms.states import OutboundState
from node.home import put_own_key
from node.keyring.demo_authority import DemoAuthority, Issued
from node.msh.octets import HeldOctets
from node.msh.submit import Payload, Submission
from node.security.certificates import load_certificates
from node.service import Service
from node.sheets.fingerprint import grouped
from node.store.people import Acted
from node.store.steps import NotAgreed
from node.store.updates import KeptUpdate
from node.updates.reading import read_update
from node.updates.states import UpdateState
from node.updates.update import CONFIRM, REJECT, REQUEST, SERVICE, UpdateRequest, UpdateResponse
from node.updates.writing import write_update
from node.updating import subjects_of
from tests.bars.bar import until as bars_until
from tests.bars.nodes import MANY, ROOT, World
from tests.homes import PURPOSES, Side, agree, make_side
from tests.services import delivered, ended, run, serving, submission

BOTH = f'\n[[service]]\nvalue = "{SERVICE}"\nactions = ["{REQUEST}", "{CONFIRM}", "{REJECT}"]\n'


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.duties.RENEW_SECONDS", 0.1)
    monkeypatch.setattr("node.duties.UPDATE_SECONDS", 0.1)


class Pair:
    """tw, which changes its keys, and kr."""

    def __init__(self, root: Path, more: str = BOTH, trust: str = "path") -> None:
        self.authority = DemoAuthority(datetime.now(UTC))
        self.tw, self.kr = make_side(root, "tw", self.authority), make_side(root, "kr", self.authority)
        agree(self.tw, self.kr, trust=trust, more=more)
        agree(self.kr, self.tw, trust=trust, more=more)
        self.issued: dict[str, Issued] = {}

    def follows(self, since: datetime, *purposes: str, authority: DemoAuthority | None = None) -> None:
        """Keys of tw that take over at a time."""
        for one in purposes or ("sign",):
            issued = self.issued[one] = (authority or self.authority).issue("tw", "ecdsa", one)
            put_own_key(self.tw.folder, f"{one}-2027", issued.private_key + issued.certificate)
            with (self.tw.folder / "node.toml").open("a") as toml:
                toml.write(f'\n[[keys.next]]\npurpose = "{one}"\nname = "{one}-2027"\nfrom = {since:%Y-%m-%dT%H:%M:%S.%fZ}\n')

    def print_of(self, side: Side, name: str = "sign-2027") -> str:
        node = Node.open(side.folder)
        try:
            return grouped(node.setting.certificates.own[name].certificate.sha256)[:19]
        finally:
            node.close()


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def by(who: str) -> Acted:
    return Acted(who, datetime.now(UTC))


async def until(look: Callable[[], Any]) -> Any:
    async with asyncio.timeout(20):
        while not (found := look()):  # noqa: ASYNC110 - a node has no event to wait for
            await asyncio.sleep(0.02)
    return found


async def in_state(service: Service, state: UpdateState, number: int = 0) -> KeptUpdate:
    def look() -> KeptUpdate | None:
        rows = service.node.updates.of()
        return rows[number] if len(rows) > number and rows[number].state is state else None

    found = await until(look)
    assert isinstance(found, KeptUpdate)
    return found


def propose(service: Service, *purposes: str) -> list[Any]:
    made = service.node.updating.propose("kr", purposes or ("sign",), None, by("ann"))
    service.push.wake()
    return made


async def signer(receiver: Service, sender: Service, document: Path, partner: str) -> str:
    exchange = sender.node.submit(submission(sender.node, document, partner))
    sender.push.wake()
    await ended(sender.node, exchange.message_id, OutboundState.ACKNOWLEDGED)
    await delivered(receiver.node, exchange.message_id)
    return str(receiver.node.messages.inbound(exchange.message_id)[0].signer_sha256)


def shown_by(side: Side) -> bytes:
    """The certificate that the server of a side shows."""
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", side.port)))


@pytest.mark.parametrize("trust", ["path", "pinned"])
def test_both_sides_switch_at_the_agreed_time_while_messages_flow(tmp_path: Path, document: Path, trust: str) -> None:
    pair = Pair(tmp_path, trust=trust)
    since = datetime.now(UTC) + timedelta(seconds=15)
    pair.follows(since, *PURPOSES)
    said = {one: pair.print_of(pair.tw, f"{one}-2027") for one in PURPOSES}

    async def story() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr) as kr:
            new = tw.node.setting.certificates.own["sign-2027"].certificate.sha256
            made = propose(tw, *PURPOSES)
            assert [(one.purpose, one.is_new) for one in made] == [(one, True) for one in PURPOSES]
            for number in range(3):
                kept = await in_state(kr, UpdateState.PROPOSED, number)
                # In whatever order they arrive.
                purpose = subjects_of(kept)[0].split()[1].partition(",")[0]
                for who in ("kim", "lee"):
                    kept = kr.node.updating.accept(kept.id, [said[purpose]], by(who))
                assert kept.state is UpdateState.ACCEPTED
            for number in range(3):
                await in_state(tw, UpdateState.ACCEPTED, number)
            # Taken in by itself, before its time.
            await until(lambda: len(kr.node.setting.agreements.agreements["tw"].certificates.sign) == 2)
            signers, sent = [], []
            while datetime.now(UTC) < since + timedelta(seconds=1):
                sent.append(datetime.now(UTC))
                signers.append(await signer(kr, tw, document, "kr"))
                await signer(tw, kr, document, "tw")
            assert signers[0] != new
            assert {one == new for one, at in zip(signers, sent, strict=True) if at >= since} == {True}
            assert await signer(kr, tw, document, "kr") == new
            states = {one.state for one in (*kr.node.messages.exchanges(500), *tw.node.messages.exchanges(500))}
            assert states == {OutboundState.ACKNOWLEDGED}
            # kr encrypts to the new key from then on, and tw speaks TLS with the new one.
            assert await asyncio.to_thread(shown_by, pair.tw) == tw.node.setting.certificates.own["tls-2027"].certificate.der
            names = kr.node.setting.agreements.agreements["tw"].certificates.encrypt
            chosen = kr.node.ports.keyring.recipient(names, kr.node.clock.now())
            assert chosen == tw.node.setting.certificates.own["encrypt-2027"].certificate

    run(story)


def test_two_different_people_compare_the_fingerprint(pair: Pair) -> None:
    pair.follows(datetime.now(UTC) + timedelta(days=3))
    right = pair.print_of(pair.tw)

    async def story() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr) as kr:
            propose(tw)
            kept = await in_state(kr, UpdateState.PROPOSED)
            accept = kr.node.updating.accept
            for said, problem in (
                ([], "was not given"),
                (["0000-0000-0000-0000"], "is not the one"),
                ([right[:9]], "is not the one"),
            ):
                with pytest.raises(NotAgreed, match=problem):
                    accept(kept.id, said, by("kim"))
            assert kr.node.updates.approvals(kept.id) == []
            assert accept(kept.id, [right.lower()], by("kim")).state is UpdateState.PROPOSED
            with pytest.raises(NotAgreed, match="another person"):
                accept(kept.id, [right], by("Kim"))
            assert len(kr.node.setting.agreements.agreements["tw"].certificates.sign) == 1
            assert accept(kept.id, [right], by("lee")).state is UpdateState.ACCEPTED
            await in_state(tw, UpdateState.ACCEPTED)
            with pytest.raises(NotAgreed, match="is ours"):
                tw.node.updating.accept(1, [right], by("ann"))

    run(story)


def test_what_people_refuse_changes_nothing_and_the_other_side_is_told(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    pair.follows(datetime.now(UTC) + timedelta(days=3))

    async def story() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr) as kr:
            (first,) = propose(tw)
            kept = await in_state(kr, UpdateState.PROPOSED)
            kr.node.updating.reject(kept.id, "the fingerprint differs", by("kim"))
            refused = await in_state(tw, UpdateState.REJECTED)
            (*_, last) = tw.node.updates.steps(refused.id)
            assert (last.who, last.why) == ("kr", "Rejected: the fingerprint differs")
            assert "still stands in node.toml" in caplog.text
            assert len(kr.node.setting.agreements.agreements["tw"].certificates.sign) == 1
            # What was refused may be asked anew.
            (again,) = propose(tw)
            assert (again.is_new, again.kept.asked.request_id == first.kept.asked.request_id) == (True, False)
            await in_state(kr, UpdateState.PROPOSED, 1)

    run(story)


def test_a_certificate_of_an_authority_that_nobody_trusts_is_refused_at_once(pair: Pair) -> None:
    pair.follows(datetime.now(UTC) + timedelta(days=3), authority=DemoAuthority(datetime.now(UTC)))

    async def story() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr) as kr:
            propose(tw)
            refused = await in_state(tw, UpdateState.REJECTED)
            assert tw.node.updates.steps(refused.id)[-1].why.startswith("CertificateRejected: ")
            theirs = await in_state(kr, UpdateState.REJECTED)
            assert kr.node.updates.steps(theirs.id)[0].who == "n2n"

    run(story)


@pytest.mark.parametrize(("days", "why"), [(-1, "lies in the past"), (400, "no end is kept here")])
def test_a_request_for_an_agreement_that_ends_is_refused_in_the_books_of_both_sides(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, days: int, why: str
) -> None:
    ends = datetime.now(UTC) + timedelta(days=days)
    pair.follows(datetime.now(UTC) + timedelta(days=3))

    def written(update: Any) -> bytes:
        # As another product asks.
        return write_update(replace(update, expire_by=ends) if isinstance(update, UpdateRequest) else update)

    monkeypatch.setattr("node.updating.write_update", written)

    async def story() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr) as kr:
            propose(tw)
            for one in (tw, kr):
                refused = await in_state(one, UpdateState.REJECTED)
                assert f"ExpireByRejected: {why}" in one.node.updates.steps(refused.id)[-1].why

    run(story)


def test_a_certificate_for_another_purpose_is_refused_at_once(pair: Pair) -> None:
    since = datetime.now(UTC) + timedelta(days=3)
    issued = pair.authority.issue("tw", "ecdsa", "encrypt")
    put_own_key(pair.tw.folder, "sign-2027", issued.private_key + issued.certificate)
    with (pair.tw.folder / "node.toml").open("a") as toml:
        toml.write(f'\n[[keys.next]]\npurpose = "sign"\nname = "sign-2027"\nfrom = {since:%Y-%m-%dT%H:%M:%SZ}\n')

    async def story() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr):
            propose(tw)
            refused = await in_state(tw, UpdateState.REJECTED)
            assert "CertificateRejected" in tw.node.updates.steps(refused.id)[-1].why

    run(story)


def test_what_begins_in_a_moment_is_not_accepted(pair: Pair) -> None:
    since = datetime.now(UTC) + timedelta(days=3)
    pair.follows(since)

    async def story() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr) as kr:
            propose(tw)
            kept = await in_state(kr, UpdateState.PROPOSED)
            for early, problem in ((9, "begins in a moment"), (-1, "lies in the past")):
                with pytest.raises(NotAgreed, match=problem):
                    kr.node.updating.accept(kept.id, [pair.print_of(pair.tw)], Acted("kim", since - timedelta(seconds=early)))

    run(story)


def test_a_key_that_the_agreed_algorithms_cannot_use_is_refused_at_once(pair: Pair) -> None:
    since = datetime.now(UTC) + timedelta(days=3)
    pair.follows(since)

    async def story() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr) as kr:
            (one,) = propose(tw)
            await in_state(kr, UpdateState.PROPOSED)
            request = read_update(one.kept.asked.content)
            assert isinstance(request, UpdateRequest)
            (rsa,) = load_certificates(pair.authority.issue("tw", "rsa2048", "sign").certificate)
            # So is the present one.
            known = kr.node.setting.certificates.partners
            for number, (new, why) in enumerate(
                [(rsa, "elliptic curve key"), (known["tw-sign"].certificate, "it is the present one")], 1
            ):
                changed = replace(request, id=f"r{number}", updates=(replace(request.updates[0], certificate=new, chain=()),))
                await delivered(kr.node, sends(tw, write_update(changed)))
                (*_, last) = kr.node.updates.of("tw")
                assert (last.state, why in kr.node.updates.steps(last.id)[0].why) == (UpdateState.REJECTED, True)

    run(story)


@pytest.mark.parametrize(
    ("new", "why"), [("jp-sign", "it is agreed with another partner"), ("", "the present one is kept for several partners")]
)
def test_what_would_change_another_partners_agreement_is_refused_at_once(tmp_path: Path, new: str, why: str) -> None:
    pair = Pair(tmp_path)
    jp = make_side(tmp_path, "jp", pair.authority)
    agree(pair.kr, jp)
    if not new:
        agreement = pair.kr.folder / "partners" / "jp" / "agreement.toml"
        agreement.write_text(agreement.read_text().replace('"jp-sign"', '"tw-sign"'))
    pair.follows(datetime.now(UTC) + timedelta(days=3))

    async def story() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr) as kr:
            (one,) = propose(tw)
            if new:
                await in_state(kr, UpdateState.PROPOSED)
                request = read_update(one.kept.asked.content)
                assert isinstance(request, UpdateRequest)
                theirs = kr.node.setting.certificates.partners[new].certificate
                update = replace(request.updates[0], certificate=theirs, chain=())
                await delivered(kr.node, sends(tw, write_update(replace(request, id="r2", updates=(update,)))))
            refused = await in_state(kr, UpdateState.REJECTED, 1 if new else 0)
            assert why in kr.node.updates.steps(refused.id)[0].why

    run(story)


def test_what_nobody_answers_expires_on_both_sides(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    pair.follows(datetime.now(UTC) + timedelta(days=3))

    async def story() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr) as kr:
            soon = datetime.now(UTC) + timedelta(seconds=2)
            tw.node.updating.propose("kr", ["sign"], soon, by("ann"))
            tw.push.wake()
            kept = await in_state(kr, UpdateState.PROPOSED)
            for one in (tw, kr):
                over = await in_state(one, UpdateState.EXPIRED)
                assert one.node.updates.steps(over.id)[-1].why == "nobody answered in time"
            assert caplog.text.count("has expired: nobody answered in time") == 2
            with pytest.raises(NotAgreed, match="EXPIRED knows no"):
                kr.node.updating.accept(kept.id, [pair.print_of(pair.tw)], by("kim"))
            with pytest.raises(NotAgreed, match="time that is over"):
                tw.node.updating.propose("kr", ["sign"], soon, by("ann"))

    run(story)


def sends(sender: Service, octets: bytes, action: str = REQUEST, partner: str = "kr") -> str:
    payload = Payload(HeldOctets(octets), "application/xml")
    exchange = sender.node.submit(Submission(partner, action, (payload,), SERVICE))
    sender.push.wake()
    return exchange.message_id


def test_the_same_request_twice_is_one_and_another_one_under_its_id_is_refused(pair: Pair) -> None:
    pair.follows(datetime.now(UTC) + timedelta(days=3))

    async def story() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr) as kr:
            (one,) = propose(tw)
            (again,) = propose(tw)
            assert (one.is_new, again.is_new, one.kept.id) == (True, False, again.kept.id)
            assert len(tw.node.messages.exchanges(10)) == 1
            await in_state(kr, UpdateState.PROPOSED)
            # The same octets in another message.
            await delivered(kr.node, sends(tw, one.kept.asked.content))
            assert [each.state for each in kr.node.updates.of("tw")] == [UpdateState.PROPOSED]
            # A certificate that somebody has put in between.
            request = read_update(one.kept.asked.content)
            assert isinstance(request, UpdateRequest)
            other = tw.node.setting.certificates.own["encrypt"].certificate
            tampered = replace(request, updates=(replace(request.updates[0], certificate=other),))
            place = await delivered(kr.node, sends(tw, write_update(tampered)))
            assert place.parts[-3] == "refused"
            states = [each.state for each in kr.node.updates.of("tw")]
            assert states == [UpdateState.PROPOSED, UpdateState.REJECTED]
            assert "RequestIdReused" in kr.node.updates.steps(2)[0].why

    run(story)


def test_no_partner_leaves_people_more_than_they_can_look_at(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.updating.MOST_WAITING", 1)
    pair.follows(datetime.now(UTC) + timedelta(days=3))

    async def story() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr) as kr:
            (one,) = propose(tw)
            await in_state(kr, UpdateState.PROPOSED)
            request = read_update(one.kept.asked.content)
            assert isinstance(request, UpdateRequest)
            await delivered(kr.node, sends(tw, write_update(replace(request, id="r2"))))
            refused = await in_state(kr, UpdateState.REJECTED, 1)
            assert "1 others wait already" in kr.node.updates.steps(refused.id)[0].why

    run(story)


def test_what_is_no_update_or_answers_none_changes_nothing(pair: Pair) -> None:
    pair.follows(datetime.now(UTC) + timedelta(days=3))

    async def story() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr) as kr:
            (one,) = propose(tw)
            await in_state(kr, UpdateState.PROPOSED)
            request = read_update(one.kept.asked.content)
            assert isinstance(request, UpdateRequest)
            now = datetime.now(UTC)
            for octets in (
                b"<a/>",
                b"not XML",
                write_update(UpdateResponse("a1", "another request", now, request.current, request.updated)),
                write_update(UpdateResponse("a1", request.id, now, request.current, "another agreement")),
            ):
                place = await delivered(tw.node, sends(kr, octets, CONFIRM, "tw"))
                assert place.parts[-3] == "refused"
            assert [each.state for each in tw.node.updates.of("kr")] == [UpdateState.PROPOSED]

    run(story)


def test_without_the_service_nothing_is_asked_and_the_remedy_is_told(tmp_path: Path) -> None:
    pair = Pair(tmp_path, more="")
    pair.follows(datetime.now(UTC) + timedelta(days=3))
    node = Node.open(pair.tw.folder)
    try:
        with pytest.raises(NotAgreed, match="no service for updates") as told:
            node.updating.propose("kr", ["sign"], None, by("ann"))
        assert f'value = "{SERVICE}"' in told.value.remedy
        with pytest.raises(NotAgreed, match="no partner 'jp'"):
            node.updating.propose("jp", ["sign"], None, by("ann"))
        assert node.updates.of() == []
    finally:
        node.close()


def test_without_a_next_key_there_is_nothing_to_ask(pair: Pair) -> None:
    node = Node.open(pair.tw.folder)
    try:
        with pytest.raises(NotAgreed, match="no key that is to sign or tls") as told:
            node.updating.propose("kr", ["sign", "tls"], None, by("ann"))
        assert "n2n cert switch" in told.value.remedy
    finally:
        node.close()


def test_a_switch_that_a_partner_has_not_answered_is_told_before_it_comes(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    pair.follows(datetime.now(UTC) + timedelta(hours=3))
    node = Node.open(pair.tw.folder)
    try:
        node.updating.propose("kr", ["sign"], None, by("ann"))
        node.clock = node.updating._clock = Later(timedelta(hours=1))
        assert (node.update(), caplog.text.count("has not answered")) == (0, 0)
        node.updating._clock = Later(timedelta(hours=2))
        assert (node.update(), node.update(), caplog.text.count("has not answered")) == (0, 0, 1)
    finally:
        node.close()


class Later:
    """The clock of another hour."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return datetime.now(UTC) + self._by


@pytest.mark.parametrize("point", ["update.record.before_commit", "update.record.after_commit", "update.sent.before_commit"])
def test_whatever_crashes_an_answer_goes_out_once(tmp_path: Path, point: str) -> None:
    world = World(tmp_path, more=MANY + BOTH)
    # It is refused at once, so that recording and answering follow each other.
    issued = DemoAuthority(datetime.now(UTC)).issue("tw", "ecdsa", "sign")
    put_own_key(world.tw.folder, "sign-2027", issued.private_key + issued.certificate)
    with (world.tw.folder / "node.toml").open("a") as toml:
        since = datetime.now(UTC) + timedelta(days=3)
        toml.write(f'\n[[keys.next]]\npurpose = "sign"\nname = "sign-2027"\nfrom = {since:%Y-%m-%dT%H:%M:%SZ}\n')
    try:
        world.start(world.kr, failpoint=point)
        with world.sender() as node:
            node.updating.propose("kr", ["sign"], None, by("ann"))
        world.start(world.tw)
        assert world.killed(world.kr)
        world.start(world.kr)
        with world.sender() as node:
            bars_until(lambda: [one.state for one in node.updates.of()] == [UpdateState.REJECTED], 30)
            bars_until(lambda: not node.messages.deliverable(10, node.clock.now()), 30)
    finally:
        world.stop()
    for side, state in ((world.tw, UpdateState.REJECTED), (world.kr, UpdateState.REJECTED)):
        node = Node.open(side.folder)
        try:
            (kept,) = node.updates.of()
            assert (kept.state, kept.sending) == (state, "SENT")
            assert [one.message_id for one in node.messages.exchanges(10)] == [kept.sending_id]
            assert len(node.messages.inbounds(10)) == 1
        finally:
            node.close()


ACCEPTS = [sys.executable, "-P", "-c", "import sys; from node.cli import main; sys.exit(main())"]


@pytest.mark.parametrize("point", ["update.accept.before_commit", "update.accept.after_commit"])
def test_a_crash_while_somebody_accepts_leaves_all_or_nothing(pair: Pair, point: str) -> None:
    pair.follows(datetime.now(UTC) + timedelta(days=3))
    right = pair.print_of(pair.tw)

    async def asked() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr) as kr:
            propose(tw)
            kept = await in_state(kr, UpdateState.PROPOSED)
            kr.node.updating.accept(kept.id, [right], by("kim"))

    run(asked)
    words = [*ACCEPTS, "--home", str(pair.kr.folder), "partner", "update-accept", "1", "--who", "lee", "--fingerprint", right]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    dead = subprocess.run(words, env={**environment, "N2N_FAILPOINT": point}, capture_output=True, check=False)
    again = subprocess.run(words, env=environment, capture_output=True, check=False)
    # Whoever was not told that it was accepted says so again, or learns that it was.
    assert (dead.returncode, again.returncode) == (-9, 8 if point.endswith("after_commit") else 0), again.stderr

    async def answered() -> None:
        async with serving(pair.tw) as tw, serving(pair.kr) as kr:
            await in_state(tw, UpdateState.ACCEPTED)
            (kept,) = kr.node.updates.of()
            assert [one.message_id for one in kr.node.messages.exchanges(10)] == [kept.sending_id]
            assert len(kr.node.setting.agreements.agreements["tw"].certificates.sign) == 2

    run(answered)
