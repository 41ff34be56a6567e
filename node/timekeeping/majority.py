"""What several references say together: the time that more than half of them can agree on, so that one that lies, or is broken, moves nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from node.timekeeping.offset import Offset, Unusable, median


@dataclass(frozen=True, slots=True)
class Majority:
    """What was agreed on, and by whom."""

    offset: Offset
    agreeing: tuple[str, ...]
    #: Who answered, and cannot be right if the others are.
    others: tuple[str, ...]


def agree(answers: Mapping[str, Offset], named: int) -> Majority:
    """The largest group whose intervals share an instant, if it is more than half of who answered. Source: RFC 5905 11.2.1.

    Where three or more are named one alone is not believed, however many are silent: whoever can silence two is not to choose the third.
    Raises Unusable.
    """
    if not answers:
        raise Unusable("no reference gave an answer that can be used")
    least, most, size = _shared(answers)
    agreeing = tuple(name for name, one in answers.items() if one.least <= least and most <= one.most)
    others = tuple(name for name in answers if name not in agreeing)
    if size * 2 <= len(answers):
        raise Unusable(f"of {len(answers)} references that answered no more than {size} agree: {_told(answers)}")
    if named >= 3 and size < 2:
        raise Unusable(f"of {named} references {agreeing[0]} alone answered, and one alone is not believed")
    offset = median(answers[name].offset for name in agreeing)
    # What all share may be very narrow by chance; no better than the best of them is claimed.
    within = max(most - offset, offset - least, min(answers[name].within for name in agreeing))
    return Majority(Offset(offset, within), agreeing, others)


def _shared(answers: Mapping[str, Offset]) -> tuple[timedelta, timedelta, int]:
    """What the most intervals share, and how many they are."""
    # An interval begins before another ends at the same place, since they then share it.
    ends = sorted([(one.least, 0) for one in answers.values()] + [(one.most, 1) for one in answers.values()])
    best, open_now, found = 0, 0, (timedelta(), timedelta())
    for n, (at, closes) in enumerate(ends):
        if closes:
            open_now -= 1
            continue
        open_now += 1
        if open_now > best:
            best, found = open_now, (at, ends[n + 1][0])
    return *found, best


def _told(answers: Mapping[str, Offset]) -> str:
    return ", ".join(f"{name} {one.offset_ms:+d} ms within {one.within_ms} ms" for name, one in answers.items())
