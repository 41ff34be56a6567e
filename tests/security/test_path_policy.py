"""The named policies."""

from node.security.path_policy import POLICIES, STANDARD, Demand


def test_every_policy_has_its_name_and_no_weak_hash():
    assert {name: one.name for name, one in POLICIES.items()} == {name: name for name in POLICIES}
    assert {"n2n", "customs", "pinned", "web"} == set(POLICIES)
    assert not any({"md5", "sha1", "sha224"} & one.hashes for one in POLICIES.values())
    assert min(one.rsa_bits for one in POLICIES.values()) == 2048


def test_customs_demand_a_word_of_the_authority():
    assert POLICIES["customs"].revocation.demand is Demand.HARD
    assert STANDARD.revocation.demand is Demand.SOFT
    assert POLICIES["pinned"].revocation.demand is Demand.OFF
