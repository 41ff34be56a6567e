"""Is the program made of what it needs: interpreter, libraries with their floors, algorithms, time zones, extras?"""

from collections.abc import Iterator
from typing import Final

from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts
from node.floors import LIBXML2, PYTHON
from node.store.sqlite import MENDED, is_mended

#: OpenSSL before this is no longer mended by anybody.
OPENSSL: Final = (3, 0, 0)
_INSTALL: Final = "install what requirements.lock names: pip install -r requirements.lock"


def dotted(version: tuple[int, ...]) -> str:
    """As people write a version."""
    return ".".join(map(str, version))


def _python(facts: Facts) -> Iterator[Found]:
    if facts.versions.python < PYTHON:
        yield Found("python", f"is {dotted(facts.versions.python)}, and {dotted(PYTHON)} is the oldest that this program knows")


def _sqlite(facts: Facts) -> Iterator[Found]:
    if not is_mended(facts.versions.sqlite):
        yield Found(
            "apsw", f"carries SQLite {facts.versions.sqlite}, and {dotted(MENDED)} is the first without the WAL-reset defect"
        )


def _libxml2(facts: Facts) -> Iterator[Found]:
    if facts.versions.libxml2 < LIBXML2:
        yield Found("lxml", f"carries libxml2 {dotted(facts.versions.libxml2)}, below {dotted(LIBXML2)}")


def _openssl(facts: Facts) -> Iterator[Found]:
    for place, version in (("cryptography", facts.versions.openssl), ("python's ssl", facts.versions.tls)):
        if version < OPENSSL:
            yield Found(place, f"works with OpenSSL {dotted(version)}, which nobody mends any more")


def _requirements(facts: Facts) -> Iterator[Found]:
    if facts.versions.unmet is None:
        raise NotApplicable("the program runs from a checkout, whose locks say what is installed")
    for name, what in facts.versions.unmet.items():
        yield Found(name, what)


def _algorithms(facts: Facts) -> Iterator[Found]:
    if not facts.setting.agreements.partners():
        raise NotApplicable("nothing is agreed with anybody yet")
    for place, why in facts.versions.unable.items():
        yield Found(place, why)


def _zones(facts: Facts) -> Iterator[Found]:
    for zone, why in facts.versions.zones.items():
        yield Found(zone, why)


def _extras(facts: Facts) -> Iterator[Found]:
    home, absent = facts.setting.home, facts.versions.absent
    if home.database and "psycopg" in absent:
        yield Found(
            "node.toml: store.database",
            "wants PostgreSQL, and psycopg is not installed",
            "pip install 'customs-n2n-node[postgres]' (psycopg is under LGPL-3.0, which is why it is no part of the core)",
        )
    for key, wanted in (
        ("store.payloads", home.bucket is not None),
        ("retention.archive", type(home.archive).__name__ == "Bucket"),
    ):
        if wanted and "obstore" in absent:
            yield Found(
                f"node.toml: {key}", "wants a bucket, and obstore is not installed", "pip install 'customs-n2n-node[s3]' (MIT)"
            )


def _uvloop(facts: Facts) -> Iterator[Found]:
    if "uvloop" in facts.versions.absent:
        yield Found("uvloop", "cannot be loaded, and n2n serve runs on it")


CHECKS: Final = (
    Check(
        "library.python",
        f"Python is {dotted(PYTHON)} or newer",
        "An older interpreter lacks what the program is written with.",
        "install a newer Python and set up again: ./n2n --help",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _python,
    ),
    Check(
        "library.sqlite",
        f"SQLite is {dotted(MENDED)} or newer",
        "Before it, two connections that write may damage a database in WAL mode; the node refuses to open its store.",
        f"install an apsw with SQLite {dotted(MENDED)} or newer",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _sqlite,
    ),
    Check(
        "library.libxml2",
        f"libxml2 is {dotted(LIBXML2)} or newer",
        "It reads what strangers send; older ones have known faults that a message can trigger. The node refuses to serve.",
        "install lxml 6.1 or newer from its wheel",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _libxml2,
    ),
    Check(
        "library.openssl",
        f"OpenSSL is {dotted(OPENSSL)} or newer, for messages and for TLS",
        "What nobody mends any more must not stand at the border.",
        "renew cryptography, and the Python that speaks TLS",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _openssl,
    ),
    Check(
        "library.requirements",
        "Every library that the program asks for is there and new enough",
        "What is older than what the code was written for fails at the moment it is used.",
        _INSTALL,
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _requirements,
    ),
    Check(
        "library.algorithms",
        "Every algorithm that was agreed can be done here, with the keys that are here",
        "An OpenSSL in FIPS mode, or one built without brainpool, refuses what a profile prescribes, at the first message.",
        "use an OpenSSL that has it, or agree on another profile",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _algorithms,
    ),
    Check(
        "library.zones",
        "The time zones of partners' calendars are known",
        "Maintenance windows are written in the partner's time; without its zone they cannot be kept.",
        "install tzdata",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _zones,
    ),
    Check(
        "library.extras",
        "What node.toml wants beyond the core is installed",
        "PostgreSQL and buckets need libraries that are no part of the core, some for the sake of their licence.",
        _INSTALL,
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _extras,
    ),
    Check(
        "library.loop",
        "The event loop of n2n serve can be loaded",
        "Without uvloop the node does not serve.",
        _INSTALL,
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _uvloop,
    ),
)
