"""Does somebody know how far this machine's clock is off, is it right, and are partners' clocks?"""

from collections.abc import Iterator
from typing import Final

from node.clocks import Clocks, Standing, in_words
from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts
from node.timekeeping.measurement import Asked

#: Of two servers that differ nobody knows which lies.
ENOUGH: Final = 3
_SERVERS: Final = "node.toml: time.servers"


def _known(facts: Facts) -> Clocks:
    assert facts.clocks is not None
    if facts.clocks.references.source == "none":
        raise NotApplicable("node.toml names no reference for the clock ([time])")
    return facts.clocks


def _asked(facts: Facts, source: str) -> tuple[Asked, ...]:
    clocks = _known(facts)
    if clocks.references.source != source:
        raise NotApplicable(f'node.toml says time.source = "{clocks.references.source}"')
    last = clocks.timekeeping.last
    if last is None:
        raise NotApplicable("no reference has been asked yet: n2n serve does, and n2n time --ask")
    return last.measurement.asked


def _named(facts: Facts) -> Iterator[Found]:
    if facts.demo:
        raise NotApplicable("this is a demo, which asks nobody")
    if facts.clocks is not None and facts.clocks.references.source == "none":
        yield Found("node.toml: time", "names no reference: what is kept as evidence says nothing of how far this clock was off")


def _enough(facts: Facts) -> Iterator[Found]:
    references = _known(facts).references
    if references.source != "ntp":
        raise NotApplicable("chrony chooses its servers by itself")
    if len(references.servers) < ENOUGH:
        many = "one server" if len(references.servers) == 1 else f"{len(references.servers)} servers"
        yield Found(_SERVERS, f"names {many}: one that lies is not found")


def _reached(facts: Facts) -> Iterator[Found]:
    for one in _asked(facts, "ntp"):
        if one.trouble:
            yield Found(_SERVERS, f"{one.name}: {one.trouble}")


def _agree(facts: Facts) -> Iterator[Found]:
    for one in _asked(facts, "ntp"):
        if one.offset is not None and not one.agrees:
            yield Found(
                _SERVERS,
                f"{one.name} says {one.offset.offset_ms:+d} ms, within {one.offset.within_ms} ms, and most do not agree with it",
            )


def _chrony(facts: Facts) -> Iterator[Found]:
    for one in _asked(facts, "chrony"):
        if one.trouble:
            yield Found("chronyc tracking", one.trouble)


def _fresh(facts: Facts) -> Iterator[Found]:
    standing, words = _known(facts).judged()
    if not facts.serving.locked:
        raise NotApplicable("nobody serves this home, so nobody measures: n2n time --ask does it once")
    if standing is Standing.UNKNOWN:
        yield Found("clock", f"nobody knows how far it is off: {words}")


def _offset(facts: Facts) -> Iterator[Found]:
    clocks = _known(facts)
    standing, words = clocks.judged()
    if standing is Standing.UNKNOWN:
        raise NotApplicable("nobody knows how far the clock is off")
    if standing is Standing.OFF:
        yield Found("clock", f"is off by more than time.max_offset: {words}")


def _kept(facts: Facts) -> Iterator[Found]:
    if facts.clocks_trouble:
        yield Found("data/time.json", facts.clocks_trouble)


def _partners(facts: Facts) -> Iterator[Found]:
    found = list(facts.clocks.partners()) if facts.clocks is not None else []
    if not found:
        raise NotApplicable("no partner has told its time yet")
    for one in found:
        if one.off:
            agreed = f"{one.max_apart.total_seconds():g} s"
            what = f"the clock of {one.partner} is {in_words(one.counts)} by its {one.by} of {one.counts.at:%Y-%m-%d %H:%M:%S} UTC; agreed are {agreed}"
            yield Found(f"partners/{one.partner}", what)


CHECKS: Final = (
    Check(
        "time.named",
        "References are named by which the clock is judged",
        "Evidence says by whose clock it was written; how far that was off must come from a third side.",
        "[time] in node.toml: docs/howto/keep-the-clock-honest.md",
        Who.ADMINISTRATOR,
        Severity.INFO,
        _named,
    ),
    Check(
        "time.enough",
        f"At least {ENOUGH} servers are named",
        "Of three, one that lies or is broken is found; of two nobody knows which.",
        "name more in time.servers, or let chrony follow them: time.source",
        Who.ADMINISTRATOR,
        Severity.INFO,
        _enough,
    ),
    Check(
        "time.reached",
        "Each NTP server gave an answer that can be used",
        "Servers that fall silent one by one leave nobody who could find a liar.",
        "let the firewall pass UDP port 123 to it; name another where it refuses us",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _reached,
    ),
    Check(
        "time.agree",
        "All NTP servers agree",
        "A server that is wrong counts for nothing, and is one fewer.",
        "name another in its place",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _agree,
    ),
    Check(
        "time.chrony",
        "The chrony of this machine is synchronised",
        "The node takes its word for how far the clock is off.",
        "look at chronyc sources; let the node's user ask it (bindcmdaddress, cmdport)",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _chrony,
    ),
    Check(
        "time.known",
        "It is known how far the clock is off",
        "Without a measurement that is still good, evidence is written without one.",
        "n2n time --ask tells why; see the checks before this one",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _fresh,
    ),
    Check(
        "time.offset",
        "The clock is as near to its references as time.max_offset wants",
        "Whatever is signed and kept carries the wrong time, and partners may refuse it.",
        "look at what keeps the clock right (chronyc tracking); stop n2n serve before a clock is set by much",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _offset,
    ),
    Check(
        "time.kept",
        "What is known of the clocks can be read",
        "After a restart nothing is known of partners' clocks until they tell their time again.",
        "remove it; it is written anew",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _kept,
    ),
    Check(
        "time.partners",
        "Partners' clocks are as near to ours as was agreed",
        "One of the two is wrong, and each side's evidence tells another story.",
        "n2n time tells ours; where it is right, tell the partner; leg.x.time.max_apart says what is agreed",
        Who.PARTNER,
        Severity.WARNING,
        _partners,
    ),
)
