"""Keys that cannot do what the profile asks are told before the first message."""

import pytest

CASES = [
    # (what is replaced, by what, what is told)
    ('["b-sign"]', '["b-sign-ed25519"]', "certificates.sign: certs/partners/b-sign-ed25519 holds an Ed25519 key; the profile needs an RSA key"),
    ('["b-enc"]', '["b-enc-p256"]', "certificates.encrypt: certs/partners/b-enc-p256 holds an elliptic curve key; the profile needs an RSA key"),
    ("[partner]", '[us]\nsign = "sign-p256"\n[partner]', "us.sign: certs/own/sign-p256 holds an elliptic curve key; the profile needs an RSA key"),
    ("[partner]", '[us]\nencrypt = "enc-x25519"\n[partner]', "us.encrypt: certs/own/enc-x25519 holds an X25519 key; the profile needs an RSA key"),
    ("[partner]", '[leg.x.encryption]\nkdf = "http://www.w3.org/2021/04/xmldsig-more#hkdf"\n[partner]', "leg.x.encryption.kdf: does not go with"),
    ("[partner]", '[leg.x.encryption]\nkey_transport = "http://www.w3.org/2009/xmlenc11#ECDH-ES"\n[partner]', "leg.x.encryption.kdf: is required by"),
    ("[partner]", "[leg.security]\nx509.encryption.minimum_strength = 256\n[partner]", "its 128 bits are below minimum_strength"),
    ("[partner]", '[leg.reception_awareness]\nretry_parameters = "horizon=14d"\ndetect_duplicates_parameters = "window=13d"\n[partner]', "the window of 13 days, 0:00:00 is shorter than the 14 days"),
    ("[partner]", '[leg.reception_awareness]\ndetect_duplicates_parameters = "for ever"\n[partner]', "says no window, such as window=400d"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), CASES, ids=[row[2][:50] for row in CASES])
def test_what_does_not_fit_is_told(load, a, old, new, said):
    problems = load(xx=a.AGREEMENT.replace(old, new)).problems
    assert any(said in one for one in problems), problems


def test_keys_that_are_not_used_need_not_fit(load, a):
    why = '[[weakened]]\nparameter = "leg.security.x509.encryption.encrypt"\nreason = "x"\n'
    off = f"[leg.security]\nx509.encryption.encrypt = false\n{why}[partner]"
    assert load(xx=a.AGREEMENT.replace("[partner]", off).replace('encrypt = ["b-enc"]\n', "")).problems == []


def test_an_own_key_that_is_absent_is_told(load, a, known, monkeypatch):
    monkeypatch.delitem(known.own, "sign")
    assert load(xx=a.AGREEMENT).problems == [
        "partners/xx/agreement.toml: us.sign: certs/own has no 'sign'; put it there; the profile needs an RSA key"
    ]


UNSIGNED = ("sign", "send_receipt.non_repudiation")


def test_who_sends_unsigned_messages_is_known_by_tls(load, a):
    off = "".join(f"{one if '.' in one else 'x509.' + one} = false\n" for one in UNSIGNED)
    why = "".join(
        f'[[weakened]]\nparameter = "leg.security.{one if "." in one else "x509." + one}"\nreason = "x"\n' for one in UNSIGNED
    )
    text = a.AGREEMENT.replace("[partner]", f"[leg.security]\n{off}{why}[partner]")
    assert any("certificates.tls: is required: messages are not signed" in one for one in load(xx=text).problems)
    assert load(xx=text.replace("[certificates]", '[certificates]\ntls = ["c-sign"]')).problems == []
    sent = text.replace('"receive"', '"send"').replace(
        '[[service]]\nvalue     = "urn:co"\n', '[[service]]\nvalue = "urn:co"\ndirection = "send"\n'
    )
    assert load(xx=sent).problems == []
