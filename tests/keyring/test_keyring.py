"""The port: names in, usable keys and certificates out; verdicts stand for minutes and never past a period of validity."""

from datetime import UTC, datetime, timedelta

import pytest

from node.keyring import keyring as module
from node.keyring.folder import CertificateFolder, PartnerCertificate
from node.keyring.keyring import Keyring
from node.msh.ports import SubmissionError
from node.security.path import Purpose

START = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)


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
    assert keyring.signing_key("sign") is pki.key("a")
    assert keyring.decryption_keys(["old", "sign"]) == [pki.key("a", "p256"), pki.key("a")]
    with pytest.raises(LookupError, match="did you mean 'sign'"):
        keyring.signing_key("sing")


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


def test_what_was_agreed_for_a_time_is_used_within_it_and_the_verdict_ends_with_it(folder, pki):
    certificate = pki.key("b").certificate
    window = (START, START + timedelta(days=2))
    agreed = CertificateFolder({}, {"kr/sign": PartnerCertificate("kr/sign", certificate, (), window)}, {"ca": (pki.ca,)})
    keyring, second = Keyring(agreed), timedelta(seconds=1)
    for at, usable in ((START - second, 0), (START, 1), (window[1], 1), (window[1] + second, 0)):
        assert len(keyring.signers(["kr/sign"], at)) == usable, at
    assert keyring.why_not(["kr/sign"], START - second) == {
        "kr/sign": "is agreed from 2026-11-01T00:00:00Z to 2026-11-03T00:00:00Z"
    }
