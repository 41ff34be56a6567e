"""`[time]` of node.toml: by which references this machine's clock is judged, how often, and how far it may be off."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from node.configuration import Table
from node.msh.schedule import ScheduleError, read_duration

SOURCES: Final = ("none", "ntp", "chrony")
#: More often no server is asked by a client that measures only. Source: RFC 4330 10 best practice 1; RFC 8633 3.
LEAST_EVERY: Final = timedelta(seconds=64)
_MOST_SERVERS: Final = 10


@dataclass(frozen=True, slots=True)
class References:
    """Who is asked about the time. Nobody as long as the operator names nobody."""

    source: str = "none"
    #: Host and port of each NTP server.
    servers: tuple[tuple[str, int], ...] = ()
    every: timedelta = timedelta(minutes=10)
    #: What was measured longer ago is written into no entry of the log.
    max_age: timedelta = timedelta(hours=1)
    #: Farther from its references the clock is told to be wrong.
    max_offset: timedelta = timedelta(seconds=1)


def read_references(table: Table) -> References:
    """`[time]`, every problem noted."""
    standard, servers = References(), tuple(_servers(table))
    source = table.choice("source", "ntp" if servers else "none", SOURCES)
    found = References(
        source,
        servers,
        _length(table, "every", standard.every),
        _length(table, "max_age", standard.max_age),
        _length(table, "max_offset", standard.max_offset),
    )
    if source == "ntp" and not servers and "servers" not in table.values:
        table.problem(
            "servers",
            "is required: no server is asked that is not named here",
            'servers = ["ntp1.example", "ntp2.example", "ntp3.example"]',
        )
    if source != "ntp" and servers:
        table.problem(
            "source",
            f"is {source!r}, and servers are named, which nobody then asks",
            'write source = "ntp", or leave servers out',
        )
    if found.every < LEAST_EVERY:
        table.problem("every", f"must be at least {LEAST_EVERY.seconds} s: servers refuse who asks more often")
    elif found.max_age < found.every:
        table.problem("max_age", "is shorter than every: what was measured would be too old before the next measurement")
    table.finish()
    return found


def _servers(table: Table) -> "list[tuple[str, int]]":
    found: list[tuple[str, int]] = []
    for said in table.texts("servers"):
        host, port = _parts(said)
        if not host or not 0 < port < 65536 or any(one.isspace() or one in "/@" for one in host):
            table.problem(
                "servers",
                f"{said!r} is no server",
                "write a host name or an address, and a port after a colon where it is not 123",
            )
        elif (host, port) in found:
            table.problem("servers", f"names {said!r} twice", "one server counts once in a majority")
        else:
            found.append((host, port))
    if len(found) > _MOST_SERVERS:
        table.problem("servers", f"names {len(found)} servers, at most {_MOST_SERVERS}")
    return found


def _parts(said: str) -> tuple[str, int]:
    """Host and port; `[2001:db8::1]:123` and `2001:db8::1` are read as well."""
    if said.startswith("["):
        host, closed, rest = said[1:].partition("]")
        port = rest.removeprefix(":") if closed and rest.startswith(":") else "123" if closed and not rest else ""
    elif said.count(":") > 1:
        host, port = said, "123"
    else:
        host, colon, port = said.partition(":")
        port = port if colon else "123"
    return host, int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0


def _length(table: Table, name: str, standard: timedelta) -> timedelta:
    said = table.optional(name)
    try:
        return read_duration(said) if said else standard
    except ScheduleError as error:
        table.problem(name, str(error), error.remedy)
        return standard
