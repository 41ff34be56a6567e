"""What is known of certificates, and what follows from it; NIST's suite asks more of lists in tests/vectors."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from node.security.crl import Crl
from node.security.path_policy import PATH_ALONE, Demand, RevocationRule
from node.security.revocation import StatusAnswer
from node.security.status import Held, StatusJudge, weigh
from node.security.trust import Untrusted
from tests.seals import NOW, Authority, private_key

DAY = timedelta(days=1)
REASONS = x509.ReasonFlags
ANSWERS = ocsp.OCSPCertStatus


@pytest.fixture
def ca():
    return Authority("KR root")


@pytest.fixture
def leaf(ca):
    return ca.issue("leaf", private_key("p256"))


def status(ca, leaf, *sources, now=NOW):
    crls = tuple(Crl(one) for one in sources if isinstance(one, bytes))
    answers = tuple(one for one in sources if isinstance(one, StatusAnswer))
    judge = StatusJudge(Held(crls, answers), (), [ca.certificate], now, PATH_ALONE)
    return judge.of_path((leaf, ca.certificate))[0]


def test_a_list_tells_good_and_revoked_with_their_reasons(ca, leaf):
    crl = ca.crl()
    good = status(ca, leaf, crl)
    assert (good.state, good.used, good.until, good.told) == ("good", (Crl(crl).sha256,), NOW + 30 * DAY, NOW)
    ca.revoke(leaf, NOW - DAY, REASONS.key_compromise)
    bad = status(ca, leaf, ca.crl())
    assert (bad.state, bad.since, bad.reason) == ("revoked", NOW - DAY, REASONS.key_compromise)
    assert "revoked 2026-11-23 08:00 UTC (keyCompromise)" in str(bad)


def test_a_list_in_the_name_of_the_authority_that_another_signed_hides_nothing(ca, leaf):
    forged = ca.crl(NOW + timedelta(minutes=1), key=Authority("KR root").key)
    assert status(ca, leaf, ca.crl(), forged).state == "good"
    ca.revoke(leaf, NOW - DAY, REASONS.key_compromise)
    assert status(ca, leaf, ca.crl(), forged).state == "revoked"
    assert status(ca, leaf, forged).state == "unknown"


def without_number(ca, leaf):
    return Crl(
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.certificate.x509.subject)
        .last_update(NOW)
        .next_update(NOW + DAY)
        .sign(ca.key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    ).der


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (lambda ca, leaf: [], "no revocation list or answer"),
        (lambda ca, leaf: [Authority("Other").crl()], "no revocation list or answer"),
        (lambda ca, leaf: [Authority("KR root").crl()], "not signed by anybody"),
        (lambda ca, leaf: [ca.crl(NOW - 40 * DAY)], "held until"),
        (lambda ca, leaf: [ca.crl(NOW + DAY)], "has not come"),
        (lambda ca, leaf: [without_number(ca, leaf)], "no number"),
        (lambda ca, leaf: [answer(ca, leaf, ANSWERS.UNKNOWN)], "no revocation list or answer"),
        (lambda ca, leaf: [answer(ca, leaf, ANSWERS.GOOD, at=NOW - 3 * DAY)], "answer held until"),
        (lambda ca, leaf: [answer(ca, leaf, ANSWERS.GOOD, at=NOW + DAY)], "has not come"),
    ],
)
def test_what_is_not_told_is_unknown_and_says_why(ca, leaf, sources, said):
    found = status(ca, leaf, *sources(ca, leaf))
    assert found.state == "unknown"
    assert said in found.why


def answer(ca, leaf, state, *, at=NOW, since=None, responder=None, key=None):
    builder = ocsp.OCSPResponseBuilder().add_response(
        leaf.x509, ca.certificate.x509, hashes.SHA256(), state, at, at + DAY, since, None
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, (responder or ca.certificate).x509)
    if responder is not None:
        builder = builder.certificates([responder.x509])
    return StatusAnswer(builder.sign(key or ca.key, hashes.SHA256()).public_bytes(Encoding.DER))


def test_an_answer_tells_good_and_revoked(ca, leaf):
    assert status(ca, leaf, answer(ca, leaf, ANSWERS.GOOD)).state == "good"
    assert status(ca, leaf, answer(ca, leaf, ANSWERS.REVOKED, since=NOW - DAY)).since == NOW - DAY


def test_a_responder_without_no_check_must_be_known_as_good(ca, leaf):
    key, signing = private_key("p256", 7), (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False)
    checked, unchecked = ca.issue("responder", key, signing), ca.issue("responder", key, signing, (x509.OCSPNoCheck(), False))
    told = [answer(ca, leaf, ANSWERS.GOOD, responder=one, key=key) for one in (checked, unchecked)]
    assert status(ca, leaf, told[1]).state == "good"
    assert "responder is not known as good" in status(ca, leaf, told[0]).why
    ca.revoke(checked, NOW - DAY)
    assert "revoked" in status(ca, leaf, told[0], ca.crl(NOW - 40 * DAY)).why


def test_a_revocation_beats_whatever_else_is_told(ca, leaf):
    before = ca.crl(NOW - DAY)
    ca.revoke(leaf, NOW, REASONS.superseded)
    for sources in ([before, ca.crl()], [ca.crl(), answer(ca, leaf, ANSWERS.GOOD)], [ca.crl(NOW - 40 * DAY), before]):
        assert status(ca, leaf, *sources).state == "revoked"


def test_a_hold_ends_with_a_newer_list(ca, leaf):
    ca.revoke(leaf, NOW - 60 * DAY, REASONS.certificate_hold)
    held = ca.crl(NOW - 40 * DAY)
    assert status(ca, leaf, held).state == "revoked"
    ca.revoked.clear()
    assert status(ca, leaf, held, ca.crl()).state == "good"


def test_a_delta_list_changes_the_complete_one_it_goes_with(ca, leaf):
    complete = ca.crl()
    ca.revoke(leaf, NOW)

    def delta(base, number):
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(ca.certificate.x509.subject)
            .last_update(NOW)
            .next_update(NOW + DAY)
        )
        for one in (
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key()),
            x509.CRLNumber(number),
        ):
            builder = builder.add_extension(one, False)
        entry = x509.RevokedCertificateBuilder().serial_number(leaf.serial).revocation_date(NOW).build()
        builder = builder.add_extension(x509.DeltaCRLIndicator(base), True).add_revoked_certificate(entry)
        return builder.sign(ca.key, hashes.SHA256()).public_bytes(Encoding.DER)

    assert status(ca, leaf, complete, delta(7, 8)).state == "revoked"
    assert status(ca, leaf, complete, delta(8, 9)).state == "good"
    assert status(ca, leaf, delta(7, 8)).state == "unknown"


# -- what follows --------------------------------------------------------------------------------------------------------

HARD, OFF, SOFT = RevocationRule(Demand.HARD), RevocationRule(Demand.OFF), RevocationRule(Demand.SOFT, 10 * DAY)


def test_hard_refuses_what_is_unknown_and_off_does_not(ca, leaf):
    unknown = status(ca, leaf)
    with pytest.raises(Untrusted, match="nobody vouches"):
        weigh([unknown], HARD, NOW, {})
    assert weigh([unknown], OFF, NOW, {}).alarms == ()
    assert weigh([status(ca, leaf, ca.crl())], HARD, NOW, {}).until == NOW + 30 * DAY + timedelta(microseconds=1)


def test_soft_accepts_with_an_alarm_as_long_as_the_list_is_young(ca, leaf):
    old = status(ca, leaf, ca.crl(NOW - 5 * DAY, until=NOW - DAY))
    weighed = weigh([old], SOFT, NOW, {})
    assert "accepted until 2026-11-29 08:00 UTC though its list held until" in weighed.alarms[0]
    assert weighed.until == NOW + 5 * DAY
    with pytest.raises(Untrusted, match="nobody has vouched since"):
        weigh([old], SOFT, NOW + 6 * DAY, {})


def test_soft_counts_from_when_a_list_was_first_waited_for(ca, leaf):
    unknown = status(ca, leaf)
    assert weigh([unknown], SOFT, NOW, {}).alarms == ()
    assert weigh([unknown], SOFT, NOW, {leaf.subject: NOW - DAY}).alarms
    with pytest.raises(Untrusted, match="nobody has vouched"):
        weigh([unknown], SOFT, NOW, {leaf.subject: NOW - 11 * DAY})


@pytest.mark.parametrize("rule", [HARD, SOFT, OFF])
def test_no_rule_has_grace_for_what_is_known_as_revoked(ca, leaf, rule):
    ca.revoke(leaf, NOW - DAY)
    for made in (NOW, NOW - 40 * DAY):
        with pytest.raises(Untrusted, match="revoked 2026-11-23"):
            weigh([status(ca, leaf, ca.crl(made))], rule, NOW, {})
