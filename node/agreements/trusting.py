"""How the partner's certificates are judged: the named policy of paths, the anchors for each purpose, and what follows where revocation cannot be told."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from node.configuration import Table, nearest
from node.msh.retention import PeriodError, read_period
from node.security.path_policy import POLICIES, STANDARD, Demand, RevocationRule, Trusting
from node.security.trust import Purpose

#: The words of an agreement for a purpose, and what they stand for.
PURPOSES: Final[Mapping[str, tuple[Purpose, ...]]] = {
    "sign": (Purpose.SIGN, Purpose.SEAL),
    "encrypt": (Purpose.ENCRYPT,),
    "tls": (Purpose.TLS_SERVER, Purpose.TLS_CLIENT),
}


def read_trusting(table: Table, trust: str, known: Collection[str]) -> Trusting:
    """`policy`, `anchors`, `policies`, `revocation` and `revocation_age` of `[certificates]`; `known` are the files of certs/trust."""
    name = table.choice("policy", "pinned" if trust == "pinned" else STANDARD.name, sorted(POLICIES))
    policy = POLICIES[name]
    required = table.texts("policies")
    if required:
        policy = replace(policy, required=frozenset(required))
    policy = replace(policy, revocation=_read_rule(table, policy.revocation))
    if policy.revocation.demand is Demand.OFF and trust != "pinned":
        table.problem(
            "revocation" if "revocation" in table.values else "policy",
            "off is for pinned certificates only: whoever trusts an authority listens when it takes a certificate back",
            'trust = "pinned", or revocation = "soft"',
        )
    for oid in required:
        if not all(part.isdecimal() for part in oid.split(".")) or "." not in oid:
            table.problem("policies", f"{oid!r} is no object identifier", "write it as 1.3.6.1.4.1...")
    return Trusting(policy, _read_anchors(table, trust, known))


def _read_rule(table: Table, rule: RevocationRule) -> RevocationRule:
    demand = Demand(table.choice("revocation", rule.demand.value, [one.value for one in Demand]))
    said = table.optional("revocation_age")
    if said is None:
        return replace(rule, demand=demand)
    try:
        age = read_period(said)
    except PeriodError as error:
        table.problem("revocation_age", str(error))
        return rule
    if age is None or demand is not Demand.SOFT:
        table.problem("revocation_age", 'ends a grace, which only revocation = "soft" has', "30d, for instance")
        return rule
    return RevocationRule(demand, age)


def _read_anchors(table: Table, trust: str, known: Collection[str]) -> dict[Purpose, tuple[str, ...]]:
    found: dict[Purpose, tuple[str, ...]] = {}
    for_all = table.texts("anchors")
    for word, purposes in PURPOSES.items():
        key = f"{word}_anchors"
        names = table.texts(key) or for_all
        for name in names:
            if name not in known:
                table.problem(
                    key if key in table.values else "anchors", f"certs/trust has no certificate {name!r}", nearest(name, known)
                )
        if names:
            found.update(dict.fromkeys(purposes, names))
    if found and trust == "pinned":
        table.problem("anchors", "is of no use with pinned certificates, which need no path", "leave it out")
    return found
