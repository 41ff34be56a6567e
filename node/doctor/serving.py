"""Does somebody serve the home, on free ports, with the settings that stand in the files?"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts
from node.doctor.times import at

#: A process that says so for this long no more is gone, and others have taken over.
SILENT: Final = timedelta(minutes=5)


def _ports(facts: Facts) -> Iterator[Found]:
    if facts.serving.locked:
        raise NotApplicable("they are in use by n2n serve on this home")
    for key, why in facts.serving.ports.items():
        yield Found(f"node.toml: {key}", why)


def _served(facts: Facts) -> Iterator[Found]:
    condition = facts.store.condition
    if condition is None:
        raise NotApplicable("the store cannot be read, or is not there yet")
    if facts.serving.locked or _alive(facts):
        return
    waits = condition.oldest_due or condition.oldest_undelivered or condition.oldest_signal
    if waits is None:
        raise NotApplicable("nobody serves this home, and nothing waits for that")
    yield Found("n2n serve", f"does not run, and something waits since {at(waits)}")


def _alive(facts: Facts) -> list[str]:
    workers = facts.store.condition.workers if facts.store.condition else {}
    return [name for name, until in workers.items() if until is not None and until > facts.now]


def _changed(facts: Facts) -> Iterator[Found]:
    if not facts.serving.locked or facts.serving.since is None:
        raise NotApplicable("nobody serves this home")
    for name in facts.serving.changed:
        yield Found(name, f"has changed since n2n serve was started at {facts.serving.since:%Y-%m-%d %H:%M:%S} UTC")


def _heartbeats(facts: Facts) -> Iterator[Found]:
    condition = facts.store.condition
    if not facts.setting.home.database or condition is None:
        raise NotApplicable("rows lie in a SQLite file: one process alone serves it")
    for name, until in condition.workers.items():
        if until is not None and facts.now - until > SILENT:
            yield Found(name, f"was last heard of at {until:%Y-%m-%d %H:%M:%S} UTC")


def _open(facts: Facts) -> Iterator[Found]:
    listen = facts.setting.home.listen
    partners = facts.setting.agreements.partners()
    if listen.key is None:
        raise NotApplicable("a proxy on this machine speaks TLS")
    if not partners:
        raise NotApplicable("nothing is agreed with anybody yet")
    if listen.client_certificates == "none":
        for one in partners:
            if one.certificates.tls:
                yield Found(
                    "node.toml: listen.client_certificates",
                    f"asks for none, and {one.partner} agreed to show one: every message of theirs is refused",
                    severity=Severity.CONFIG,
                )
    for one in partners:
        if not one.certificates.tls:
            yield Found(
                f"{one.file}: certificates.tls",
                "names no certificate: whoever has one of listen.client_ca may connect in this partner's place",
            )


CHECKS: Final = (
    Check(
        "serving.ports",
        "The ports of listen are free, or ours",
        "A port that another program has keeps the node from starting.",
        "stop what uses it, or choose another port",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _ports,
    ),
    Check(
        "serving.runs",
        "Somebody serves this home when something waits",
        "What was submitted goes out, and what was accepted is handed over, only while the node serves.",
        "n2n serve",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _served,
    ),
    Check(
        "serving.changed",
        "The node serves with the settings that stand in the files",
        "Files are read at the start; what was edited since is not in force.",
        "stop n2n serve and start it again",
        Who.OPERATOR,
        Severity.WARNING,
        _changed,
    ),
    Check(
        "serving.heartbeats",
        "Each of several processes is alive",
        "Others take over what a dead one had in hand; a process that died still has to be looked at.",
        "look at its log, and start it again",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _heartbeats,
    ),
    Check(
        "serving.connections",
        "A connection names the partner before a word is believed",
        "TLS client certificates keep strangers from the reader of messages.",
        'agree on TLS certificates: certificates.tls in the agreement, client_certificates = "required" in [listen]',
        Who.OPERATOR,
        Severity.WARNING,
        _open,
    ),
)
