"""The simulated year: twenty seeds of small worlds; in full one world of 30 nations, 365 days and 100,000 messages."""

import sys
from collections import Counter
from pathlib import Path

from node.simulation.plan import make_plan
from node.simulation.report import figures
from node.simulation.year import run as simulate
from tests.bars.bar import Outcome, main

SEEDS = range(1, 21)


def run(_folder: Path, full: bool, seeds: range = SEEDS) -> Outcome:
    """Nothing lost and nothing doubled in any of them."""
    plans = [make_plan(1, 30, 365, 100_000)] if full else [make_plan(seed, 6, 20, 150) for seed in seeds]
    told, problems = Counter[str](), []
    for plan in plans:
        found = figures(simulate(plan))
        told.update({"lost": found["lost"], "doubled": found["doubled"], "broken": len(found["violations"])})
        told.update(found["counts"])
        problems += [f"seed {plan.seed}: {one}" for one in found["violations"]]
    figure = f"{len(plans)} runs, {told['submitted']} messages, {told['attempts']} attempts, {told['deaths']} deaths: lost {told['lost']}, double {told['doubled']}"
    return Outcome(figure, tuple(problems))


if __name__ == "__main__":
    sys.exit(main(run))
