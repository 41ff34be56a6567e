"""One seeded fault for each check of the clocks: what a process that serves has written into data/time.json."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from node.clock import SystemClock, running_seconds
from node.timekeeping.measurement import Measurement, by_chrony, by_servers
from node.timekeeping.offset import Offset, Unusable
from node.timekeeping.packet import Answer
from node.timekeeping.record import document_of
from node.timekeeping.timekeeping import Timekeeping
from tests.doctor.faults import Fault, not_a_demo, serving
from tests.doctor.homes import Home

MS, S = timedelta(milliseconds=1), timedelta(seconds=1)
SERVERS = '[time]\nservers = ["a", "b", "c"]\n'
CHRONY = '[time]\nsource = "chrony"\n'
Measured = Callable[[datetime], Measurement]


def said(*offsets: float | None) -> Measured:
    """Of servers a, b, c: milliseconds, or silence."""
    answers = {
        name: Unusable("no answer within 3 s") if one is None else Answer(Offset(one * MS, 10 * MS), 2, MS)
        for name, one in zip("abc", offsets, strict=False)
    }
    return lambda at: by_servers(answers, at)


def seeded(toml: str, measured: Measured | None = None, *, old: float = 0, apart: float | None = None) -> Callable[[Home], None]:
    """A home with these references that measured so many seconds ago, and heard a partner whose clock is so many seconds ahead."""

    def seed(home: Home) -> None:
        path, clock = home.folder / "node.toml", SystemClock()
        path.write_text(path.read_text("utf-8") + "\n" + toml, "utf-8")
        timekeeping = Timekeeping(clock, running_seconds, lambda: timedelta(hours=1))
        if measured is not None:
            timekeeping.hold(measured(clock.now() - old * S))
        if apart is not None:
            timekeeping.partners.hear_date("kr", clock.now() + apart * S, clock.now(), clock.now())
        (home.folder / "data" / "time.json").write_text(json.dumps(document_of(timekeeping)))

    return seed


def damaged(home: Home) -> None:
    (home.folder / "data" / "time.json").write_text("{")


FAULTS = [
    Fault("time.named", not_a_demo(), place="node.toml: time", what="names no reference"),
    Fault("time.enough", seeded('[time]\nservers = ["a"]\n'), place="time.servers", what="names one server"),
    Fault("time.enough", seeded('[time]\nservers = ["a", "b"]\n'), place="time.servers", what="names 2 servers"),
    Fault("time.reached", seeded(SERVERS, said(1, 2, None)), place="time.servers", what="c: no answer within 3 s"),
    Fault("time.agree", seeded(SERVERS, said(1, 2, 900)), place="time.servers", what="c says +900 ms, within 10 ms"),
    Fault(
        "time.chrony",
        seeded(CHRONY, lambda at: by_chrony(Unusable("chrony is not synchronised"), at)),
        place="chronyc",
        what="not synchronised",
    ),
    Fault("time.known", seeded(SERVERS), serving(locked=True), place="clock", what="no reference has been asked"),
    Fault("time.known", seeded(SERVERS, said(1, 2, 3), old=3700), serving(locked=True), place="clock", what="too long ago"),
    Fault(
        "time.known",
        seeded(SERVERS, said(None, None, None)),
        serving(locked=True),
        place="clock",
        what="no reference gave an answer",
    ),
    Fault("time.known", seeded(SERVERS, said(1, None, None)), serving(locked=True), place="clock", what="a alone answered"),
    Fault("time.offset", seeded(SERVERS, said(5000, 5002, 5001)), place="clock", what="+5001 ms"),
    Fault(
        "time.offset", seeded(CHRONY, lambda at: by_chrony((Offset(-3 * S, MS), "192.0.2.1"), at)), place="clock", what="-3000 ms"
    ),
    Fault("time.kept", damaged, place="data/time.json", what="time.json"),
    Fault("time.partners", seeded("", apart=90), place="partners/kr", what="ahead by 90 s to 92 s"),
    Fault("time.partners", seeded("", apart=-3600), place="partners/kr", what="behind by 3598 s to 3600 s"),
]
