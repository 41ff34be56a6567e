"""The log tells each difference of files once, whoever notes it."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from node.evidence.entry import MAX_OCTETS
from node.store.configured import FILES, Doer, Ended, SeenFile, StoredConfiguration
from node.store.evidence import Evidence
from node.store.messages import Store, open_store
from node.store.witnessed import log_is_whole

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path, str, NOW)


def seen(text: str, stat: str = "1 1 1") -> SeenFile:
    octets = text.encode()
    return SeenFile(stat, sha256(octets).hexdigest(), octets, sha256(octets).hexdigest(), "whole", "2026-11-24T08:00:00.000000Z")


def by(who: str) -> "Doer":
    return Doer(who, "edit", "why")


def record(stored: StoredConfiguration, **files: SeenFile) -> list[str]:
    return [one.path for one in stored.record("mark", files, NOW, lambda _place, _paths: by("lin"))]


def test_what_was_added_changed_and_removed_is_told_with_both_digests_and_octets(store: Store) -> None:
    stored, evidence = StoredConfiguration(store.messages), Evidence(store.messages)
    stored.begin("salt")
    assert record(stored, a=seen("1"), b=seen("2")) == ["a", "b"]
    assert record(stored, a=seen("1"), b=seen("2")) == []
    # Another time and the same content is no change.
    assert record(stored, a=seen("1", "2 2 2"), b=seen("2")) == []
    assert stored.files()["a"].stat == "2 2 2"
    assert record(stored, a=seen("3"), c=seen("4")) == ["a", "b", "c"]
    last = list(evidence.walk())[-1]
    told = [(one["file"], one["event"], one["was"], one["is"]) for one in last.entry.facts["files"]]
    digest = {text: sha256(text.encode()).hexdigest() for text in "1234"}
    assert told == [
        ("a", "changed", digest["1"], digest["3"]),
        ("b", "removed", digest["2"], None),
        ("c", "added", None, digest["4"]),
    ]
    assert {name: b"".join(one.chunks()) for name, one in evidence.objects(last).items()} == {  # type: ignore[union-attr]
        "was-1": b"1",
        "is-1": b"3",
        "was-2": b"2",
        "is-3": b"4",
    }
    assert list(log_is_whole(store.messages, None)) == []  # type: ignore[arg-type]
    store.close()


def test_many_files_are_told_in_entries_that_are_not_too_large(store: Store) -> None:
    stored = StoredConfiguration(store.messages)
    stored.begin("salt")
    many = {f"partners/{'x' * 200}{number}/agreement.toml": seen(str(number)) for number in range(2 * FILES + 1)}
    assert len(stored.record("m", many, NOW, lambda _place, _paths: by("n2n"))) == 2 * FILES + 1
    entries = list(Evidence(store.messages).walk())
    assert [len(one.entry.facts["files"]) for one in entries] == [FILES, FILES, 1]
    assert max(len(one.octets) for one in entries) < MAX_OCTETS
    store.close()


def test_two_homes_on_one_store_have_files_of_their_own(store: Store) -> None:
    here, there = StoredConfiguration(store.messages, "a:/n2n"), StoredConfiguration(store.messages, "b:/n2n")
    here.begin("1")
    there.begin("2")
    assert (record(here, a=seen("1")), record(there, a=seen("1"))) == (["a"], ["a"])
    assert [one.entry.facts["place"] for one in Evidence(store.messages).walk()] == ["a:/n2n", "b:/n2n"]
    store.close()


def test_an_order_is_told_before_and_behind_even_if_it_changed_nothing(store: Store) -> None:
    stored = StoredConfiguration(store.messages)
    stored.begin("salt")
    stored.order({"id": "o1"}, NOW, by("lin"))
    place = stored.place()
    assert place is not None and place.under_way == {"id": "o1"}
    assert stored.record("m", {}, NOW, lambda _place, _paths: by("lin"), Ended("o1", [b"a list"])) == []
    place = stored.place()
    assert place is not None and place.under_way is None
    first, second = Evidence(store.messages).walk()
    assert (dict(first.entry.objects), list(second.entry.objects)) == ({}, ["file-1"])
    store.close()
