"""Whether a partner's certificate may be used, by the policy of its agreement and by what lies in data/revocations."""

import logging
from datetime import timedelta

import pytest
from cryptography import x509

from node.keyring.folder import CertificateFolder, PartnerCertificate
from node.keyring.judgements import Judgements
from node.keyring.judging import Judging
from node.keyring.keyring import Keyring
from node.keyring.revocations import Revocations
from node.security.path_policy import POLICIES, Demand, RevocationRule, Trusting
from node.security.trust import Purpose, Untrusted
from tests.seals import NOW, Authority, private_key

DAY = timedelta(days=1)
URL = "http://a.org/ca.crl"
POINT = x509.CRLDistributionPoints([x509.DistributionPoint([x509.UniformResourceIdentifier(URL)], None, None, None)]), False


class Partner:
    """One partner under one authority, judged by a rule."""

    def __init__(self, folder, policy="n2n", demand=None, age=30 * DAY, pinned=False, anchors=None):
        self.ca, self.other = Authority("KR root"), Authority("Other root")
        self.certificate = self.ca.issue("kr", private_key("p256"), POINT)
        self.held = PartnerCertificate("kr", self.certificate)
        trust = {"ca": (self.ca.certificate,), "other": (self.other.certificate,)}
        self.folder = CertificateFolder({}, {"kr": self.held}, trust)
        self.revocations, self.judgements = Revocations(folder), Judgements(folder / "judged")
        chosen = POLICIES[policy]
        if demand is not None:
            from dataclasses import replace

            chosen = replace(chosen, revocation=RevocationRule(demand, age))
        trusting = Trusting(chosen, {Purpose.SIGN: anchors} if anchors is not None else {})
        pins = ["kr"] if pinned else []
        self.judging = Judging(self.folder, pins, {"kr": trusting}, self.revocations, self.judgements)
        self.keyring = Keyring(self.folder, pins, judging=self.judging)

    def publish(self, at=NOW, until=None):
        return self.revocations.take_list(self.ca.crl(at, until=until), [self.ca.certificate], URL, at)

    def why_not(self, now=NOW):
        return self.keyring.why_not(["kr"], now).get("kr")


def test_anchors_are_those_of_the_agreement(tmp_path):
    assert Partner(tmp_path, anchors=("ca",)).why_not() is None
    assert "not among the anchors" in Partner(tmp_path, anchors=("other",)).why_not()


def test_hard_wants_a_word_of_the_authority(tmp_path):
    partner = Partner(tmp_path, "customs")
    assert "nobody vouches" in partner.why_not()
    partner.publish()
    assert partner.why_not() is None
    # As long as the list holds, and not a second longer.
    assert partner.why_not(NOW + 30 * DAY) is None
    assert "held until" in partner.why_not(NOW + 30 * DAY + timedelta(seconds=1))


def test_a_verdict_ends_with_the_list_it_rests_on(tmp_path):
    partner = Partner(tmp_path, "customs")
    partner.publish(until=NOW + timedelta(seconds=20))
    assert partner.why_not(NOW + timedelta(seconds=19)) is None
    assert "held until" in partner.why_not(NOW + timedelta(seconds=21))


@pytest.mark.parametrize("policy", ["n2n", "customs"])
def test_a_revoked_partner_is_refused_with_the_first_question_after_the_list_landed(tmp_path, policy):
    partner = Partner(tmp_path, policy)
    partner.publish(NOW - DAY)
    assert partner.keyring.signers(["kr"], NOW) == (partner.certificate,)
    partner.ca.revoke(partner.certificate, NOW - DAY, x509.ReasonFlags.key_compromise)
    # Another process brings it.
    Revocations(tmp_path).take_list(partner.ca.crl(), [partner.ca.certificate], "by hand", NOW)
    assert partner.keyring.signers(["kr"], NOW) == ()
    assert "revoked 2026-11-23 08:00 UTC (keyCompromise)" in partner.why_not()
    # Long after, when nothing new has come, no grace makes it good again.
    assert "revoked" in partner.why_not(NOW + 300 * DAY)


def test_soft_accepts_with_one_alarm_while_the_list_is_young(tmp_path, caplog):
    partner = Partner(tmp_path, demand=Demand.SOFT, age=10 * DAY)
    partner.publish(until=NOW + DAY)
    with caplog.at_level(logging.WARNING):
        for hours in range(0, 24, 4):
            assert partner.why_not(NOW + 2 * DAY + timedelta(hours=hours)) is None
        assert caplog.text.count("ALARM certs/partners/kr") == 1
        # Once a day, as long as nothing changes.
        assert partner.why_not(NOW + 3 * DAY) is None
        assert caplog.text.count("ALARM certs/partners/kr") == 2
    assert "nobody has vouched since" in partner.why_not(NOW + 11 * DAY)


def test_soft_waits_for_the_first_list_as_long(tmp_path):
    partner = Partner(tmp_path, demand=Demand.SOFT, age=10 * DAY)
    assert partner.why_not() is None
    partner.revocations.want([URL], NOW)
    assert partner.why_not(NOW + 9 * DAY) is None
    assert "nobody has vouched since 2026-11-24" in partner.why_not(NOW + 11 * DAY)


