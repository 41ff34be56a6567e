"""Which policy an agreement chooses for its partner's certificates, and to which anchors they must lead."""

from datetime import timedelta

import pytest

from node.agreements.trusting import read_trusting
from node.configuration import Problems, Table
from node.security.path_policy import POLICIES, STANDARD, Demand, RevocationRule
from node.security.trust import Purpose

KNOWN = ("ca", "tls-ca")


def read(trust="path", **values):
    problems = Problems()
    table = Table(values, "agreement.toml", problems, "certificates")
    found = read_trusting(table, trust, KNOWN)
    table.finish()
    return found, [str(one) for one in problems.found]


def test_without_a_word_the_standard_holds():
    found, problems = read()
    assert (found.policy, found.anchors, problems) == (STANDARD, {}, [])
    assert read("pinned")[0].policy is not STANDARD
    assert read("pinned")[0].policy.name == "pinned"


def test_a_policy_is_chosen_by_its_name_and_may_be_changed_in_places():
    assert read(policy="customs")[0].policy == POLICIES["customs"]
    found, problems = read(policy="customs", revocation="soft", revocation_age="3d", policies=["1.2.3"])
    assert problems == []
    assert found.policy.revocation == RevocationRule(Demand.SOFT, timedelta(days=3))
    assert found.policy.required == {"1.2.3"}
    assert found.words() == "customs (revocation soft, at most 3 days old)"


def test_anchors_are_for_all_purposes_or_for_one():
    assert read(anchors=["ca"])[0].anchors == dict.fromkeys(Purpose, ("ca",))
    some = read(anchors=["ca"], tls_anchors=["tls-ca"])[0].anchors
    assert (some[Purpose.SIGN], some[Purpose.TLS_SERVER]) == (("ca",), ("tls-ca",))
    assert set(read(encrypt_anchors=["ca"])[0].anchors) == {Purpose.ENCRYPT}


@pytest.mark.parametrize(
    ("trust", "values", "said"),
    [
        ("path", {"policy": "custom"}, "certificates.policy: must be one of customs, n2n, pinned, web"),
        ("path", {"policy": "pinned"}, "certificates.policy: off is for pinned certificates only"),
        ("path", {"revocation": "off"}, "certificates.revocation: off is for pinned certificates only"),
        ("path", {"revocation_age": "soon"}, "certificates.revocation_age: must be a number"),
        ("path", {"revocation": "hard", "revocation_age": "3d"}, "certificates.revocation_age: ends a grace"),
        ("path", {"revocation_age": "forever"}, "certificates.revocation_age: ends a grace"),
        ("path", {"policies": ["customs"]}, "certificates.policies: 'customs' is no object identifier"),
        (
            "path",
            {"anchors": ["tls_ca"]},
            "certificates.anchors: certs/trust has no certificate 'tls_ca'; did you mean 'tls-ca'?",
        ),
        ("path", {"sign_anchors": ["x"]}, "certificates.sign_anchors: certs/trust has no certificate 'x'"),
        ("pinned", {"anchors": ["ca"]}, "certificates.anchors: is of no use with pinned certificates"),
    ],
)
def test_every_mistake_is_told(trust, values, said):
    problems = read(trust, **values)[1]
    assert any(said in one for one in problems), problems
