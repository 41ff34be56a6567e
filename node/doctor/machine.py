"""Has the machine what the node needs: room, memory, the right time, and none of a developer's switches?"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts

#: Below this /ready says no and messages are answered 503.
LEAST_FREE: Final = 96 * 1024**2
SOON_FULL: Final = 1024**3
LEAST_INODES: Final = 10_000
LEAST_MEMORY: Final = 256 * 1024**2
#: A clock that is farther off makes receipts and time-stamps that partners doubt.
MOST_OFF: Final = timedelta(seconds=2)
#: An entry may be this much in the future: two processes need not agree to the second.
AHEAD: Final = timedelta(minutes=2)
#: A rate of less than this says nothing.
LEAST_HISTORY: Final = timedelta(days=1)


def megabytes(octets: float) -> str:
    """As people say it."""
    return f"{octets / 1024**2:,.0f} MB" if octets < 10 * 1024**3 else f"{octets / 1024**3:,.0f} GB"


def _room(facts: Facts) -> Iterator[Found]:
    free = facts.machine.free
    if free < LEAST_FREE:
        yield Found("data", f"{megabytes(free)} are free: partners are answered 503")
    elif free < SOON_FULL:
        yield Found("data", f"{megabytes(free)} of {megabytes(facts.machine.size)} are free", severity=Severity.WARNING)


def _inodes(facts: Facts) -> Iterator[Found]:
    # Some file systems count none.
    if facts.machine.inodes and facts.machine.free_inodes < LEAST_INODES:
        yield Found("data", f"{facts.machine.free_inodes} of {facts.machine.inodes} files may still be made")


def _growth(facts: Facts) -> Iterator[Found]:
    """Whether what will come within the period of retention fits beside what is there."""
    condition, kept = facts.store.condition, facts.setting.home.retention.payload
    first = condition.first if condition else None
    if first is None or facts.now - first < LEAST_HISTORY:
        raise NotApplicable("the store is younger than a day: nothing says yet how fast it grows")
    if facts.setting.home.bucket is not None:
        raise NotApplicable("large payloads lie in a bucket")
    age = facts.now - first
    wanted = facts.places.octets * ((kept or timedelta(days=3660)) / age) if kept is None or kept > age else facts.places.octets
    more = wanted - facts.places.octets
    if more > facts.machine.free:
        for_how_long = f"{kept.days} days" if kept else "ten years"
        yield Found(
            "node.toml: retention.payload",
            f"payloads are kept for {for_how_long}: at the pace of the last {age.days} days they grow by {megabytes(more)}, "
            f"and {megabytes(facts.machine.free)} are free",
        )


def _memory(facts: Facts) -> Iterator[Found]:
    if facts.machine.memory is None:
        raise NotApplicable("this system does not tell its memory")
    if facts.machine.memory < LEAST_MEMORY:
        yield Found("memory", f"{megabytes(facts.machine.memory)} are available")


def _kept_right(facts: Facts) -> Iterator[Found]:
    if facts.machine.synchronised is None:
        raise NotApplicable("neither timedatectl nor chronyc tells anything here")
    if not facts.machine.synchronised:
        yield Found("clock", "nothing keeps the clock of this machine right")


def _off(facts: Facts) -> Iterator[Found]:
    if facts.machine.offset is None:
        raise NotApplicable("nobody here knows the right time: chronyc tells nothing")
    if abs(facts.machine.offset) > MOST_OFF:
        yield Found("clock", f"is {facts.machine.offset.total_seconds():+.1f} s off")


def _set_back(facts: Facts) -> Iterator[Found]:
    latest = facts.store.condition.latest if facts.store.condition else None
    if latest is None:
        raise NotApplicable("the store has no entry yet")
    if latest > facts.now + AHEAD:
        yield Found(
            "clock", f"says {facts.now:%Y-%m-%d %H:%M:%S} UTC, and the newest entry of the store is of {latest:%Y-%m-%d %H:%M:%S}"
        )


def _umask(facts: Facts) -> Iterator[Found]:
    if not facts.machine.umask & 0o002:
        yield Found("umask", f"is {facts.machine.umask:03o}: everybody may write into what is made under it")


def _debug(facts: Facts) -> Iterator[Found]:
    for switch in facts.machine.debug:
        yield Found(switch, "is on")
    if point := facts.machine.environment.get("N2N_FAILPOINT"):
        yield Found("N2N_FAILPOINT", f"the node kills itself at {point}", "unset N2N_FAILPOINT", severity=Severity.CONFIG)


CHECKS: Final = (
    Check(
        "machine.room",
        "The disk of the data folder has room",
        "Without room the node answers 503, and partners keep their messages.",
        "make room, or give data a larger disk",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _room,
    ),
    Check(
        "machine.inodes",
        "The disk may hold more files",
        "Each large payload and each message in the inbox is a file; a disk can be full of files and look empty.",
        "take messages out of data/inbox, or give data another file system",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _inodes,
    ),
    Check(
        "machine.growth",
        "What will be kept fits on the disk",
        "Retention removes nothing before its time; a period that is too long for the disk fills it.",
        "a larger disk, a shorter retention.payload, or payloads in a bucket: docs/howto/keep-payloads-in-a-bucket.md",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _growth,
    ),
    Check(
        "machine.memory",
        f"At least {LEAST_MEMORY // 1024**2} MB of memory are available",
        "A node that is killed for want of memory loses nothing, and answers nobody until it is started again.",
        "give the machine more memory, or set limits.threads lower",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _memory,
    ),
    Check(
        "machine.synchronised",
        "Something keeps the clock right",
        "Receipts, deadlines and certificates go by the clock; partners refuse what comes from tomorrow.",
        "install chrony, or timedatectl set-ntp true",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _kept_right,
    ),
    Check(
        "machine.clock",
        f"The clock is less than {MOST_OFF.seconds} seconds off",
        "A pull request whose time is wrong is refused, and a time-stamp that is wrong proves nothing.",
        "look at chronyc sources; set the clock before the node starts",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _off,
    ),
    Check(
        "machine.set-back",
        "The clock is not behind the newest entry of the store",
        "A machine that comes up in the past sends nothing that is due later, and finds certificates not valid yet.",
        "set the clock right, then start the node again",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _set_back,
    ),
    Check(
        "machine.umask",
        "What is made is not open for everybody to write into",
        "Agreements and certificates decide whom the node believes.",
        "umask 027 for the node's user",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _umask,
    ),
    Check(
        "machine.debug",
        "Switches for developers are off",
        "They are slow, say more than they should, or let the node crash on purpose.",
        "start the node without it",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _debug,
    ),
)
