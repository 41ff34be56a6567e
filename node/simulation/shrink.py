"""Cuts a failing plan down to few events that still break the same promise (delta debugging: Zeller and Hildebrandt, 2002)."""

from collections.abc import Callable

from node.simulation.plan import Plan


def shrink(plan: Plan, breaks: Callable[[Plan], bool], runs: int = 150) -> Plan:
    """A smaller plan for which `breaks` still holds; at most so many runs are tried."""
    parts = 2
    while runs > 0 and len(plan.events) > 1:
        size = max(1, len(plan.events) // parts)
        for begin in range(0, len(plan.events), size):
            smaller = plan.without(frozenset(range(begin, begin + size)))
            runs -= 1
            if smaller.events and breaks(smaller):
                plan, parts = smaller, max(parts - 1, 2)
                break
            if runs <= 0:
                return plan
        else:
            if size == 1:
                return plan
            parts = min(2 * parts, len(plan.events))
    return plan
