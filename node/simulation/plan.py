"""What will happen in a simulated year: made from a seed before anything runs, so that it can be shown, cut down and run again."""

import random
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from node.msh.next_action import BUFFER, FALL_BACK, REJECT

DAY: Final = 86_400.0
#: After the last day everything works, until each message's fate must be settled.
QUIET_DAYS: Final = 12
WEEK_HOURS: Final = 168
ZONES: Final = ("UTC", "Asia/Taipei", "Europe/Brussels", "America/New_York")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Submission:
    """A producer hands over one document."""

    at: float
    sender: int
    receiver: int
    size: int
    priority: int = 5

    def __str__(self) -> str:
        return f"submit {name(self.sender)} -> {name(self.receiver)}, {self.size} octets"


@dataclass(frozen=True, slots=True)
class Outage:
    """A nation's machine is off."""

    at: float
    nation: int
    seconds: float

    def __str__(self) -> str:
        return f"power cut at {name(self.nation)}, back after {_span(self.seconds)}"


@dataclass(frozen=True, slots=True)
class Crash:
    """A nation's node dies when it has passed so many more fail points; with `power`, the machine dies, and unsynced writes with it."""

    at: float
    nation: int
    passes: int
    power: bool
    seconds: float

    def __str__(self) -> str:
        return f"{name(self.nation)} dies at the {self.passes}. step from here ({'power' if self.power else 'process'}), back after {_span(self.seconds)}"


@dataclass(frozen=True, slots=True)
class Weather:
    """The network between two nations is bad: probabilities for each request."""

    at: float
    one: int
    other: int
    seconds: float
    cut: float = 0.0
    lost_request: float = 0.0
    lost_answer: float = 0.0
    doubled: float = 0.0
    damaged: float = 0.0
    garbage: float = 0.0

    def __str__(self) -> str:
        told = ("cut", "lost_request", "lost_answer", "doubled", "damaged", "garbage")
        words = ", ".join(f"{one} {getattr(self, one):.0%}" for one in told if getattr(self, one))
        return f"bad network {name(self.one)} - {name(self.other)} for {_span(self.seconds)}: {words}"


@dataclass(frozen=True, slots=True)
class ClockJump:
    """A nation's clock is set."""

    at: float
    nation: int
    seconds: float

    def __str__(self) -> str:
        return f"the clock of {name(self.nation)} jumps by {_span(self.seconds)}"


@dataclass(frozen=True, slots=True)
class RollOver:
    """A nation begins to sign with its next key, which its partners hold already."""

    at: float
    nation: int

    def __str__(self) -> str:
        return f"{name(self.nation)} signs with its next key"


@dataclass(frozen=True, slots=True)
class ConsumerDown:
    """A nation's consumer takes nothing."""

    at: float
    nation: int
    seconds: float

    def __str__(self) -> str:
        return f"the consumer of {name(self.nation)} takes nothing for {_span(self.seconds)}"


@dataclass(frozen=True, slots=True)
class Window:
    """A nation's machine is closed for some hours of every week, as its partners have agreed; only a stand-by address may answer then."""

    nation: int
    policy: str
    #: Monday is 0; `hour` is the local hour at which it begins.
    day: int
    hour: int
    hours: int
    zone: str = "UTC"

    def holds(self, at: datetime) -> bool:
        """Whether it is closed at this instant: counted here by itself, since the node's own calendar is what is tried."""
        local = at.astimezone(ZoneInfo(self.zone))
        since = 24 * (local.weekday() - self.day) + local.hour - self.hour
        return since % WEEK_HOURS < self.hours

    def __str__(self) -> str:
        return f"{name(self.nation)} is closed for {self.hours} h from hour {self.hour} of weekday {self.day} in {self.zone}, {self.policy}"


