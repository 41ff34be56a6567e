"""The certificate policies that hold for a path; NIST's suite asks more of it in tests/vectors."""

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

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


# -- against the tree of RFC 5280 6.1, as it is written there --------------------------------------------------------------


class Node:
    def __init__(self, policy, expected, parent):
        self.policy, self.expected, self.parent, self.children = policy, expected, parent, []
        if parent is not None:
            parent.children.append(self)

    def leave(self):
        """Deleted, and whoever is childless for it."""
        self.parent.children.remove(self)


class Tree:
    """Nodes by depth; exponential, as the RFC has it."""

    def __init__(self):
        self.root = Node(ANY_POLICY, {ANY_POLICY}, None)

    def level(self, depth):
        found = [self.root]
        for _ in range(depth):
            found = [child for one in found for child in one.children]
        return found

    def prune(self, depth):
        for up in range(depth - 1, 0, -1):
            for one in self.level(up):
                if not one.children:
                    one.leave()
        return bool(self.level(depth))


def naive(steps, policy):
    """What holds; None where the path does not. RFC 5280 6.1.2 to 6.1.5, letter by letter."""
    n, tree = len(steps), Tree()
    explicit, inhibit, mapping = (0 if flag else n + 1 for flag in (policy.explicit or policy.required, policy.inhibit_any, policy.inhibit_mapping))  # fmt: skip
    for i, step in enumerate(steps, 1):
        said = step.extensions
        if tree is not None and said.policies is not None:
            above = tree.level(i - 1)
            for one in said.policies - {ANY_POLICY}:
                parents = [node for node in above if one in node.expected] or [
                    node for node in above if node.policy == ANY_POLICY
                ]
                for parent in parents:
                    Node(one, {one}, parent)
            if ANY_POLICY in said.policies and (inhibit > 0 or (i < n and step.self_issued)):
                for parent in above:
                    held = {child.policy for child in parent.children}
                    for one in sorted(parent.expected - held):
                        Node(one, {one}, parent)
            tree = tree if tree.prune(i) else None
        elif said.policies is None:
            tree = None
        if explicit == 0 and tree is None:
            return None
        if i == n:
            break
        if any(ANY_POLICY in pair for pair in said.mappings):
            return None
        for issuer in {pair[0] for pair in said.mappings} if tree is not None else ():
            subjects, level = {pair[1] for pair in said.mappings if pair[0] == issuer}, tree.level(i)
            nodes = [one for one in level if one.policy == issuer]
            if mapping == 0:
                for one in nodes:
                    one.leave()
                if not tree.prune(i):
                    tree = None
                    break
            elif nodes:
                for one in nodes:
                    one.expected = subjects
            else:
                for one in [one for one in level if one.policy == ANY_POLICY]:
                    Node(issuer, subjects, one.parent)
        if not step.self_issued:
            explicit, mapping, inhibit = (max(one - 1, 0) for one in (explicit, mapping, inhibit))
        limits = said.constraints
        if limits is not None and limits.require_explicit_policy is not None:
            explicit = min(explicit, limits.require_explicit_policy)
        if limits is not None and limits.inhibit_policy_mapping is not None:
            mapping = min(mapping, limits.inhibit_policy_mapping)
        if said.inhibit_any is not None:
            inhibit = min(inhibit, said.inhibit_any)
    explicit = max(explicit - 1, 0)
    limits = steps[-1].extensions.constraints
    if limits is not None and limits.require_explicit_policy == 0:
        explicit = 0
    held = set()
    for leaf in tree.level(n) if tree is not None else ():
        first = leaf
        while first.parent is not None and first.parent.policy != ANY_POLICY:
            first = first.parent
        held.add(first.policy)
    if policy.required:
        held = set(policy.required) if ANY_POLICY in held else held & policy.required
    return None if explicit == 0 and not held else held


NAMES = ["1", "2", "3"]
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=3, unique=True).map(tuple)
FEW = st.none() | st.integers(0, 2)
STEPS = st.builds(
    lambda policies, **other: step(*policies, **other),
    st.sets(st.sampled_from([*NAMES, ANY_POLICY]), max_size=3),
    mappings=PAIRS,
    explicit=FEW,
    no_mapping=FEW,
    no_any=FEW,
    self_issued=st.booleans(),
)
POLICIES = st.builds(
    lambda required, *flags: PathPolicy("p", required=frozenset(required), explicit=flags[0], inhibit_mapping=flags[1], inhibit_any=flags[2]),
    st.sets(st.sampled_from(NAMES), max_size=2),
    *([st.booleans()] * 3),
)  # fmt: skip


@given(st.lists(STEPS, min_size=1, max_size=5), POLICIES)
@settings(max_examples=600, deadline=None)
def test_the_graph_says_what_the_tree_says(steps, policy):
    try:
        held = check_policies(steps, policy)
    except Untrusted:
        held = None
    assert held == naive(steps, policy)
