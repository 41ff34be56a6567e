"""An imported log is read as it was written, on each database, and its hashes prove what they proved."""

import json
from datetime import timedelta

import pytest

from node.evidence.chain import leaf_hash
from node.evidence.entry import Entry, Kind, instant
from node.evidence.merkle import LeafHashes, consistency, inclusion
from node.evidence.notes import sha256
from node.store.evidence import Absent, Evidence, Signed, Stamped
from node.store.imported import Brought, Imports

LOG = "tw.example/2026"
SIZE = 700


@pytest.fixture
def entries(a):
    about = {"partner": "kr", "direction": "out"}
    kinds = (Kind.PACKAGED, Kind.ACKNOWLEDGED)
    objects = {"payload-1": sha256(b"one"), "signer": sha256(b"two")}
    return [
        Entry(
            kinds[n % 2],
            a.NOW + timedelta(seconds=n),
            {**about, "message_id": f"m{n // 2}@tw"},
            objects if n < 2 else {},
            {"n": n},
            None,
        )
        for n in range(SIZE)
    ]


@pytest.fixture
def imports(store, entries, a):
    made = Imports(store.messages)
    made.begin(LOG, a.NOW, "Lin", "/mnt/evidence")
    octets = [one.octets() for one in entries]
    leaves = b"".join(map(leaf_hash, octets))
    made.add_leaves(LOG, [(place, leaves[place * 8192 : (place + 1) * 8192]) for place in range(3)])
    for part in range(2):
        numbers = range(part + 1, 100, 2)
        searched = {
            n: (entries[n - 1].kind.value, instant(entries[n - 1].at), entries[n - 1].about["message_id"], "kr", "out")
            for n in numbers
        }
        size = 300 + part * 300
        made.add(
            LOG,
            Brought(
                *({n: octets[n - 1] for n in numbers}, searched),
                [(size, Signed(b"checkpoint", b"signature", (sha256(b"two"),)))],
                [(600, Stamped(0, b"note", b"token", a.NOW, a.NOW))] if part else [],
                {sha256(b"two"): b"two", sha256(a.BIG): a.BIG},
            ),
        )
    assert made.logs() == []
    made.end(LOG, SIZE, {"node": ["n"], "partners": {"kr": ["p"]}, "time": ["t"], "beside": ["b"]})
    return made


def test_it_is_found_by_its_name_with_its_signers(imports, a):
    (log,) = imports.logs()
    assert (log.name, log.at, log.who, log.place, log.size) == (LOG, a.NOW, "Lin", "/mnt/evidence", SIZE)
    assert (log.node, log.partners, log.time, log.beside) == (("n",), {"kr": ("p",)}, ("t",), ("b",))
    reader = imports.reader(LOG)
    assert (reader.log().name, reader.log().size, imports.reader("another").log()) == (LOG, SIZE, None)


def test_entries_are_found_as_in_a_log_of_ones_own(imports, entries, a):
    reader = imports.reader(LOG)
    assert reader.entry(5).entry == entries[4] and reader.entry(101) is None
    assert [one.number for one in reader.walk(90)] == [*range(91, 100)]
    assert [one.number for one in reader.of_message("m3@tw", "kr", "out")] == [7, 8]
    assert reader.of_message("m3@tw", "jp") == reader.of_message("m3@tw", "", "in") == []
    assert reader.beginning("m1@", 9) == ["m1@tw"] and "m1@tw" in reader.near("m1@", 9)
    begun = list(reader.begun("kr", a.NOW + timedelta(seconds=4), a.NOW + timedelta(seconds=8)))
    assert [(one.number, one.message_id) for one in begun] == [(5, "m2@tw"), (7, "m3@tw")]
    assert [one.number for one in reader.with_payload(sha256(b"one"))] == [1]
    assert len(list(reader.kinds(Kind.ACKNOWLEDGED))) == 49
    assert list(imports.reader("another").walk()) == []


def test_octets_are_here_or_missing(imports, a):
    reader = imports.reader(LOG)
    found = reader.objects(reader.entry(1))
    assert b"".join(found["signer"].chunks()) == b"two"
    assert found["payload-1"] == Absent(sha256(b"one"), "missing", "", "")
    assert b"".join(reader.object(sha256(a.BIG)).chunks()) == a.BIG