def test_a_pinned_certificate_needs_no_list_and_still_falls_with_a_revocation(tmp_path):
    partner = Partner(tmp_path, "pinned", pinned=True)
    assert partner.why_not() is None
    partner.ca.revoke(partner.certificate, NOW - DAY)
    partner.publish()
    assert "revoked" in partner.why_not()


def test_a_pinned_certificate_whose_issuer_is_unknown_cannot_be_vouched_for(tmp_path):
    partner = Partner(tmp_path, "customs", pinned=True)
    stranger = PartnerCertificate("kr", Authority("Nobody").issue("kr", private_key("p256")))
    with pytest.raises(Untrusted, match="its issuer is not here"):
        partner.judging.check(stranger, Purpose.SIGN, NOW)


def test_what_a_verdict_rested_on_is_kept(tmp_path):
    partner = Partner(tmp_path)
    first = partner.publish(NOW - DAY)
    assert partner.why_not() is None
    partner.ca.revoke(partner.certificate, NOW)
    second = partner.publish()
    partner.why_not(NOW + timedelta(hours=1))
    before, after = (partner.judgements.at(partner.certificate.sha256, NOW + timedelta(hours=hour)) for hour in (0, 2))
    assert before is not None
    assert after is not None
    assert (before.outcome, before.statuses[0].state, before.statuses[0].used) == ("", "good", (first.sha256,))
    assert after.outcome.startswith("refused: CN=kr")
    assert after.statuses[0].used == (second.sha256,)
    assert partner.revocations.octets(first.sha256)


def test_a_connection_with_a_certificate_that_was_taken_back_is_refused_from_the_next_one_on(tmp_path):
    partner = Partner(tmp_path)
    der = partner.certificate.der
    assert partner.keyring.why_no_connection(der, NOW) is None
    assert partner.keyring.why_no_connection(partner.ca.certificate.der, NOW) is None
    partner.publish(NOW - DAY)
    assert partner.keyring.why_no_connection(der, NOW) is None
    partner.ca.revoke(partner.certificate, NOW - DAY)
    partner.publish()
    assert "revoked 2026-11-23" in (partner.keyring.why_no_connection(der, NOW) or "")
    assert Keyring(partner.folder).why_no_connection(der, NOW) is None


def test_a_caller_of_whom_nobody_says_anything_is_let_in_as_far_as_the_policy_goes(tmp_path):
    partner = Partner(tmp_path / "hard", "customs")
    der = partner.certificate.der
    assert "nobody vouches" in (partner.keyring.why_no_connection(der, NOW) or "")
    partner.publish(until=NOW + timedelta(seconds=20))
    assert partner.keyring.why_no_connection(der, NOW) is None
    # Not for the five minutes for which a verdict stands otherwise.
    assert "held until" in (partner.keyring.why_no_connection(der, NOW + timedelta(seconds=21)) or "")
    soft = Partner(tmp_path / "soft", demand=Demand.SOFT, age=10 * DAY)
    soft.revocations.want([URL], NOW)
    assert soft.keyring.why_no_connection(der, NOW + 9 * DAY) is None
    assert "nobody has vouched" in (soft.keyring.why_no_connection(soft.certificate.der, NOW + 11 * DAY) or "")


def test_a_caller_whose_issuer_is_unknown_is_refused_where_somebody_must_vouch(tmp_path):
    partner = Partner(tmp_path, "customs")
    stranger = PartnerCertificate("kr", Authority("Nobody").issue("kr", private_key("p256")))
    with pytest.raises(Untrusted, match="its issuer is not here"):
        partner.judging.check_caller(stranger, NOW)
    assert Partner(tmp_path).judging.check_caller(stranger, NOW) is None
    assert partner.judging.check_caller(PartnerCertificate("kr", partner.ca.certificate), NOW) is None


def test_the_grounds_of_a_verdict_are_its_path_and_the_lists_it_rests_on(tmp_path):
    partner = Partner(tmp_path)
    grounds = partner.keyring.grounds(partner.certificate, NOW)
    assert (grounds.revocation, grounds.above, grounds.revocation_data) == ("unknown", (partner.ca.certificate.der,), ())
    assert grounds.policy == "n2n (revocation soft, at most 30 days old)"
    assert partner.keyring.grounds(partner.certificate, NOW + timedelta(minutes=1)) is grounds
    kept = partner.publish()
    after = partner.keyring.grounds(partner.certificate, NOW)
    assert (after.revocation, after.revocation_data) == ("good", (partner.revocations.octets(kept.sha256),))


def test_the_grounds_of_a_pinned_certificate_say_so_and_a_strangers_has_none(tmp_path):
    partner = Partner(tmp_path, "pinned", pinned=True)
    grounds = partner.keyring.grounds(partner.certificate, NOW)
    assert grounds.policy.startswith("pinned by the agreement; ")
    assert grounds.revocation == "off"
    assert partner.keyring.grounds(partner.ca.certificate, NOW) is None
    assert Partner(tmp_path / "other", anchors=("other",)).keyring.grounds(partner.certificate, NOW) is None


def test_a_list_that_is_gone_from_the_disk_is_told_and_the_rest_is_kept(tmp_path, caplog):
    partner = Partner(tmp_path)
    kept = partner.publish()
    partner.revocations.held()
    (tmp_path / f"{kept.sha256}.crl").unlink()
    assert partner.keyring.grounds(partner.certificate, NOW).revocation_data == ()
    assert "is not kept as evidence" in caplog.text
