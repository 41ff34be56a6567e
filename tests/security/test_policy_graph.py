"""The certificate policies that hold for a path; NIST's suite asks more of it in tests/vectors."""

import pytest
from cryptography import x509

from node.security.extensions import Extensions
from node.security.path_policy import ANY_POLICY, PathPolicy
from node.security.policy_graph import Step, check_policies
from node.security.trust import Untrusted


def step(*policies, mappings=(), explicit=None, no_mapping=None, no_any=None, self_issued=False):
    limits = x509.PolicyConstraints(explicit, no_mapping) if explicit is not None or no_mapping is not None else None
    return Step(
        "CN=somebody",
        Extensions(
            x509.Extensions([]), None, None, None, frozenset(policies) if policies else None, mappings, limits, no_any, None, None
        ),
        self_issued,
    )


FREE = PathPolicy("free")
EXPLICIT = PathPolicy("explicit", explicit=True)


def test_policies_of_all_certificates_are_met():
    assert check_policies([step("1", "2"), step("2", "3")], FREE) == {"2"}
    assert check_policies([step(ANY_POLICY), step("2", "3")], FREE) == {"2", "3"}
    assert check_policies([step("1"), step("2")], FREE) == frozenset()
    with pytest.raises(Untrusted, match="one is required"):
        check_policies([step("1"), step("2")], EXPLICIT)


@pytest.mark.parametrize(
    ("steps", "policy", "holds"),
    [
        ([step("1", mappings=(("1", "9"),)), step("9")], EXPLICIT, {"1"}),
        ([step("1", mappings=(("1", "9"),)), step("1")], EXPLICIT, None),
        ([step(ANY_POLICY, mappings=(("1", "9"),)), step("9")], EXPLICIT, {"1"}),
        ([step("1", mappings=(("1", "9"),)), step("9")], PathPolicy("p", explicit=True, inhibit_mapping=True), None),
        ([step("1", no_mapping=0), step("1", mappings=(("1", "9"),)), step("9")], EXPLICIT, None),
        ([step("1"), step(ANY_POLICY)], EXPLICIT, {"1"}),
        ([step("1"), step(ANY_POLICY)], PathPolicy("p", explicit=True, inhibit_any=True), None),
        ([step("1", no_any=0), step(ANY_POLICY)], EXPLICIT, None),
        ([step("1", no_any=0), step(ANY_POLICY, self_issued=True), step("1")], EXPLICIT, {"1"}),
        ([step("1", explicit=0), step()], FREE, None),
        ([step("1", explicit=2), step("1"), step()], FREE, None),
        ([step("1", explicit=3), step("1"), step()], FREE, set()),
        ([step("1"), step("1")], PathPolicy("p", required=frozenset({"1", "7"})), {"1"}),
        ([step("1"), step("1")], PathPolicy("p", required=frozenset({"7"})), None),
        ([step(ANY_POLICY), step(ANY_POLICY)], PathPolicy("p", required=frozenset({"7"})), {"7"}),
        ([step("1", mappings=((ANY_POLICY, "9"),)), step("9")], FREE, None),
    ],
)
def test_mapping_any_policy_and_explicit_policy(steps, policy, holds):
    if holds is None:
        with pytest.raises(Untrusted, match="policy"):
            check_policies(steps, policy)
    else:
        assert check_policies(steps, policy) == holds


def test_a_chain_that_makes_a_tree_explode_costs_what_it_is_long():
    # Every policy is mapped to every other: a tree of 60 ** 14 nodes, which RFC 9618 was written for.
    names = [f"1.{number}" for number in range(15)]
    mappings = tuple((one, other) for one in names for other in names)
    chain = [step(*names, mappings=mappings) for _ in range(14)]
    assert check_policies([*chain, step("1.3")], EXPLICIT) == set(names)