Event = Submission | Outage | Crash | Weather | ClockJump | RollOver | ConsumerDown


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole run; `events` in the order of their time, in seconds from the start."""

    seed: int
    nations: int
    days: int
    pairs: tuple[tuple[int, int], ...]
    events: tuple[Event, ...]
    windows: tuple[Window, ...] = ()

    def without(self, events: frozenset[int]) -> "Plan":
        """The same run but for the events at these places."""
        return replace(self, events=tuple(one for place, one in enumerate(self.events) if place not in events))


def name(nation: int) -> str:
    """How a nation is called."""
    return f"nation-{nation:02d}"


def make_plan(seed: int, nations: int, days: int, messages: int) -> Plan:
    """The year of a seed. Raises ValueError for fewer than two nations, or no time."""
    if nations < 2 or days < 1 or messages < 1:
        raise ValueError("a simulation needs two nations, a day and a message at least")
    chance = random.Random(seed)
    pairs = _pairs(chance, nations)
    events = [
        *_submissions(chance, pairs, days, messages),
        *_troubles(chance, nations, pairs, days),
    ]
    in_order = tuple(sorted(events, key=lambda one: (one.at, str(one))))
    return Plan(seed, nations, days, tuple(pairs), in_order, _windows(chance, nations))


def _pairs(chance: random.Random, nations: int) -> list[tuple[int, int]]:
    """Who has agreements: a ring, and three more partners each."""
    found = {(one, (one + 1) % nations) for one in range(nations)}
    for one in range(nations):
        for other in chance.sample(range(nations), min(3, nations)):
            if one != other and (other, one) not in found:
                found.add((one, other))
    return sorted({(min(pair), max(pair)) for pair in found})


def _windows(chance: random.Random, nations: int) -> tuple[Window, ...]:
    """Two of three nations close every week, each for another reason and by another clock."""
    policies = [BUFFER, REJECT, FALL_BACK]
    chance.shuffle(policies)
    return tuple(
        Window(
            nation, policies[nation % 3], chance.randrange(7), chance.randrange(24), chance.randrange(2, 13), chance.choice(ZONES)
        )
        for nation in range(nations)
        if nation < 3 or chance.random() < 0.6
    )


def _submissions(chance: random.Random, pairs: list[tuple[int, int]], days: int, messages: int) -> list[Submission]:
    """Most in bursts, as customs work comes: a manifest and its certificates."""
    found: list[Submission] = []
    while len(found) < messages:
        pair = chance.choice(pairs)
        sender, receiver = pair if chance.random() < 0.5 else pair[::-1]
        at = chance.uniform(0, days * DAY)
        for _ in range(min(chance.choice((1, 1, 1, 2, 3, 5, 20)), messages - len(found))):
            at += chance.expovariate(1 / 20)
            size = int(chance.lognormvariate(7.5, 1.0)) % 60_000 + 100
            found.append(Submission(at, sender, receiver, size, chance.choice((2, 5, 5, 5, 8))))
    return found


def _troubles(chance: random.Random, nations: int, pairs: list[tuple[int, int]], days: int) -> list[Event]:
    """Outages of minutes to weeks, crashes at any step, bad networks, clocks, keys, consumers."""
    found: list[Event] = []
    for nation in range(nations):
        for _ in range(_times(chance, days, every=40)):
            longest = min(14.0, days / 4) * DAY
            (usual,) = chance.choices((300.0, 3600.0, DAY, longest), (5, 4, 2, 1))
            seconds = min(usual * chance.uniform(0.5, 1), longest)
            found.append(Outage(chance.uniform(0, days * DAY), nation, seconds))
        for _ in range(_times(chance, days, every=4)):
            at, passes = chance.uniform(0, days * DAY), chance.randrange(1, 30)
            found.append(Crash(at, nation, passes, chance.random() < 0.5, chance.expovariate(1 / 600)))
        for _ in range(_times(chance, days, every=60)):
            jump = chance.choice((-DAY, -3600.0, 3600.0, DAY)) * chance.uniform(0.1, 1)
            found.append(ClockJump(chance.uniform(0, days * DAY), nation, jump))
        found.extend(
            ConsumerDown(chance.uniform(0, days * DAY), nation, chance.uniform(600, 2 * DAY))
            for _ in range(_times(chance, days, every=50))
        )
        if days >= 4:
            found.append(RollOver(chance.uniform(days / 4, days * 3 / 4) * DAY, nation))
    for one, other in pairs:
        found.extend(_weather(chance, one, other, days) for _ in range(_times(chance, days, every=6)))
    return found


def _weather(chance: random.Random, one: int, other: int, days: int) -> Weather:
    at, seconds = chance.uniform(0, days * DAY), chance.expovariate(1 / (6 * 3600))
    kind = chance.choice(("cut", "lost_request", "lost_answer", "doubled", "damaged", "garbage", "storm"))
    if kind == "storm":
        rates = {"lost_request": 0.2, "lost_answer": 0.3, "doubled": 0.2, "damaged": 0.1, "garbage": 0.1}
    else:
        rates = {kind: 1.0 if kind == "cut" else chance.uniform(0.2, 0.9)}
    return Weather(at, one, other, seconds, **rates)


def _times(chance: random.Random, days: int, every: float) -> int:
    """How often something happens that comes once in `every` days."""
    expected = days / every
    return int(expected) + (chance.random() < expected % 1)


def _span(seconds: float) -> str:
    """A span of time in words."""
    sign, seconds = "-" if seconds < 0 else "", abs(seconds)
    for unit, length in (("d", DAY), ("h", 3600.0), ("min", 60.0)):
        if seconds >= length:
            return f"{sign}{seconds / length:.1f} {unit}"
    return f"{sign}{seconds:.0f} s"
