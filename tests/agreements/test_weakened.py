"""What protects less than the preset needs a reason, and a reason is for what protects less."""

import pytest

from node.agreements.origins import Origin
from node.agreements.resolve import DEFAULTS, Layer
from node.agreements.weakened import Weakened, shown, still_weakened
from node.security import algorithms as a_

X509 = "leg.security.x509."
ENCRYPT = "leg.security.x509.encryption.encrypt"
OFF = f"{ENCRYPT} = false\n"


def why(parameter=ENCRYPT, reason="TLS alone, until June"):
    return f'[[weakened]]\nparameter = "{parameter}"\nreason = "{reason}"\n'


def test_without_a_reason_it_is_told_with_both_values_and_what_to_write(load, a):
    agreements = load(xx=OFF + a.AGREEMENT)
    assert agreements.partners() == []
    [problem] = agreements.problems
    assert problem == (
        f"partners/xx/agreement.toml: {ENCRYPT}: Security.X509.Encryption.Encrypt is weaker than edelivery-as4-1.15: true there, false here, "
        f'and no reason is given; leave it out, or add [[weakened]] with parameter = "{ENCRYPT}" and reason = "..."'
    )


def test_with_its_reason_it_is_kept(load, a):
    agreements = load(xx=OFF + a.AGREEMENT + why())
    assert agreements.problems == []
    [weakened] = agreements.partners()[0].weakened
    assert (weakened.standard, weakened.before, weakened.after) == ("Security.X509.Encryption.Encrypt", True, False)
    assert (weakened.reason, str(weakened.origin)) == ("TLS alone, until June", "partners/xx/agreement.toml:1")


def test_what_a_preset_takes_away_is_weakened_in_its_agreements_until_one_sets_it_right(load, a):
    text = a.AGREEMENT.replace('"edelivery-as4-1.15"', '"as4-light-client"')
    [weakened] = load(xx=text).partners()[0].all_weakened()
    assert (weakened.key, weakened.after, weakened.origin.file) == (ENCRYPT, False, "profiles/messaging/as4-light-client.toml")
    right = load(xx=f"{ENCRYPT} = true\n" + text)
    assert right.problems == []
    assert right.partners()[0].all_weakened() == ()


def test_what_is_set_half_right_is_still_weakened_as_it_is_now():
    key, origin = X509 + "encryption.algorithm", Origin("f", X509, 1)
    found = Weakened(key, a_.AES256_GCM, a_.AES128_GCM, "x", origin)
    half = DEFAULTS.under(Layer("g", {key: a_.AES192_GCM}, {key: 3}))
    assert [(one.after, str(one.origin)) for one in still_weakened([found], half)] == [(a_.AES192_GCM, "g:3")]
    assert list(still_weakened([found], DEFAULTS.under(Layer("g", {key: a_.AES256_GCM}, {})))) == []


WRONG = [
    (why(), "weakened[1].parameter: leg.security.x509.encryption.encrypt is not weakened: edelivery-as4-1.15 has true, here it is true; leave it out"),
    (why("leg.security.x509.encryption.encript"), "weakened[1].parameter: 'leg.security.x509.encryption.encript' is no parameter; did you mean 'leg.security.x509.encryption.encrypt'?"),
    (why(reason=""), "weakened[1].reason: is required"),
    (why().replace("reason", "raeson"), "weakened[1].raeson: is not known; did you mean 'reason'?"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "said"), WRONG)
def test_a_reason_for_what_is_not_weaker_is_told(load, a, more, said):
    assert any(said in one for one in load(xx=a.AGREEMENT + more).problems)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (why(reason="  "), "no reason is given"),
        (why() + why(), "weakened[2].parameter: leg.security.x509.encryption.encrypt has its reason already"),
    ],
)
def test_no_reason_and_two_reasons_are_told(load, a, more, said):
    assert any(said in one for one in load(xx=OFF + a.AGREEMENT + more).problems)


def test_what_is_stronger_or_other_needs_no_reason(load, a):
    more = f'leg.security.x509.encryption.algorithm = "{a_.AES256_GCM}"\nleg.x.http.connections = 2\n'
    pinned = a.AGREEMENT.replace("[certificates]", '[certificates]\ntrust = "pinned"')
    assert load(xx=more + pinned).problems == []


def test_a_value_is_shown_in_short():
    assert [shown(one) for one in (True, None, [], ["a", "b"], "", 7)] == ["true", "none", "none", "a, b", "none", "7"]
