"""The port: names in, usable keys and certificates out; verdicts stand for minutes and never past a period of validity."""

from datetime import UTC, datetime, timedelta

import pytest

from node.keyring import judging as module
from node.keyring.folder import CertificateFolder, PartnerCertificate
from node.keyring.keyring import Keyring
from node.msh.ports import SubmissionError
from node.security.path import Purpose
from node.security.period import Period
from node.security.succession import NextKey, Succession

START = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def folder(pki):
    from cryptography.hazmat.primitives.asymmetric import rsa

    limited = pki.make("b limited", rsa.generate_private_key(65537, 2048), not_before=START, not_after=END)
    keys = {
        "b-sign": pki.key("b"),
        "b-enc": pki.key("b", "rsa2048", "enc"),
        "b-limited": limited,
        "stranger": pki.key("stranger"),
    }
    partners = {name: PartnerCertificate(name, key.certificate) for name, key in keys.items()}
    return CertificateFolder({"sign": pki.key("a"), "old": pki.key("a", "p256")}, partners, {"ca": (pki.ca,)})


def names_of(certificates, folder):
    return [name for one in certificates for name, held in folder.partners.items() if held.certificate == one]


def test_own_keys_are_found_by_name(folder, pki):
    keyring = Keyring(folder)
    assert keyring.signing_key("sign", START) is pki.key("a")
    assert keyring.decryption_keys(["old", "sign"], START) == [pki.key("a", "p256"), pki.key("a")]
    with pytest.raises(LookupError, match="did you mean 'sign'"):
        keyring.signing_key("sing", START)


def test_only_trusted_certificates_may_sign_and_the_others_have_a_reason(folder, now):
    keyring, names = Keyring(folder), ["b-sign", "stranger", "b-enc", "b-sgin"]
    assert names_of(keyring.signers(names, now), folder) == ["b-sign"]
    reasons = keyring.why_not(names, now)
    assert list(reasons) == ["stranger", "b-enc", "b-sgin"]
    assert "anchors" in reasons["stranger"]
    assert "digitalSignature" in reasons["b-enc"]
    assert "did you mean 'b-sign'" in reasons["b-sgin"]


def test_a_pinned_certificate_needs_no_path_but_its_period_and_purpose(folder, now):
    assert names_of(Keyring(folder, ["stranger"]).signers(["stranger"], now), folder) == ["stranger"]
    keyring = Keyring(folder, ["b-limited"])
    assert keyring.signers(["b-limited"], END + timedelta(days=1)) == ()
    assert keyring.why_not(["b-limited"], now, Purpose.ENCRYPT) == {}


def test_the_recipient_is_the_first_that_is_valid(folder, now):
    keyring = Keyring(folder)
    assert names_of([keyring.recipient(["b-limited", "b-enc"], now)], folder) == ["b-limited"]
    assert names_of([keyring.recipient(["b-limited", "b-enc"], END + timedelta(days=1))], folder) == ["b-enc"]
    with pytest.raises(SubmissionError, match="stranger: "):
        keyring.recipient(["stranger"], now)
    with pytest.raises(SubmissionError, match="names none"):
        keyring.recipient([], now)


@pytest.mark.parametrize(
    ("moment", "usable"),
    [(START - timedelta(seconds=1), False), (START, True), (END, True), (END + timedelta(microseconds=1), False)],
)
@pytest.mark.parametrize("before", [timedelta(minutes=4), timedelta(seconds=1)])
def test_a_verdict_does_not_outlive_a_period_of_validity(folder, moment, usable, before):
    keyring = Keyring(folder)
    keyring.signers(["b-limited"], moment - before)
    assert bool(keyring.signers(["b-limited"], moment)) == usable


def test_a_verdict_stands_for_minutes(folder, now, monkeypatch):
    asked = []
    real = module.find_path
    monkeypatch.setattr(module, "find_path", lambda *arguments: asked.append(1) or real(*arguments))
    keyring = Keyring(folder)
    for later in (0, 60, 299, 300, 301):
        keyring.signers(("b-sign",), now + timedelta(seconds=later))
    assert len(asked) == 2
    keyring.signers(("b-sign",), now - timedelta(days=1))
    assert len(asked) == 3


def test_own_keys_follow_each_other_by_the_time_that_is_told(folder, pki):
    own = Succession("sign", "sign", following=(NextKey("sign", "old", START), NextKey("encrypt", "old", START)))
    keyring = Keyring(folder, own=own)
    before = START - timedelta(seconds=1)
    assert keyring.signing_key("sign", before) is pki.key("a")
    assert keyring.signing_key("sign", START) is pki.key("a", "p256")
    # Whatever may still arrive is opened, and what a partner uses too early too.
    for now, first in ((before, pki.key("a")), (START, pki.key("a", "p256"))):
        keys = keyring.decryption_keys(["sign"], now)
        assert keys[0] is first
        assert len(keys) == 2
    assert keyring.decryption_keys(["sign"], START + timedelta(days=31)) == [pki.key("a", "p256")]


def test_a_certificate_counts_in_its_windows_only(folder):
    keyring = Keyring(folder, periods={"b-sign": (Period(None, START),), "b-limited": (Period(START, END - HOUR),)})
    names, before = ("b-sign", "b-limited"), START - timedelta(seconds=1)
    assert names_of(keyring.signers(names, before), folder) == ["b-sign"]
    # Not a second later, though a verdict stands for minutes.
    assert names_of(keyring.signers(names, START), folder) == ["b-limited"]
    assert keyring.why_not(names, START) == {"b-sign": "counts until 2026-11-01 00:00 UTC only"}
    assert keyring.signers(names, END - HOUR) == ()
    with pytest.raises(SubmissionError, match="b-limited: counts from 2026-11-01 00:00 UTC until 2026-11-30 23:00 UTC only"):
        keyring.recipient(("b-limited",), END - HOUR)


def test_of_two_that_count_the_one_whose_window_began_last_is_encrypted_to(folder):
    names = ("b-sign", "b-enc")
    keyring = Keyring(folder, periods={"b-enc": (Period(START),)})
    assert names_of([keyring.recipient(names, START - timedelta(seconds=1))], folder) == ["b-sign"]
    assert names_of([keyring.recipient(names, START)], folder) == ["b-enc"]
    # Without windows the order of the agreement.
    assert names_of([Keyring(folder).recipient(names, START)], folder) == ["b-sign"]
