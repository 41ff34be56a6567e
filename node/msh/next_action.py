"""What happens next to a message of ours: pure, told the time and the chance, so that a year can be tried in a second."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from node.ebms.states import OutboundState
from node.msh.schedule import Schedule, duration_text

#: A partner that asks for more patience than this is asked again all the same.
LONGEST_ASKED: Final = timedelta(hours=1)
#: What happens to messages while the partner's system is closed.
BUFFER, REJECT, FALL_BACK = "buffer", "reject", "fall back"


# -- the partner's calendar ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Closed:
    """The partner's system is closed by agreement: what it is called, until when, and what happens to messages."""

    name: str
    until: datetime
    policy: str = BUFFER
    #: Where messages go instead, with the policy `fall back`.
    address: str = ""

    @property
    def why(self) -> str:
        """The reason for waiting, in words."""
        return f"{self.name} until {self.until.isoformat(timespec='minutes').replace('+00:00', 'Z')}"


class Calendar(Protocol):
    """When a partner's system is closed by agreement."""

    def closed(self, at: datetime) -> Closed | None:
        """The window in which this instant lies, or None."""
        ...

    def after(self, start: datetime, open_time: timedelta) -> tuple[datetime, str]:
        """The instant at which the partner has been open for so long, and the window that put it off, if one did."""
        ...


class AlwaysOpen:
    """The calendar of a partner that has none."""

    def closed(self, at: datetime) -> Closed | None:  # noqa: ARG002 - a port
        """Never."""
        return None

    def after(self, start: datetime, open_time: timedelta) -> tuple[datetime, str]:
        """Plain addition."""
        return start + open_time, ""


ALWAYS_OPEN: Final = AlwaysOpen()


# -- the decision ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision rests on."""

    schedule: Schedule
    #: SUBMITTED and READY wait for an attempt, AWAITING_RECEIPT for the receipt of the last one.
    state: OutboundState
    #: Attempts made.
    attempts: int = 0
    #: What was decided before; None where an attempt has just ended and nothing is decided yet.
    due_at: datetime | None = None
    give_up_at: datetime | None = None
    calendar: Calendar = ALWAYS_OPEN
    #: Why no further attempt can help, if so.
    hopeless: str = ""


@dataclass(frozen=True, slots=True)
class Send:
    """An attempt may begin."""

    #: Instead of the agreed address.
    address: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing before `until`; `why` is empty where it simply waits for its turn."""

    until: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No receipt came and no attempt is left."""

    why: str


Action = Send | Wait | GiveUp


def next_action(facts: Facts, now: datetime, chance: float) -> Action:
    """Send now, wait, or give up; `now` must not jump, `chance` lies between 0 and 1."""
    if facts.hopeless:
        return GiveUp(facts.hopeless)
    if facts.attempts and (why := _at_an_end(facts, now)):
        return GiveUp(why)
    if facts.due_at is None:
        return _wait(facts, now, chance)
    if now < facts.due_at:
        return Wait(facts.due_at)
    closed = facts.calendar.closed(now)
    if closed is not None and closed.policy != FALL_BACK:
        return Wait(closed.until, closed.why)
    return Send(closed.address if closed else "")


def horizon_end(schedule: Schedule, calendar: Calendar, first_attempt: datetime) -> datetime | None:
    """When it is given up: the horizon after the first attempt, counted in the partner's open time."""
    return calendar.after(first_attempt, schedule.horizon)[0] if schedule.horizon else None


def _at_an_end(facts: Facts, now: datetime) -> str:
    """Why it is given up now, or nothing."""
    schedule = facts.schedule
    # spec: A 3.2
    if facts.give_up_at is not None and now >= facts.give_up_at:
        within = f" within {duration_text(schedule.horizon)}" if schedule.horizon else " in time"
        return f"given up: no receipt{within}, {facts.attempts} attempts"
    if not schedule.used_up(facts.attempts):
        return ""
    if facts.state is OutboundState.AWAITING_RECEIPT:
        # The last attempt, too, has its time for the receipt.
        if facts.due_at is None or now < facts.due_at:
            return ""
    elif facts.due_at is not None:
        # It was decided to send it: a crash has cut off the attempt before, or the agreement has changed since.
        return ""
    allowed = 1 + (schedule.retries or 0)
    return f"given up after {facts.attempts} of {allowed} attempts"


