"""Are keys and messages closed to others, settings closed to their pens, and folders open to the node?"""

from collections.abc import Iterable, Iterator
from typing import Final

from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts, Place

_OTHERS: Final = 0o077


def _closed(places: Iterable[Place], what: str) -> Iterator[Found]:
    for place in places:
        if place.mode & _OTHERS:
            wanted = "700" if place.is_folder else "600"
            yield Found(place.name, f"has mode {place.mode:03o}: others may read {what}", f"chmod {wanted} {place.name}")


def _keys(facts: Facts) -> Iterator[Found]:
    if not facts.places.own:
        raise NotApplicable("there is no certs/own")
    yield from _closed(facts.places.own, "our keys")


def _messages(facts: Facts) -> Iterator[Found]:
    if not facts.places.data:
        raise NotApplicable("there is no data folder yet")
    yield from _closed(facts.places.data, "messages")


def _settings(facts: Facts) -> Iterator[Found]:
    for place in facts.places.settings:
        if place.mode & 0o002:
            yield Found(place.name, f"has mode {place.mode:03o}: everybody may write into it", f"chmod o-w {place.name}")


def _owner(facts: Facts) -> Iterator[Found]:
    for place in (*facts.places.own, *facts.places.data):
        if place.owner != facts.places.owner:
            yield Found(
                place.name,
                f"belongs to user {place.owner}, and the home to user {facts.places.owner}",
                f"chown {facts.places.owner} {place.name}",
            )


def _writable(facts: Facts) -> Iterator[Found]:
    for name, why in facts.places.closed.items():
        yield Found(name, why)


def _backup(facts: Facts) -> Iterator[Found]:
    backups = facts.setting.home.backups
    if backups is None:
        raise NotApplicable("node.toml does not say where backups lie (store.backups)")
    age = facts.places.backup
    if age is None:
        yield Found("node.toml: store.backups", f"{backups} holds no backup")
    elif age.total_seconds() > 26 * 3600:
        yield Found("node.toml: store.backups", f"the newest backup is {age.total_seconds() / 3600:.0f} hours old")


CHECKS: Final = (
    Check(
        "places.keys",
        "Only their owner may read own keys and passwords",
        "Whoever reads the key signs in our name; the node refuses such a key.",
        "chmod 600 certs/own/*; chmod 700 certs/own",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _keys,
    ),
    Check(
        "places.messages",
        "Only their owner may read the messages",
        "What two administrations tell each other lies in data.",
        "chmod 700 data",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _messages,
    ),
    Check(
        "places.settings",
        "Nobody else may write into settings, agreements and certificates",
        "They decide whom the node believes and where it sends to.",
        "chmod o-w",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _settings,
    ),
    Check(
        "places.owner",
        "Keys and messages belong to whom the home belongs",
        "A file that root made is one that the node's user cannot read, or take away.",
        "chown it to the node's user",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _owner,
    ),
    Check(
        "places.writable",
        "The node can write where it must",
        "A message is on disk before it is acknowledged; a folder that takes nothing means 503 for everybody.",
        "look at the mount, the owner and the mode",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _writable,
    ),
    Check(
        "places.backup",
        "The newest backup is younger than 26 hours",
        "What was acknowledged must survive the disk.",
        "look why the backup did not run",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _backup,
    ),
)
