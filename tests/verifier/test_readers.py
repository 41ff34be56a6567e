"""Each JSON file of a bundle, with any of its values replaced: both readers take it or both refuse it, and a refusal is a sentence."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from node.evidence.checkpoint import CheckpointRefused, read_checkpoint
from node.evidence.entry import EntryRefused, read_entry
from node.evidence.manifest import ManifestRefused, read_manifest
from node.evidence.notes import NoteRefused, read_note
from tests.bundles import BundleWorld
from tests.verifier.made import unpacked
from verifier import n2n_verify as second

H = "0" * 64
FILES = unpacked(BundleWorld().bundle())


def nested(deep: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(deep - 1):
        value = [value]
    return value


class Raw(str):
    """JSON as it stands, which no value of Python would give."""

    __slots__ = ()


RAW = (
    *("NaN", "Infinity", "-Infinity", "1E400", "1.0", "1e3", "-0", "01", "9007199254740992", "1" * 5000),
    *('"\\ud800"', '"\\udc00x"', '"\\u0041"', '"\\/"', "[" * 400 + "]" * 400, "[" * 100_000, '{"a":' * 900 + "1" + "}" * 900),
    *('{"a":1,"a":1}', '{"b":1,"a":1}', '{"\\u00e9":1}', "[1, 2]", "nul", '"'),
)
OTHER: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**53 - 1, "", "x", "x" * 5000, "x" * 200_000, [], {}, [None], [1], {"a": 1}, nested(40), H),
    *(H + "\n", "A" * 64, [H, H], [[]], "2026-11-28T09:14:07Z", "2026-11-31T00:00:00.000000Z", "2026-11-28T24:00:00.000000Z"),
    *map(Raw, RAW),
)


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in rows:
        yield from places(inner, (*here, name))


def octets_of(value: Any) -> bytes:
    raw: list[str] = []

    def marked(one: Any) -> Any:
        if isinstance(one, Raw):
            raw.append(one)
            return f"raw {len(raw) - 1}"
        if isinstance(one, dict):
            return {name: marked(inner) for name, inner in one.items()}
        return [marked(inner) for inner in one] if isinstance(one, list) else one

    text = json.dumps(marked(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for number, one in enumerate(raw):
        text = text.replace(f'"raw {number}"', one)
    return text.encode()


def mutants(good: bytes) -> Iterator[tuple[str, bytes]]:
    """Every value replaced by every other kind, every member left out, doubled, and one added."""
    value = json.loads(good)
    for place in places(value):
        for other in OTHER:
            if not place:
                yield f"{other!r:.40}", octets_of(other)
                continue
            changed = deepcopy(value)
            at = changed
            for name in place[:-1]:
                at = at[name]
            at[place[-1]] = other
            yield f"{place} {other!r:.40}", octets_of(changed)
        changed = deepcopy(value)
        at = changed
        for name in place[:-1]:
            at = at[name]
        if place:
            del at[place[-1]]
            yield f"{place} left out", octets_of(changed)
    for name in ("evil", "Evil", "é", ""):
        yield f"with {name}", octets_of({**value, name: "x"})
    for more in (b"\n", b" ", b"{}", b"\0"):
        yield f"followed by {more!r}", good + more
    yield "with a mark of its order", b"\xef\xbb\xbf" + good
    yield "in UTF-16", good.decode().encode("utf-16")


def taken(read: Callable[[bytes], Any], refused: type[Exception], octets: bytes) -> bool:
    """Whether it is taken; whatever is raised beside a refusal is a traceback for whoever asked."""
    try:
        read(octets)
    except refused:
        return False
    return True


def read_by_both(
    first: Callable[[bytes], Any], refused: type[Exception], other: Callable[[bytes], Any], octets: bytes
) -> list[bool]:
    return [taken(first, refused, octets), taken(other, second.Refused, octets)]


READERS: dict[str, tuple[bytes, Callable[[bytes], Any], type[Exception], Callable[[bytes], Any]]] = {
    "checkpoint": (FILES["checkpoints/7.json"], read_checkpoint, CheckpointRefused, second.read_checkpoint),
    "note": (
        octets_of({**json.loads(FILES["checkpoints/7.stamp-0.json"]), "tokens": [H, "1" * 64], "evidence": [H]}),
        read_note,
        NoteRefused,
        second.read_note,
    ),
    "entry": (FILES["log/6.json"], read_entry, EntryRefused, second.read_entry),
}


@pytest.mark.parametrize("kind", READERS)
def test_both_take_it_or_both_refuse_it(kind: str) -> None:
    good, first, refused, other = READERS[kind]
    assert read_by_both(first, refused, other, good) == [True, True]
    unlike = []
    for what, octets in mutants(good):
        # Of what kind an entry is, and what it must say then, is judged later by the first.
        if kind == "entry" and ("'about'," in what or "('kind',)" in what or "('about',)" in what):
            continue
        told = read_by_both(first, refused, other, octets)
        unlike += [what] if told[0] is not told[1] else []
    assert unlike == []


def test_both_take_a_manifest_or_both_refuse_it() -> None:
    value = json.loads(FILES["manifest.json"])
    gone = {"sha256": H, "why": "purged", "rule": "10y", "at": "2026-11-28T08:00:00.000000Z"}
    few = dict(list(value["files"].items())[:1])
    good = octets_of({**value, "files": few, "absent": [gone]})
    unlike = []
    for what, octets in mutants(good):
        told = read_by_both(read_manifest, ManifestRefused, second.read_manifest, octets)
        # The names of files, and that no exchange is empty or there twice, are judged later by one of them.
        if told[0] is not told[1] and "'files'" not in what and not what.endswith("'entries') []"):
            unlike.append(what)
    assert unlike == []


@pytest.mark.parametrize("name", ["about.Name", "about.é", "about.", "objects.evil\n"])
def test_a_name_of_other_letters_is_refused_by_both(name: str) -> None:
    value = json.loads(FILES["log/6.json"])
    where, _, added = name.partition(".")
    value[where][added] = H
    assert read_by_both(read_entry, EntryRefused, second.read_entry, octets_of(value)) == [False, False]


@pytest.mark.parametrize(("deep", "good"), [(30, True), (31, False), (200, False), (600, False)])
def test_both_stop_at_the_same_depth(deep: int, good: bool) -> None:
    octets = octets_of({**json.loads(FILES["log/6.json"]), "facts": {"x": "deep"}})
    octets = octets.replace(b'"deep"', json.dumps(nested(deep), separators=(",", ":")).encode())
    assert read_by_both(read_entry, EntryRefused, second.read_entry, octets) == [good, good]


@pytest.mark.parametrize(("more", "good"), [(0, True), (1, False)])
def test_both_take_entries_of_the_same_size(more: int, good: bool) -> None:
    value = {**json.loads(FILES["log/6.json"]), "facts": {"x": ""}}
    value["facts"]["x"] = "x" * ((1 << 17) - len(octets_of(value)) + more)
    assert read_by_both(read_entry, EntryRefused, second.read_entry, octets_of(value)) == [good, good]


def test_a_digest_named_twice_in_a_note_is_refused_by_both() -> None:
    octets = octets_of({**json.loads(FILES["checkpoints/7.stamp-0.json"]), "evidence": [H, H]})
    assert read_by_both(read_note, NoteRefused, second.read_note, octets) == [False, False]


def test_a_digest_absent_twice_is_refused_by_both() -> None:
    gone = {"sha256": H, "why": "redacted"}
    octets = octets_of({**json.loads(FILES["manifest.json"]), "absent": [gone, gone]})
    assert read_by_both(read_manifest, ManifestRefused, second.read_manifest, octets) == [False, False]
