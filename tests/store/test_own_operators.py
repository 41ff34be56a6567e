"""Our own operators in the store, and what each partner holds of them."""

import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from weakref import WeakSet

import pytest

from node.customs.operators.arrangement import Arrangement, OwnProgramme
from node.customs.operators.outbound import plan
from node.customs.operators.own_list import ListRefused, OwnRecord
from node.customs.operators.record import Source
from node.customs.operators.record_set import DELTA, FULL
from node.store.operators import StoredOperators
from node.store.own_operators import PAGE, Overtaken, OwnOperators
from tests.operators import at, many, record

ROOT = Path(__file__).parents[2]
TW_AEO = OwnProgramme("TW-CUSTOMS", "TW-AEO")
KR = Arrangement("kr", "KR-KCS", "KR-AEO", "KR", "p")


@pytest.fixture
def own(store):
    return OwnOperators(store.messages.database, store.messages.writer)


class Entry(OwnRecord):
    """An entry whose end can be seen."""


def listed(*records):
    return [OwnRecord(replace(one, operation="")) for one in records]


IMPORTS = count()


def put(own, records, days=1):
    return own.put(TW_AEO, records, Source(f"import:{next(IMPORTS)}", "", at(days)))


def publish(own, mode, days=10):
    since = own.sequence("kr", "TW-AEO")
    publication = plan(KR, mode, since, own.records(TW_AEO), own.held("kr", "TW-AEO"), at(days))
    own.published("kr", "TW-AEO", publication, at(days))
    return publication


def test_what_changed_has_the_next_version(own):
    assert put(own, listed(record("TW1"), record("TW2"))) == {"new": 2, "changed": 0, "same": 0}
    assert put(own, listed(record("TW1", name="New"), record("TW2"), record("TW3"))) == {
        "new": 1,
        "changed": 1,
        "same": 1,
    }
    assert [(one.tin, one.version, one.name) for one in own.records(TW_AEO)] == [
        ("TW1", 2, "New"),
        ("TW2", 1, "Company 2 Ltd."),
        ("TW3", 1, "Company 3 Ltd."),
    ]
    assert list(own.records(OwnProgramme("TW-CUSTOMS", "OTHER"))) == []


def test_our_own_operators_have_a_history_too(own, store):
    put(own, listed(record("TW1")), days=1)
    put(own, listed(record("TW1", 1, 3, status="SUSPENDED", reason="SECURITY")), days=4)
    (history,) = StoredOperators(store.messages.database, store.messages.writer).find("TW1", "TIN")
    assert [(row.record.status, row.record.version, row.known_from, row.known_until) for row in history.rows] == [
        ("ACTIVE", 1, at(0), at(3)),
        ("SUSPENDED", 2, at(3), None),
    ]


def test_two_who_import_at_once_do_not_mix(own):
    put(own, listed(record("TW1")))
    own._register.latest_sequence = lambda sender, programme: 0
    with pytest.raises(Overtaken, match="by another process"):
        put(own, listed(record("TW1", name="New")))


def test_a_list_never_lies_in_memory_whole_while_it_is_compared(own):
    alive = WeakSet()

    def coming():
        for one in listed(*many(3 * PAGE)):
            # A record has no place for a weak reference; its list entry stands for it.
            alive.add(held := Entry(one.record))
            yield held
            del held
            most.append(len(alive))

    most = []
    assert put(own, coming()) == {"new": 3 * PAGE, "changed": 0, "same": 0}
    assert max(most) <= 2 * PAGE


def test_a_list_that_is_wrong_somewhere_changes_nothing(own):
    put(own, listed(record("TW1")))

    def coming():
        yield from listed(record("TW1", name="New"), *(record(f"TW{number}") for number in range(2, 2 * PAGE)))
        raise ListRefused(["row 4000: wrong"])

    with pytest.raises(ListRefused):
        put(own, coming())
    assert [(one.tin, one.version) for one in own.records(TW_AEO)] == [("TW1", 1)]


def test_whoever_takes_some_while_a_list_is_compared_is_noticed(own):
    def coming():
        yield from listed(record("TW1", name="Ours"))
        put(own, listed(record("TW1", name="Theirs")))

    with pytest.raises(Overtaken, match="by another process"):
        put(own, coming())
    assert [(one.name, one.version) for one in own.records(TW_AEO)] == [("Theirs", 1)]


def test_long_lists_are_read_page_by_page(own):
    records = many(4100)
    put(own, listed(*records))
    assert sum(1 for _ in own.records(TW_AEO)) == 4100


def test_what_a_partner_was_told_is_what_it_holds(own):
    put(own, listed(record("TW1"), record("TW2")))
    publish(own, FULL)
    assert own.sequence("kr", "TW-AEO") == 2
    assert own.sequence("ca", "TW-AEO") == 0
    put(own, listed(record("TW2", consent=None)))
    assert [one.record.operation for one in publish(own, DELTA).told] == ["DELETE"]
    assert [(one.key, one.status, one.version) for one in own.held("kr", "TW-AEO")] == [
        ("TW1 AEOS", "ACTIVE", 1),
        ("TW2 AEOS", "", 2),
    ]
    assert publish(own, DELTA).told == ()


def test_the_last_list_out_is_told(own):
    put(own, listed(record("TW1")))
    assert (own.last_out(), own.last_full("kr")) == ({}, None)
    publish(own, FULL)
    put(own, listed(record("TW2")))
    publish(own, DELTA, days=11)
    last = own.last_out()["kr"]
    assert (last.mode, last.sequence, last.made_at, last.quantity) == (DELTA, 2, at(11), 1)
    assert own.last_full("kr") == at(10)


def test_two_who_publish_at_once_do_not_tell_the_same_twice(own):
    put(own, listed(record("TW1")))
    publication = publish(own, FULL)
    with pytest.raises(Overtaken, match="no longer 0"):
        own.published("kr", "TW-AEO", publication, at(10))


CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from node import failpoints
from node.customs.operators.arrangement import Arrangement, OwnProgramme
from node.customs.operators.outbound import plan
from node.store.messages import open_store
from node.store.own_operators import OwnOperators
from tests.operators import at
store = open_store(Path(sys.argv[1]), lambda: "child", datetime(2026, 11, 24, tzinfo=UTC), url=sys.argv[2])
own = OwnOperators(store.messages.database, store.messages.writer)
failpoints.arm(sys.argv[3])
publication = plan(Arrangement("kr", "KR-KCS", "KR-AEO", "KR", "p"), "FULL", 0, own.records(OwnProgramme("TW-CUSTOMS", "TW-AEO")), own.held("kr", "TW-AEO"), at(10))
own.published("kr", "TW-AEO", publication, at(10))
"""


@pytest.mark.parametrize("name", ["aeo.published.before_commit", "aeo.published.after_commit"])
def test_a_kill_leaves_all_of_a_publication_or_nothing(open_at, url, tmp_path, name):
    store = open_at()
    put(OwnOperators(store.messages.database, store.messages.writer), listed(record("TW1"), record("TW2")))
    store.close()
    dead = subprocess.run([sys.executable, "-c", CHILD, tmp_path / "data", url, name], cwd=ROOT, capture_output=True, check=False)
    assert dead.returncode == -9, dead.stderr.decode()
    again = open_at()
    own = OwnOperators(again.messages.database, again.messages.writer)
    done = name.endswith("after_commit")
    assert own.sequence("kr", "TW-AEO") == (2 if done else 0)
    assert sum(1 for _ in own.held("kr", "TW-AEO")) == (2 if done else 0)
