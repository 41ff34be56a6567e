"""How a case of a rule is written, and how it is tried: a sample, small changes, and the findings that they lead to."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lxml import etree

from node.customs.checking.check import Checked
from node.customs.checking.offline import Offline
from node.customs.packs.library import Packs
from node.customs.profile import Profile
from tests.documents import NOW, packs, sample

#: Path below the root -> new text; None removes. `path@name` is an attribute. `+path` puts elements behind the one at the path, `>path` into it as the
#: last; `=path` puts a copy behind it, itself changed. `digest` makes the digest of an AEO list right again. Or what is done to the octets.
Changes = Mapping[str, Any] | Callable[[bytes], bytes]
#: Rule, place below the root, arguments; None for arguments that are another program's words.
Expected = tuple[str, str | None, tuple[str, ...] | None]


@dataclass(frozen=True)
class Case:
    """One document and what is found in it; nothing is found in one that passes."""

    base: str
    changes: Changes
    found: tuple[Expected, ...] = ()
    #: What is on file before, as sample and changes; the folder beside the sample when None.
    prior: tuple[tuple[str, Changes], ...] | None = None
    #: Parameters that the profile has instead of its own.
    profile: Mapping[str, Any] | None = None
    now: datetime = NOW


def f(rule: str, place: str | None, *args: str) -> Expected:
    """A finding that is expected."""
    return rule, place, args


def changed(octets: bytes, changes: Changes) -> bytes:
    """The document with the changes."""
    if callable(changes):
        return changes(octets)
    if not changes:
        return octets
    root = etree.fromstring(octets, etree.XMLParser(remove_blank_text=True))
    apply(root, changes)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def apply(root: Any, changes: Mapping[str, Any]) -> None:
    """Change the element."""
    for key, value in changes.items():
        if key == "digest":
            at(root, "SetDigest").text = set_digest(root)
        elif key[0] in "+=>":
            # A mapping has a key once; blanks at its end make another of it.
            place = at(root, key[1:].rstrip())
            put(place, key[0], value)
        elif "@" in key:
            path, _, name = key.partition("@")
            attribute(at(root, path), name, value)
        elif value is None:
            gone = at(root, key)
            gone.getparent().remove(gone)
        else:
            at(root, key).text = value


def put(place: Any, how: str, value: Any) -> None:
    if how == "=":
        copy = deepcopy(place)
        apply(copy, value)
        place.addnext(copy)
        return
    space = etree.QName(place).namespace
    new = list(etree.fromstring(f'<new xmlns="{space}">{value}</new>'))
    if how == ">":
        place.extend(new)
        return
    for one in reversed(new):
        place.addnext(one)


def attribute(element: Any, name: str, value: str | None) -> None:
    if value is None:
        del element.attrib[name]
    else:
        element.set(name, value)


def at(root: Any, path: str) -> Any:
    if not path:
        return root
    found = root.find("/".join("{*}" + step for step in path.split("/")))
    assert found is not None, f"{path} is not in {root.tag}"
    return found


def set_digest(root: Any) -> str:
    """Source: DESIGN 4.3."""
    lines = []
    for record in root.iterfind("{*}Record"):
        tin, tier, status, version = (
            record.findtext("{*}" + name) for name in ("TIN", "TierCode", "StatusCode", "RecordVersion")
        )
        lines.append((tin, tier, status, int(version)))
    text = "".join(f"{tin}|{tier}|{status}|{version}\n" for tin, tier, status, version in sorted(lines))
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def octets_of(case: Case) -> bytes:
    """The document of a case."""
    return changed(sample(case.base).read_bytes(), case.changes)


def packs_for(case: Case) -> Packs:
    """The packs of a case."""
    if case.profile is None:
        return packs()
    document = etree.fromstring(sample(case.base).read_bytes())
    agreed = packs().profile(document.get("profile"))
    assert agreed is not None
    values = {**agreed.values, **case.profile}
    own = Profile(agreed.id, agreed.types, agreed.schema_version, agreed.begins, agreed.ends, values)
    return Packs(packs().all, packs().lists, [own])


def desk_for(case: Case) -> Offline:
    """The desk with what is on file before."""
    desk = Offline(packs_for(case))
    if case.prior is None:
        for path in sorted(sample(case.base).with_suffix(".prior").glob("*.xml")):
            desk.put_on_file(path.read_bytes(), case.now)
    else:
        for name, changes in case.prior:
            desk.put_on_file(changed(sample(name).read_bytes(), changes), case.now)
    return desk


def tried(case: Case) -> Checked:
    """The answer to the document of a case."""
    return desk_for(case).check(octets_of(case), case.now)


def moment(text: str) -> datetime:
    """A moment to judge at."""
    return datetime.fromisoformat(text)


def day(text: str) -> date:
    """A day."""
    return date.fromisoformat(text)
