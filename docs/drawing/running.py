"""Pages about a node that runs: what the doctor checks, what the log is told, and whose software it is made of."""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from docs.drawing.tables import ROOT, table
from node.cli.acts import ACTS, READS, RETRIEVALS, SERVED
from node.doctor.checks import CHECKS

DOCTOR = """# What the doctor checks

`n2n doctor` asks each of these and changes nothing; those of `online` only with `--online`. `n2n doctor --list` prints the list, `--area` asks some of it.
Exit code 1 when something was found that somebody must act on; what is only worth knowing (*info*) leaves it 0.

**CONFIG**: the node refuses to start, or messages fail, as it is configured. **warning**: it works and will not go on working, or somebody waits. A check that has nothing to ask says why.
"""


def doctor() -> str:
    text = DOCTOR
    for area in dict.fromkeys(one.area for one in CHECKS):
        checks = [one for one in CHECKS if one.area == area]
        text += f"\n## {area}\n\n{(inspect.getdoc(import_module(checks[0].judge.__module__)) or '').splitlines()[0]}\n\n"
        text += table(
            ["check", "asks", "why it matters", "how to mend it", "who acts", "severity"],
            [[f"`{one.id}`", one.asks, one.why, one.fix, one.who.value, one.severity.value] for one in checks],
        )
    return text


AUDIT = """# What is written of each command

Each change of configuration, keys and agreements and everything that people do by hand is an entry of kind `act` in the log of evidence ([format](evidence.md)): who, what, why, when. `n2n audit list` and `n2n audit show`
read them: [how to](../howto/see-who-changed-what.md).

*Who* is what `--who` says, else the user of the machine. *Why* is `--why` or `--reason`, else the command line itself, without secrets and without what is written to a partner.

Private keys, passwords and tokens are never kept: of a key its certificates are, of other files with secrets all but these, and of what nobody knows nothing but that it changed.

Files that were changed by hand are noticed at the start of `n2n serve`, within seconds while it runs, and by every command that opens the store; the act says which, and that nobody said who. Why acts of files are written before
and behind: [decision 27](../decisions/0027-acts-before-and-behind.md).
"""


def audit() -> str:
    text = f"{AUDIT}\n## Commands that change something\n\n"
    text += table(["command", "what the log is told"], [[f"`n2n {one}`", told] for one, told in ACTS.items()])
    text += "\n## Commands that only look, and are written all the same\n\n"
    text += table(["command", "what the log is told"], [[f"`n2n {one}`", told] for one, told in RETRIEVALS.items()])
    text += "\n## What a node does by itself\n\n"
    text += table(["what happens", "what the log is told"], SERVED.items())
    reads = ", ".join(f"`n2n {one}`" for one in sorted(READS))
    return f"{text}\n## Commands that change nothing of a home\n\n{reads}.\n"


def locked(lock: Path) -> Iterator[tuple[str, str]]:
    for line in lock.read_text("utf-8").splitlines():
        if match := re.match(r"([\w.-]+)==([\w.]+)", line):
            yield match[1], match[2]


def licence_of(distribution: str) -> str | None:
    """The licence expression or the licence classifier of an installed distribution; None when it is not for this platform."""
    try:
        about = metadata(distribution)
    except PackageNotFoundError:
        return None
    classifiers = [
        c.rpartition(" :: ")[2]
        for c in about.get_all("Classifier", [])
        if c.startswith("License :: ") and c != "License :: OSI Approved"
    ]
    return about.get("License-Expression") or ", ".join(classifiers) or (about.get("License") or "unknown").splitlines()[0]


def dependencies() -> str:
    rows = [[name, licence] for name, _ in locked(ROOT / "requirements.lock") if (licence := licence_of(name))]
    return (
        "# Licences of dependencies\n\nWhat `requirements.lock` installs on Linux, and under which licence each says it comes. "
        "The extra `domibus` (pyas4, EUPL-1.2) is installed by nobody who does not ask for it.\n\n"
        + table(["distribution", "licence"], rows)
    )