def _wait(facts: Facts, now: datetime, chance: float) -> Wait:
    """Until when an attempt that has just ended lets it wait, or a message that was never tried."""
    if not facts.attempts:
        length = timedelta()
    elif facts.state is OutboundState.AWAITING_RECEIPT:
        length = facts.schedule.receipt
    else:
        length = facts.schedule.wait(facts.attempts, chance)
    until, why = facts.calendar.after(now, length)
    if facts.give_up_at is not None and until > facts.give_up_at:
        return Wait(facts.give_up_at, why or "the horizon: no further attempt fits before it")
    return Wait(until, why)


# -- what the store writes -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Next:
    """A decision as the store keeps it beside the outcome that led to it."""

    due_at: datetime | None = None
    give_up_at: datetime | None = None
    waits_for: str = ""
    #: Why it was given up, if so.
    gave_up: str | None = None


#: Decides from what only the transaction knows: the state after the outcome, the attempts made, and the end of the horizon if it is set.
Decide = Callable[[OutboundState, int, datetime | None], Next]


def decide_after(
    schedule: Schedule, calendar: Calendar, now: datetime, chance: float, hopeless: str = "", asked: timedelta = timedelta()
) -> Decide:
    """The decision that follows an attempt, for the store to ask in its transaction; asked twice it says the same.

    `asked` is for how long the partner wants to be left alone: never longer than LONGEST_ASKED, and not beyond the horizon.
    """
    alone_until = now + min(asked, LONGEST_ASKED)

    def decide(state: OutboundState, attempts: int, give_up_at: datetime | None) -> Next:
        end = give_up_at or horizon_end(schedule, calendar, now)
        facts = Facts(schedule, state, attempts, None, end, calendar, hopeless)
        match next_action(facts, now, chance):
            case GiveUp(why):
                return Next(None, end, gave_up=why)
            case Wait(until, why) if until < alone_until and (end is None or alone_until < end):
                return Next(alone_until, end, why or "the partner asked to be left alone for a while")
            case Wait(until, why):
                return Next(until, end, why)
            case Send():
                return Next(now, end)

    return decide


#: Begins the channel on which an answer waits for the HTTP exchange of its request; no agreement can name such a channel.
_SECOND_LEG: Final = "second leg of "


def second_leg_of(message_id: str) -> str:
    """The channel on which the answer to this request waits."""
    return _SECOND_LEG + message_id


def is_second_leg(mpc: str) -> bool:
    """Whether this is such a channel: what waits there is pushed when it is due."""
    return mpc.startswith(_SECOND_LEG)


def to_be_pulled(partner: str, mpc: str) -> str:
    """Why a message waits that the partner pulls, in words."""
    if is_second_leg(mpc):
        return f"to go to {partner} on the connection of {mpc.removeprefix(_SECOND_LEG)}, else to be pushed"
    return f"to be pulled by {partner} on MPC {mpc}"


# -- trying a schedule -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One line of a rehearsal: an attempt (`number`), or the end (0)."""

    number: int
    at: datetime
    why: str = ""
    address: str = ""


def rehearse(
    schedule: Schedule, calendar: Calendar, start: datetime, chance: Callable[[], float], most: int = 10_000
) -> Iterator[Rehearsed]:
    """Every attempt that a message submitted at `start` gets if no attempt ever succeeds, and its end."""
    facts = Facts(schedule, OutboundState.SUBMITTED, calendar=calendar)
    now, why = start, ""
    while facts.attempts < most:
        match next_action(facts, now, chance()):
            case GiveUp(reason):
                yield Rehearsed(0, now, reason)
                return
            case Wait(until, reason):
                facts, now, why = replace(facts, due_at=until), max(until, now), reason or why
            case Send(address):
                made = facts.attempts + 1
                yield Rehearsed(made, now, why, address)
                end = facts.give_up_at or horizon_end(schedule, calendar, now)
                facts = replace(facts, state=OutboundState.READY, attempts=made, due_at=None, give_up_at=end)
                why = ""
