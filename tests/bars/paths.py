"""Goal 22: the public suites of certificate paths: nothing wrong is accepted but for a written list, and no case costs more than a second."""

import sys
import warnings
from pathlib import Path

from tests.bars.bar import Outcome, main
from tests.path_suites import ALLOWED, PKITS_STRICTER, STRICTER, Tally, limbo, pkits

ROOT = Path(__file__).parents[2]
#: Exceptions that the list may have.
MOST_ALLOWED = 25
LEAST_VALID = 70
#: Of one case.
SECONDS = 1.0


def run(folder: Path, full: bool, shared: Path | None = None) -> Outcome:
    """Both suites, each once; full is the same."""
    place = shared or ROOT.parent / "shared"
    if not (place / "vectors" / "pkits").is_dir():
        return Outcome("no vectors", (f"{place}/vectors is missing: the suites are not part of the project",))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return judge(limbo(place), pkits(place))


def judge(limbos: Tally, nists: Tally) -> Outcome:
    """The figures against the bar."""
    problems = [f"limbo accepts {one} without a written reason" for one in sorted(set(limbos.wrong_accepts) - set(ALLOWED))]
    problems += [f"limbo refuses {one}: {limbos.wrong_rejects[one]}" for one in sorted(set(limbos.wrong_rejects) - set(STRICTER))]
    problems += [f"PKITS accepts {one}" for one in sorted(nists.wrong_accepts)]
    problems += [
        f"PKITS refuses {one}: {nists.wrong_rejects[one]}" for one in sorted(set(nists.wrong_rejects) - set(PKITS_STRICTER))
    ]
    if len(ALLOWED) > MOST_ALLOWED:
        problems.append(f"{len(ALLOWED)} exceptions, {MOST_ALLOWED} are allowed")
    wrong_lists = [one for one in (*limbos.wrong_accepts, *limbos.wrong_rejects) if one.startswith("crl::")]
    problems += [f"limbo {one} is judged wrongly" for one in wrong_lists]
    valid = nists.verdicts["SUCCESS", "SUCCESS"]
    if valid < LEAST_VALID:
        problems.append(f"PKITS: {valid} valid paths accepted, at least {LEAST_VALID} are wanted")
    slowest = max(limbos.slowest, nists.slowest)
    if slowest[0] > SECONDS:
        problems.append(f"{slowest[1]} took {slowest[0]:.1f} s")
    agree = limbos.verdicts["SUCCESS", "SUCCESS"] + limbos.verdicts["FAILURE", "FAILURE"]
    refused = nists.verdicts["FAILURE", "FAILURE"]
    return Outcome(
        f"limbo {agree} of {sum(limbos.verdicts.values())} agree, wrong accepts {len(limbos.wrong_accepts)} (all of the list of {len(ALLOWED)}), "
        f"crl {8 - len(wrong_lists)}/8; PKITS invalid {refused}/99, valid {valid}/75; slowest {slowest[0]:.2f} s",
        tuple(problems),
    )


if __name__ == "__main__":
    sys.exit(main(run))
