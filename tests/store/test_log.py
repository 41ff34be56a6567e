"""Entries get their numbers and chain values at the end of the transaction that makes their facts."""

import re
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from node.evidence.chain import Link, first_break, leaf_hash
from node.evidence.entry import Entry, Kind
from node.msh.ports import StorageUnavailable
from node.store.evidence import Evidence
from node.store.log import append
from node.store.log_audit import audit
from node.store.messages import open_store


def write(messages, at, *whats):
    def work(cursor):
        for what in whats:
            append(cursor, Entry(Kind.ACTED, at, facts={"who": "kim", "what": what, "why": ""}))

    messages.writer.run(work)


def whats(messages):
    return [one.entry.facts["what"] for one in Evidence(messages).walk()]


def is_chain(messages):
    links = (Link(one.number, one.octets, leaf_hash(one.octets), one.chain) for one in Evidence(messages).walk())
    return first_break(links) is None


def test_entries_are_numbered_in_the_order_in_which_they_became_facts(store, a):
    write(store.messages, a.NOW, "one", "two")
    write(store.messages, a.NOW, "three")
    assert whats(store.messages) == ["one", "two", "three"]
    assert is_chain(store.messages)


def test_a_log_has_a_name_of_its_node_and_keeps_it(open_at, a):
    store = open_at()
    store.numbering.host = "as4.tw.example"
    assert Evidence(store.messages).log() is None
    write(store.messages, a.NOW, "one")
    store.numbering.host = "other.example"
    write(store.messages, a.NOW, "two")
    name = Evidence(store.messages).log().name
    assert re.fullmatch(r"as4\.tw\.example/[0-9]{8}T[0-9]{6}\.[0-9]{6}Z", name)
    store.close()
    assert Evidence(open_at().messages).log().name == name


def test_what_fails_takes_its_entries_with_it_and_the_others_of_its_group_stay(store, a):
    def fails(cursor):
        append(cursor, Entry(Kind.ACTED, a.NOW, facts={"who": "", "what": "lost", "why": ""}))
        raise ValueError("no")

    def one(number):
        if number % 3:
            write(store.messages, a.NOW, f"{number}")
        else:
            with pytest.raises(ValueError, match="no"):
                store.messages.writer.run(fails)

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(one, range(60)))
    assert sorted(whats(store.messages), key=int) == [f"{number}" for number in range(60) if number % 3]
    assert is_chain(store.messages)


@pytest.mark.server
def test_two_nodes_write_one_chain(postgres, tmp_path, a):
    url, numbers = postgres.database(), count()
    stores = [open_store(tmp_path / name, lambda: f"w{next(numbers)}", a.NOW, url=url) for name in "ab"]
    with ThreadPoolExecutor(8) as callers:
        list(callers.map(lambda number: write(stores[number % 2].messages, a.NOW, f"{number}"), range(100)))
    assert sorted(map(int, whats(stores[0].messages))) == list(range(100))
    assert is_chain(stores[1].messages)
    for one in stores:
        one.close()


def test_a_log_that_was_changed_by_hand_goes_on_and_the_change_is_seen(store, a):
    write(store.messages, a.NOW, "one")
    copy = (
        "INSERT INTO evidence_entry SELECT number + 1, octets, chain, kind, at, message_id, partner, direction, held, head"
        " FROM evidence_entry"
    )
    store.messages.writer.run(lambda cursor: cursor.execute(copy) and None)
    write(store.messages, a.NOW, "two")
    assert whats(store.messages) == ["one", "one", "two"]
    assert any("entry 2" in one.where for one in audit(store.messages))


def test_a_log_whose_head_was_taken_goes_on(store, a):
    write(store.messages, a.NOW, "one")
    store.messages.writer.run(lambda cursor: cursor.execute("DELETE FROM evidence_head") and None)
    write(store.messages, a.NOW, "two")
    assert whats(store.messages) == ["one", "two"]
    assert is_chain(store.messages)


def test_an_entry_that_is_none_stops_its_fact(store, a):
    with pytest.raises(ValueError, match="no SHA-256"):
        store.messages.writer.run(lambda cursor: append(cursor, Entry(Kind.ACTED, a.NOW, objects={"x": "0"})))
    store.close()
    with pytest.raises(StorageUnavailable):
        write(store.messages, a.NOW, "late")