def test_every_proof_is_made_anew_from_the_hashes(imports, entries):
    leaves = LeafHashes([leaf_hash(one.octets()) for one in entries])
    reader = imports.reader(LOG)
    for number, size in ((1, 300), (77, 300), (300, 300), (2, 600), (599, 600), (1, SIZE)):
        assert reader.inclusion(number, size) == inclusion(leaves, number - 1, size)
    for before, size in ((1, 300), (256, 512), (300, 600), (511, SIZE)):
        assert reader.consistency(before, size) == consistency(leaves, before, size)
    for number, size in ((1, SIZE + 1), (1, 1024)):
        with pytest.raises(LookupError):
            reader.inclusion(number, size)


def test_checkpoints_and_tokens_are_those_of_before(imports, a):
    reader = imports.reader(LOG)
    assert reader.checkpoint_over(1) == Signed(b"checkpoint", b"signature", (sha256(b"two"),))
    assert reader.checkpoint_over(601) is None
    assert reader.checkpoint_over(1, stamped=True) is not None and reader.checkpoint_over(601, stamped=True) is None
    assert reader.tokens(600) == [Stamped(0, b"note", b"token", a.NOW, a.NOW)] and reader.tokens(300) == []


def test_a_store_with_messages_or_another_import_is_not_empty(imports, store, a):
    assert imports.trouble() == f"it has an imported log already, {LOG}"
    store.messages.submit(a.exchange())
    assert imports.trouble() == "it has sent messages"


@pytest.mark.parametrize("what", ["received", "purged"])
def test_what_has_had_messages_is_not_empty(store, a, what):
    imports = Imports(store.messages)
    assert imports.trouble() == ""
    store.messages.accept_once(a.accepted())
    assert imports.trouble() == "it has received messages"
    if what == "purged":
        from node.msh.retention import Goes, Removes

        (one,) = store.messages.oldest("in", a.NOW + timedelta(days=1), 9)
        assert store.messages.remove_all(one, Goes(Removes.ALL, "rule"), a.NOW)
        assert imports.trouble() == "it has had messages"


def test_what_was_cut_off_is_not_read_and_may_be_done_again(store, a):
    imports = Imports(store.messages)
    imports.begin(LOG, a.NOW, "Lin", "x")
    imports.begin(LOG, a.NOW, "Lin", "x")
    assert imports.logs() == [] and imports.trouble(LOG) == ""
    assert "was cut off" in imports.trouble("another")
    imports.add_leaves(LOG, [(0, bytes(32))])
    imports.add_leaves(LOG, [(0, bytes(64))])
    imports.end(LOG, 2, {})
    assert imports.reader(LOG).inclusion(1, 2) == [bytes(32)]
    assert json.dumps(imports.logs()[0].node) == "[]"


def test_nothing_of_an_import_that_was_cut_off_stays_in_the_next(store, a, entries):
    """Two archives may name their logs alike: their rows never stand in one."""
    imports = Imports(store.messages)
    row = (entries[0].kind.value, instant(entries[0].at), "m0@tw", "kr", "out")
    signed, stamped = Signed(b"checkpoint", b"signature", ("a",)), Stamped(0, b"note", b"token", a.NOW, a.NOW)
    imports.begin(LOG, a.NOW, "Lin", "/mnt/first")
    imports.add_leaves(LOG, [(0, bytes(32) * 256), (1, bytes(32))])
    imports.add(LOG, Brought({1: b"first", 9: b"first"}, {1: row, 9: row}, [(1, signed), (9, signed)], [(9, stamped)], {}))
    imports.begin(LOG, a.NOW, "Wang", "/mnt/second")
    imports.add_leaves(LOG, [(0, b"\1" * 32)])
    imports.add(LOG, Brought({1: b"second"}, {1: row}, [], [], {}))
    imports.end(LOG, 1, {})
    (log,), reader = imports.logs(), imports.reader(LOG)
    assert (log.who, log.place) == ("Wang", "/mnt/second")
    assert [(one.number, one.octets) for one in reader.walk()] == [(1, b"second")]
    assert reader.checkpoint_over(1) is None and reader.tokens(9) == []
    with pytest.raises(LookupError):
        reader.hashes().complete(0, 256)


def test_what_is_dropped_is_as_if_it_had_never_begun(store, a):
    imports = Imports(store.messages)
    imports.begin(LOG, a.NOW, "Lin", "x")
    imports.add_leaves(LOG, [(0, bytes(32))])
    imports.drop(LOG)
    assert imports.trouble("another") == "" and imports.reader(LOG).log() is None


def test_a_log_of_the_name_of_ones_own_is_not_taken(store, a):
    evidence = Evidence(store.messages)
    evidence.act(a.NOW, "Lin", "began", "a test")
    own = evidence.log().name
    assert Imports(store.messages).trouble(own) == f"its own log has the name {own}"
    assert Imports(store.messages).trouble("another") == ""
