"""What a partner's server shows, judged by the policy of its agreement and by what lies in data/revocations."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from node.keyring.judgements import Judgements
from node.keyring.revocations import Revocations
from node.keyring.servers import Asked, Servers
from node.security.path_policy import POLICIES, Demand, RevocationRule
from node.security.trust import Untrusted
from tests.seals import NOW, Authority, private_key, usage

DAY = timedelta(days=1)
URL, ABOVE = "http://a.org/middle.crl", "http://a.org/root.crl"
SERVER = (usage(digital_signature=True), True), (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
CLIENT = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)


def point(url):
    return x509.CRLDistributionPoints([x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)]), False


class World:
    """A server under an authority that stands below the anchor, and shows both certificates."""

    def __init__(self, folder, demand=Demand.HARD):
        self.root = Authority("KR root")
        self.middle = Authority("KR middle", self.root)
        self.leaf = self.middle.issue("server", private_key("p256"), point(URL), *SERVER)
        self.shown = [self.leaf.der, self.middle.certificate.der]
        self.folder, self.revocations = folder, Revocations(folder)
        self.judgements = Judgements(folder / "judged")
        self.servers = Servers(self.revocations, (), self.judgements)
        policy = replace(POLICIES["n2n"], revocation=RevocationRule(demand, 10 * DAY))
        self.asked = Asked("kr", policy, [self.root.certificate])

    def publish(self, at=NOW, until=None, *, both=True):
        signers = [self.root.certificate, self.middle.certificate]
        if both:
            self.revocations.take_list(self.root.crl(at, until=until), signers, ABOVE, at)
        return self.revocations.take_list(self.middle.crl(at, until=until), signers, URL, at)

    def why_not(self, now=NOW, shown=None, asked=None):
        try:
            self.servers.check(asked or self.asked, self.shown if shown is None else shown, now)
        except Untrusted as problem:
            return str(problem)
        return None


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_hard_wants_a_word_about_every_certificate_of_the_path(world):
    assert "nobody vouches that it is not revoked: no revocation list or answer of CN=KR root" in world.why_not()
    world.publish()
    assert world.why_not() is None
    assert "the next sweep asks its authority; where none can be reached: n2n cert add-crl FILE" in world.why_not(NOW + 31 * DAY)


def test_a_revoked_server_is_refused_with_its_list_and_a_remedy(world):
    world.publish(NOW - DAY)
    world.middle.revoke(world.leaf, NOW - DAY, x509.ReasonFlags.key_compromise)
    world.publish(both=False)
    assert world.why_not() == (
        f"{world.leaf.subject}: revoked 2026-11-23 08:00 UTC (keyCompromise), says the list of CN=KR middle,C=KR"
        f" of 2026-11-24 08:00 UTC ({URL}); ask the partner to put another certificate up; n2n cert revocations shows what lies here"
    )


def test_an_authority_that_was_taken_back_takes_its_servers_along(world):
    world.root.revoke(world.middle.certificate, NOW - DAY)
    world.publish()
    assert world.why_not().startswith("CN=KR middle,C=KR: revoked 2026-11-23")


def test_soft_goes_with_one_warning_until_its_grace_ends(tmp_path, caplog):
    world = World(tmp_path, Demand.SOFT)
    with caplog.at_level(logging.WARNING):
        for hours in range(0, 24, 6):
            assert world.why_not(NOW + timedelta(hours=hours)) is None
            world.revocations.want([URL], NOW)
    assert caplog.text.count("ALARM the server of partners/kr: revocation cannot be told: CN=server,C=KR: accepted until") == 1
    assert "nobody has vouched since 2026-11-24" in world.why_not(NOW + 11 * DAY)
    world.publish(NOW + 11 * DAY)
    assert world.why_not(NOW + 11 * DAY) is None


@pytest.mark.parametrize("demand", [Demand.SOFT, Demand.OFF])
def test_no_grace_makes_a_revoked_server_good(tmp_path, demand):
    world = World(tmp_path, demand)
    assert world.why_not() is None
    world.middle.revoke(world.leaf, NOW - DAY)
    world.publish()
    assert "revoked" in world.why_not()


def test_what_was_shown_is_remembered_before_it_is_judged(world):
    assert world.why_not() is not None
    assert world.revocations.shown.paths() == [(world.leaf, world.middle.certificate, world.root.certificate)]


def test_a_path_that_leads_to_no_anchor_is_refused_and_not_remembered(world):
    stranger = Asked("kr", world.asked.policy, [Authority("Other root").certificate])
    assert "is not among the anchors" in world.why_not(asked=stranger)
    assert world.revocations.shown.paths() == []


def test_whoever_only_looks_writes_nothing(world, tmp_path):
    world.servers.look_only()
    assert world.why_not() is not None
    assert list(tmp_path.iterdir()) == []


def test_what_a_verdict_rested_on_is_written_down(world):
    kept = world.publish()
    assert world.why_not() is None
    found = world.judgements.at(world.leaf.sha256, NOW)
    assert found is not None
    assert (found.outcome, found.statuses[-1].used) == ("", (kept.sha256,))
    world.middle.revoke(world.leaf, NOW)
    world.publish(NOW + DAY)
    assert world.why_not(NOW + DAY)
    found = world.judgements.at(world.leaf.sha256, NOW + DAY)
    assert found is not None
    assert found.outcome.startswith("refused: CN=server,C=KR: revoked")


def test_a_certificate_for_callers_makes_no_server(world):
    caller = world.middle.issue("caller", private_key("p256"), CLIENT)
    assert (
        world.why_not(shown=[caller.der, world.middle.certificate.der])
        == "CN=caller,C=KR: its extended key usage is not for tls-server"
    )


def test_a_pinned_server_needs_no_path_and_falls_with_a_revocation(tmp_path):
    world = World(tmp_path, Demand.OFF)
    pinned = replace(world.asked, anchors=(), pinned=True)
    assert world.why_not(asked=pinned) is None
    world.middle.revoke(world.leaf, NOW - DAY)
    world.publish()
    assert "revoked" in world.why_not(asked=pinned)


def test_a_pinned_server_whose_issuer_is_unknown_cannot_be_vouched_for(world):
    pinned = replace(world.asked, pinned=True)
    assert "the certificate of its issuer is not here; ask for it: n2n cert add --trust FILE" in world.why_not(
        asked=pinned, shown=[world.leaf.der]
    )


def test_a_server_that_is_an_anchor_itself_needs_nobody_above(world):
    itself = replace(world.asked, anchors=[world.leaf])
    assert world.why_not(asked=itself, shown=[world.leaf.der]) is None


@pytest.mark.parametrize("shown", [[], [b"0"]])
def test_what_is_no_certificate_is_refused(world, shown):
    assert world.why_not(shown=shown) is not None


def test_rubbish_beside_a_good_certificate_changes_nothing(world):
    world.publish()
    assert world.why_not(shown=[world.leaf.der, b"0", world.middle.certificate.der]) is None


def test_connections_stand_until_a_list_lands_or_the_verdict_ends(world):
    now = [NOW]
    judge = world.servers.judge(world.asked, lambda: now[0])
    assert judge.stands()
    world.publish(until=NOW + DAY)
    judge(world.shown)
    assert judge.stands()
    now[0] = NOW + DAY + timedelta(seconds=1)
    assert not judge.stands()
    now[0] = NOW
    assert judge.stands()
    # Another process brings it.
    Revocations(world.folder).take_list(world.middle.crl(NOW + timedelta(hours=1)), [world.middle.certificate], URL, NOW + DAY)
    # Before the next request a thread reads it, since the event loop reads nothing.
    assert (judge.is_behind, judge.stands()) == (True, True)
    judge.catch_up()
    assert (judge.is_behind, judge.stands()) == (False, False)
    again = world.servers.judge(world.asked, lambda: now[0])
    with pytest.raises(Untrusted):
        again([world.leaf.der])
    assert again.stands()


def test_a_folder_that_takes_nothing_changes_no_verdict(world, caplog):
    world.publish()
    (world.folder / "shown").write_text("")
    (world.folder / "judged").write_text("")
    assert world.why_not() is None
    assert "was shown cannot be written" in caplog.text
    assert "rests on cannot be written" in caplog.text
