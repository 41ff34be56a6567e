"""Which certificate policies hold for a whole path: RFC 5280 section 6.1, as the graph of RFC 9618, whose size is that of the certificates.

A level of the tree is a table of policies. Each entry knows what the next level may write for it, and which policies of the anchor's domain it comes
from; earlier levels are not needed, since nothing is ever asked of them again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from node.security.extensions import Extensions
from node.security.path_policy import ANY_POLICY, PathPolicy
from node.security.trust import Untrusted


@dataclass(slots=True)
class _Node:
    expected: frozenset[str]
    origins: frozenset[str]


@dataclass(frozen=True, slots=True)
class Step:
    """One certificate of the path: whom it names, what its extensions say, and whether it issued to itself."""

    subject: str
    extensions: Extensions
    self_issued: bool


_ANY = frozenset({ANY_POLICY})


class _Graph:
    """The state of RFC 5280 6.1.2 that is about policies."""

    def __init__(self, steps: int, policy: PathPolicy) -> None:
        # spec: RFC 5280 6.1.2 (a), (d) to (f)
        self.level: dict[str, _Node] | None = {ANY_POLICY: _Node(_ANY, _ANY)}
        self.explicit = 0 if policy.explicit else steps + 1
        self.inhibit_any = 0 if policy.inhibit_any else steps + 1
        self.mapping = 0 if policy.inhibit_mapping else steps + 1

    # spec: RFC 5280 6.1.3 (d) to (f)
    def take(self, step: Step, *, last: bool) -> None:
        stated = step.extensions.policies
        if stated is None:
            self.level = None
        elif self.level is not None:
            any_allowed = self.inhibit_any > 0 or (not last and step.self_issued)
            self.level = _next(self.level, stated, any_allowed=any_allowed) or None
        if self.explicit == 0 and self.level is None:
            raise Untrusted(f"{step.subject}: no certificate policy holds for the path this far, and one is required")

    # spec: RFC 5280 6.1.4 (a), (b), (h) to (j)
    def prepare(self, step: Step) -> None:
        said = step.extensions
        if any(ANY_POLICY in pair for pair in said.mappings):
            raise Untrusted(f"{step.subject}: maps a certificate policy from or to anyPolicy")
        if self.level is not None and said.mappings:
            self._map(said.mappings)
        if not step.self_issued:
            self.explicit, self.mapping, self.inhibit_any = (
                max(one - 1, 0) for one in (self.explicit, self.mapping, self.inhibit_any)
            )
        limits = said.constraints
        if limits is not None and limits.require_explicit_policy is not None:
            self.explicit = min(self.explicit, limits.require_explicit_policy)
        if limits is not None and limits.inhibit_policy_mapping is not None:
            self.mapping = min(self.mapping, limits.inhibit_policy_mapping)
        if said.inhibit_any is not None:
            self.inhibit_any = min(self.inhibit_any, said.inhibit_any)

    def _map(self, mappings: Sequence[tuple[str, str]]) -> None:
        assert self.level is not None
        mapped: dict[str, set[str]] = {}
        for issuer, subject in mappings:
            mapped.setdefault(issuer, set()).add(subject)
        for issuer, subjects in mapped.items():
            if self.mapping == 0:
                self.level.pop(issuer, None)
            elif issuer in self.level:
                self.level[issuer].expected = frozenset(subjects)
            elif ANY_POLICY in self.level:
                self.level[issuer] = _Node(frozenset(subjects), frozenset({issuer}))
        self.level = self.level or None

    # spec: RFC 5280 6.1.5 (a), (b), (g)
    def finish(self, step: Step, required: frozenset[str]) -> frozenset[str]:
        self.explicit = max(self.explicit - 1, 0)
        limits = step.extensions.constraints
        if limits is not None and limits.require_explicit_policy == 0:
            self.explicit = 0
        held = frozenset[str]().union(*(one.origins for one in self.level.values())) if self.level else frozenset[str]()
        if required and ANY_POLICY not in held:
            held &= required
        elif required:
            held = required
        if self.explicit == 0 and not held:
            wanted = f"; required is one of {', '.join(sorted(required))}" if required else ""
            raise Untrusted(f"{step.subject}: no certificate policy holds for the whole path{wanted}")
        return held


# spec: RFC 9618 5.2, in place of RFC 5280 6.1.3 (d)
def _next(level: dict[str, _Node], stated: frozenset[str], *, any_allowed: bool) -> dict[str, _Node]:
    #: Whoever expects a policy, by the policy.
    expecting: dict[str, set[str]] = {}
    for node in level.values():
        for policy in node.expected:
            expecting.setdefault(policy, set()).update(node.origins)
    made: dict[str, _Node] = {}
    for policy in stated - _ANY:
        if policy in expecting:
            made[policy] = _Node(frozenset({policy}), frozenset(expecting[policy]))
        elif ANY_POLICY in level:
            made[policy] = _Node(frozenset({policy}), frozenset({policy}))
    if ANY_POLICY in stated and any_allowed:
        for policy, origins in expecting.items():
            if policy not in made:
                made[policy] = _Node(frozenset({policy}), frozenset(origins))
    return made


def check_policies(steps: Sequence[Step], policy: PathPolicy) -> frozenset[str]:
    """The certificate policies, in the words of the anchor's domain, that hold for a path given from below its anchor to the leaf. Raises Untrusted."""
    graph = _Graph(len(steps), policy)
    if policy.required:
        graph.explicit = 0
    for step in steps[:-1]:
        graph.take(step, last=False)
        graph.prepare(step)
    graph.take(steps[-1], last=True)
    return graph.finish(steps[-1], policy.required)
