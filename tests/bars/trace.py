"""System calls as strace wrote them down: one event for each call that has returned, in the order in which the calls returned."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_LINE = re.compile(r"^(?P<pid>\d+)\s+(?P<rest>.*)$")
_UNFINISHED = re.compile(r"^(?P<call>\w+)\((?P<arguments>.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"^<\.\.\. (?P<call>\w+) resumed>\s?(?P<rest>.*)$")
_WHOLE = re.compile(r"^(?P<call>\w+)\((?P<arguments>.*)\)\s+= (?P<result>-?\d+)")


@dataclass(frozen=True)
class Call:
    """One system call; `began` is the number of calls that had returned when it was entered."""

    name: str
    arguments: str
    result: int
    began: int


def calls(lines: Iterable[str]) -> Iterator[Call]:
    """The calls of all threads (`strace -f`)."""
    open_: dict[str, tuple[str, int]] = {}
    done = 0
    for line in lines:
        read = _LINE.match(line)
        if read is None:
            continue
        pid, rest, began = read["pid"], read["rest"], done
        if unfinished := _UNFINISHED.match(rest):
            open_[pid] = (f"{unfinished['call']}({unfinished['arguments']}", done)
            continue
        if resumed := _RESUMED.match(rest):
            before, began = open_.pop(pid, ("", done))
            rest = before + resumed["rest"]
        if whole := _WHOLE.match(rest):
            done += 1
            yield Call(whole["call"], whole["arguments"], int(whole["result"]), began)
