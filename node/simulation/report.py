"""What a simulated run is told as: figures for people and as JSON, and for a broken promise the short story that breaks it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from node.simulation.plan import DAY, Plan
from node.simulation.year import Outcome, percentiles

LIMITS = "cryptography is real (Ed25519, X25519, AES-128-GCM); simulated are time, network, disk, producers and consumers; payloads stay below the size of files of their own"


def figures(outcome: Outcome) -> dict[str, Any]:
    """Everything that was counted."""
    plan = outcome.plan
    return {
        "seed": plan.seed,
        "nations": plan.nations,
        "agreements": len(plan.pairs),
        "days": plan.days,
        "simulated_days": round(outcome.simulated / DAY, 1),
        "seconds": round(outcome.seconds, 1),
        "states": dict(sorted(outcome.states.items())),
        "counts": dict(sorted(outcome.ledger.counts.items())),
        "lost": len(outcome.ledger.lost()),
        "doubled": len(outcome.ledger.doubled()),
        "windows": dict(sorted(Counter(one.policy for one in plan.windows).items())),
        "delivery_seconds": {receiver: _rounded(values) for receiver, values in sorted(_waits(outcome).items())},
        "violations": [str(one) for one in outcome.violations],
        "limits": LIMITS,
    }


def _waits(outcome: Outcome) -> dict[str, list[float]]:
    """How long each message took from its submission to the hand-over, by receiver."""
    found: dict[str, list[float]] = defaultdict(list)
    for sent in outcome.ledger.sent.values():
        if sent.handed_over_at is not None:
            found[sent.receiver].append(sent.handed_over_at - sent.at)
    return found


def _rounded(values: list[float]) -> dict[str, float]:
    return dict(zip(("p50", "p95", "max"), (round(one, 1) for one in percentiles(values)), strict=True))


def lines(outcome: Outcome) -> Iterator[str]:
    """The report for people."""
    told = figures(outcome)
    yield (
        f"seed {told['seed']}: {told['nations']} nations, {told['agreements']} agreements, {told['days']} days, "
        f"then calm until day {told['simulated_days']}; {told['seconds']} s"
    )
    yield "closed for some hours of every week: " + (
        ", ".join(f"{count} nations ({policy})" for policy, count in told["windows"].items()) or "nobody"
    )
    yield f"({LIMITS})"
    yield ""
    for what, count in told["counts"].items():
        yield f"{count:10,}  {what}"
    yield "  ".join(f"{state} {count:,}" for state, count in told["states"].items())
    yield ""
    yield "from submission to hand-over      half of them     95 of 100       slowest"
    for receiver, one in told["delivery_seconds"].items():
        yield f"{receiver:28} {one['p50']:13.1f} s {one['p95']:11.1f} s {one['max']:11.1f} s"
    yield ""
    yield f"{told['lost']} lost, {told['doubled']} doubled, {len(told['violations'])} promises broken"


def story(plan: Plan, outcome: Outcome) -> Iterator[str]:
    """A failing run, cut down: its events, then what the observer saw."""
    yield f"the shortest run found: {len(plan.events)} events of seed {plan.seed}"
    yield from (f"  every week {window}" for window in plan.windows)
    for event in plan.events:
        yield f"  day {event.at / DAY:7.3f}  {event}"
    yield "what happened"
    yield from (f"  {line}" for line in outcome.ledger.lines[-60:])
    yield from (f"broken: {one}" for one in outcome.violations[:10])
