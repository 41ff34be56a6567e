"""Can the store be read, is it of this version, and can what lies outside of it be reached?"""

from collections.abc import Iterator
from typing import Final

from node.configuration import Problem
from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts
from node.doctor.machine import megabytes

#: The log is cut to 64 MB at each checkpoint; far beyond it no checkpoint has come to its end for long.
MOST_LOG: Final = 512 * 1024**2
#: As a problem of the store names the version of its tables.
VERSION_KEY: Final = "schema_version"


def _told(one: Problem) -> Found:
    return Found(f"{one.file}: {one.key}" if one.key else one.file, one.problem, one.remedy)


def _reachable(facts: Facts) -> Iterator[Found]:
    if not facts.store.there:
        raise NotApplicable("there is no store yet: n2n serve makes one")
    for one in facts.store.trouble:
        if one.key != VERSION_KEY:
            yield _told(one)
    unread = facts.setting.unread
    if unread is not None and not facts.store.trouble:
        # It may be well again by now; what was judged here is without what was agreed there.
        what = f"{unread}: the agreements that both sides signed, and updates, could not be read and are not among what is judged"
        yield Found("store", what, "n2n doctor once more; n2n serve starts when they can be read")


def _version(facts: Facts) -> Iterator[Found]:
    if not facts.store.there:
        raise NotApplicable("there is no store yet: n2n serve makes one")
    for one in facts.store.trouble:
        if one.key == VERSION_KEY:
            yield _told(one)


def _log(facts: Facts) -> Iterator[Found]:
    if facts.setting.home.database:
        raise NotApplicable("rows lie in PostgreSQL, which keeps its own log")
    if facts.store.wal > MOST_LOG:
        yield Found(
            "data/node.db-wal",
            f"has grown to {megabytes(facts.store.wal)}: somebody has been reading for long, and no checkpoint ends",
        )


def _payloads(facts: Facts) -> Iterator[Found]:
    if facts.store.condition is None:
        raise NotApplicable("the store cannot be read, or is not there yet")
    if facts.store.payloads:
        yield Found("node.toml: store.payloads", facts.store.payloads)


def _audit(facts: Facts) -> Iterator[Found]:
    if facts.store.untold is None:
        raise NotApplicable("the store cannot be read, or no node has opened it yet")
    for path in facts.store.untold:
        yield Found(path, "was changed, and the log of evidence does not tell of it yet")


def _archive(facts: Facts) -> Iterator[Found]:
    if facts.setting.home.archive is None:
        raise NotApplicable("no archive is wanted (retention.archive)")
    if facts.store.archive:
        yield Found("node.toml: retention.archive", facts.store.archive)


CHECKS: Final = (
    Check(
        "store.reachable",
        "The database can be read",
        "Without it nothing is received and nothing sent.",
        "look at the disk, the permissions, or the PostgreSQL server",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _reachable,
    ),
    Check(
        "store.version",
        "The tables are those of this version of the program",
        "A program must not write into tables that a newer one has changed.",
        "n2n serve brings an older store up to date; for a newer one install the newer program again",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _version,
    ),
    Check(
        "store.log",
        f"The log of SQLite stays below {MOST_LOG // 1024**2} MB",
        "A log that only grows fills the disk and makes each reading slower.",
        "end whatever reads data/node.db for long (a backup that hangs, an open sqlite3), then start n2n serve again",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _log,
    ),
    Check(
        "store.payloads",
        "Large payloads can be written where they are to lie",
        "A message whose payload cannot be kept is answered 503.",
        "see docs/howto/keep-payloads-in-a-bucket.md",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _payloads,
    ),
    Check(
        "store.archive",
        "The archive can be written",
        "Until it can, retention removes no payloads and no messages, and the disk fills.",
        "mount it, or make the folder; its user is the node's",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _archive,
    ),
    Check(
        "store.audit",
        "The log of evidence tells the present settings, keys and agreements",
        "Whoever asks later by what the node went finds what the log told last.",
        "n2n serve, or any command that opens the store, writes it down: n2n audit list shows it",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _audit,
    ),
)
