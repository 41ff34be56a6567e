"""The register of operators: one contract for SQLite, PostgreSQL and the twin in memory."""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from node.customs.operators.history import as_of, as_received
from node.customs.operators.in_memory import InMemoryOperators
from node.customs.operators.port import OperatorRegister, Query, SetState
from node.customs.operators.record import Text, content_hash, to_json
from node.customs.operators.record_set import URGENT
from node.store.messages import Store
from node.store.operators import StoredOperators
from tests.operators import PROGRAMME, SENDER, at, deletion, delta, head, many, parts_of, record, source, status, take

ROOT = Path(__file__).parents[2]


def register_of(store: Store) -> StoredOperators:
    return StoredOperators(store.messages.database, store.messages.writer)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server), "memory"])
def register(request: pytest.FixtureRequest, tmp_path: Path, a):
    if request.param == "memory":
        yield InMemoryOperators()
        return
    from node.store.messages import open_store

    url = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    store = open_store(tmp_path / "data", lambda: "unique", a.NOW, url=url)
    yield register_of(store)
    store.close()


def only(register: OperatorRegister, tin: str):
    (history,) = register.find(tin, "TIN")
    return history


def test_a_full_list_is_what_is_on_file(register):
    result = take(register, [record("TW1"), record("TW2", tier="AEOF")], 7)
    assert (result.state, result.counts, result.again) == (SetState.APPLIED, {"ADDED": 2}, False)
    assert (register.latest_sequence(SENDER, PROGRAMME), register.last_full(SENDER, PROGRAMME)) == (7, 2)
    assert register.totals(SENDER, PROGRAMME) == {("AEOS", "ACTIVE"): 1, ("AEOF", "ACTIVE"): 1}
    (row,) = only(register, "TW1").rows
    assert row.record == record("TW1")
    assert (row.known_from, row.received_at, row.known_until, row.received_until) == (at(0), at(1), None, None)
    assert (row.source.document_id, row.source.message_id) == ("doc-TW-CUSTOMS-FULL-7-1", "as4-doc-TW-CUSTOMS-FULL-7-1")


def test_what_is_not_known_is_nowhere(register):
    assert register.latest_sequence("KR-KCS", "KR-AEO") == 0
    assert register.last_full("KR-KCS", "KR-AEO") is None
    assert register.on_file("KR-KCS", "KR-AEO", [("KR1", "AEOS")]) == {}
    assert register.result_of("KR-KCS", "KR-AEO", "x") is None
    assert register.find("nobody") == register.find_name("nobody", 9) == register.programmes() == []
    assert register.sets("KR-KCS", "KR-AEO", 9) == []
    assert register.totals("KR-KCS", "KR-AEO") == {}


def test_the_same_document_again_changes_nothing_and_gets_the_stored_result(register):
    first = take(register, [record("TW1")], 7)
    again = take(register, [record("TW1")], 7)
    assert (again.counts, again.again) == (first.counts, True)
    assert register.result_of(SENDER, PROGRAMME, "doc-TW-CUSTOMS-FULL-7-1") == again
    assert len(only(register, "TW1").rows) == 1


def test_the_same_set_in_another_document_changes_nothing(register):
    take(register, [record("TW1")], 7)
    again = take(register, [record("TW1")], 7, document_id="other")
    assert (again.state, again.again) == (SetState.APPLIED, True)
    assert register.result_of(SENDER, PROGRAMME, "other") == again
    assert len(register.sets(SENDER, PROGRAMME, 9)) == 1


def test_another_document_without_a_digest_is_another_set(register):
    take(register, [record("TW1")], 7)
    delta(register, [record("TW1", 2, 2)], 7, 8, digest="")
    result = delta(register, [record("TW1", 3, 2)], 7, 8, digest="", document_id="other")
    assert (result.state, result.again) == (SetState.GAP, False)


def test_the_next_full_list_changes_what_changed_and_deletes_what_is_gone(register):
    take(register, [record("TW1"), record("TW2"), record("TW3")], 7)
    moved = record("TW2", 2, 3, name="Another Name")
    result = take(register, [record("TW1"), moved], 8, days=4)
    assert result.counts == {"UNCHANGED": 1, "CHANGED": 1, "GONE": 1}
    assert len(only(register, "TW1").rows) == 1
    old, new = only(register, "TW2").rows
    assert (old.known_until, old.received_until, new.known_from, new.received_at) == (at(3), at(4), at(3), at(4))
    gone = only(register, "TW3")
    assert gone.current is None
    assert (gone.rows[0].known_until, gone.rows[0].received_until) == (at(4), at(4))
    assert register.totals(SENDER, PROGRAMME) == {("AEOS", "ACTIVE"): 2}


def test_a_suspension_holds_from_its_receipt_and_changes_nothing_that_was_known(register):
    take(register, [record("TW1")], 7)
    result = delta(register, [status("TW1", 2, 9)], 7, 8, days=9, received=9.5, mode=URGENT)
    assert [(one.tin, one.tier, one.version, one.effect) for one in result.records] == [("TW1", "AEOS", 2, "CHANGED")]
    rows = only(register, "TW1").rows
    day, later = at(8).date(), at(10).date()
    assert as_of(rows, day, at(8.5)).record.status == "ACTIVE"
    assert as_of(rows, later, at(10)).record.status == "SUSPENDED"
    assert as_of(rows, later, at(8.5)).record.status == "ACTIVE"
    assert as_received(rows, later, at(9.25)).record.status == "ACTIVE"
    assert as_received(rows, later, at(9.5)).record.status == "SUSPENDED"


def test_a_change_of_status_keeps_who_the_operator_is(register):
    take(register, [record("TW1")], 7)
    delta(register, [status("TW1", 2, 9)], 7, 8, days=9)
    current = only(register, "TW1").current
    assert (current.record.name, current.record.address, current.record.status) == (
        "Company 1 Ltd.",
        record("TW1").address,
        "SUSPENDED",
    )
    assert len(register.find_name("company 1", 9)) == 1


def test_a_delete_keeps_the_history_and_removes_the_name_from_today(register):
    take(register, [record("TW1")], 7)
    delta(register, [deletion("TW1", 2, 9)], 7, 8, days=9)
    assert only(register, "TW1").current is None
    assert register.find_name("company", 9) == register.find_name("順豐", 9) == []
    assert as_of(only(register, "TW1").rows, date(2026, 11, 5), at(5)).record.name == "Company 1 Ltd."
    file = register.on_file(SENDER, PROGRAMME, [("TW1", "AEOS")])["TW1", "AEOS"]
    assert (file.present, file.version, file.status, file.moment) == (False, 2, "ACTIVE", at(9))
    assert register.totals(SENDER, PROGRAMME) == {}
    # And it may come back.
    delta(register, [record("TW1", 3, 12)], 8, 9, days=12)
    assert len(register.find_name("company", 9)) == 1
    assert as_of(only(register, "TW1").rows, date(2026, 11, 11), at(11)) is None


def test_a_delete_of_nobody_is_told(register):
    take(register, [record("TW1")], 7)
    result = delta(register, [deletion("TW9", 2, 9)], 7, 8, days=9)
    assert result.counts == {"NOTHING": 1}
    assert register.find("TW9") == []


def test_add_of_a_known_operator_changes_it_and_change_of_an_unknown_one_adds_it(register):
    take(register, [record("TW1")], 7)
    result = delta(register, [record("TW1", 2, 2, name="New"), record("TW2", 1, 2, operation="CHANGE")], 7, 8, days=2)
    assert result.counts == {"CHANGED": 1, "ADDED": 1}


def test_a_gap_changes_nothing_and_says_which_was_expected(register):
    take(register, [record("TW1")], 7)
    result = delta(register, [record("TW1", 2, 2)], 9, 10, days=2)
    assert (result.state, result.why) == (SetState.GAP, "sequence 7 expected, 9 received: send FULL")
    assert register.latest_sequence(SENDER, PROGRAMME) == 7
    assert [line.result.state for line in register.sets(SENDER, PROGRAMME, 9)] == [SetState.GAP, SetState.APPLIED]
    # The full list that was asked for closes it.
    assert take(register, [record("TW1", 2, 2)], 10, days=3).state is SetState.APPLIED
    assert register.latest_sequence(SENDER, PROGRAMME) == 10


def test_an_older_full_list_is_not_applied(register):
    take(register, [record("TW1")], 7)
    result = take(register, [], 6, days=2)
    assert (result.state, result.why) == (SetState.OLDER, "a full list of sequence 6, and we are at 7")
    assert only(register, "TW1").current is not None


def test_a_wrong_digest_refuses_the_whole_set(register):
    result = take(register, [record("TW1")], 7, digest="wrong")
    assert (result.state, result.why) == (SetState.REFUSED, "the records do not make the digest of the set")
    assert register.find("TW1") == []
    assert register.latest_sequence(SENDER, PROGRAMME) == 0


def test_a_set_that_says_too_much_of_one_operator_is_refused(register):
    result = take(register, [record("TW1", number) for number in range(1, 1003)], 7)
    assert (result.state, result.why) == (SetState.REFUSED, "more than 1000 records of TW1 AEOS")


def send_parts(register, records, to, size, order: Callable = list, **other):
    digest = head(records, to).digest
    return [
        take(register, some, to, part=number, parts=total, digest=digest, **other)
        for number, total, some in order(parts_of(records, size))
    ]


@pytest.mark.parametrize("order", [list, lambda parts: list(parts)[::-1]])
def test_parts_take_effect_together_in_whatever_order_they_come(register, order):
    records = many(50)
    results = send_parts(register, records, 7, 20, order)
    assert [one.state for one in results] == [SetState.WAITING, SetState.WAITING, SetState.APPLIED]
    assert results[0].missing == ((2, 3) if order is list else (1, 2))
    assert results[-1].counts == {"ADDED": 50}
    assert register.last_full(SENDER, PROGRAMME) == 50
    assert {one.current.record for tin in records for one in register.find(tin.tin)} == set(records)


def test_a_part_that_is_missing_is_told_and_nothing_is_on_file(register):
    records = many(50)
    digest = head(records, 7).digest
    for number, total, some in list(parts_of(records, 20))[:2]:
        take(register, some, 7, part=number, parts=total, digest=digest)
    assert register.find(records[0].tin) == []
    (line,) = register.sets(SENDER, PROGRAMME, 9)
    assert (line.result.state, line.result.missing, line.quantity) == (SetState.WAITING, (3,), 40)


def test_what_waits_is_told_by_part(register):
    records = many(40)
    digest = head(records, 7).digest
    last = head(records[20:], 7, part=2, parts=2, digest=digest)
    assert register.waiting(last).parts == frozenset()
    take(register, records[5:20], 7, part=1, parts=2, digest=digest, document_id="cut off")
    take(register, records[:20], 7, part=1, parts=2, digest=digest)
    assert register.waiting(last).quantities == {1: 20}
    take(register, records[20:], 7, part=2, parts=2, digest=digest)
    assert register.waiting(last).quantities == {}


def test_a_part_that_is_sent_again_takes_the_place_of_the_first(register):
    records = many(40)
    digest = head(records, 7).digest
    take(register, records[5:20], 7, part=1, parts=2, digest=digest, document_id="cut off")
    take(register, records[:20], 7, part=1, parts=2, digest=digest, document_id="whole")
    result = take(register, records[20:], 7, part=2, parts=2, digest=digest)
    assert (result.state, result.counts) == (SetState.APPLIED, {"ADDED": 40})


def test_a_set_whose_parts_never_come_is_overtaken(register):
    records = many(40)
    take(register, records[:20], 7, part=1, parts=2, digest=head(records, 7).digest)
    take(register, records, 8, days=2)
    assert [line.result.state for line in register.sets(SENDER, PROGRAMME, 9)] == [SetState.APPLIED, SetState.OVERTAKEN]


def test_operators_of_another_programme_stay_as_they_are(register):
    take(register, [record("KR1")], 3, sender="KR-KCS", programme="KR-AEO")
    take(register, [record("TW1")], 7)
    take(register, [record("TW2")], 8, days=2)
    assert only(register, "KR1").current is not None
    assert [(one.sender, one.sequence) for one in register.programmes()] == [("KR-KCS", 3), (SENDER, 8)]


def test_several_records_of_one_operator_in_one_set_are_taken_by_version(register):
    take(register, [record("TW1")], 7)
    back = status("TW1", 3, 5, "ACTIVE", validation_date=date(2026, 11, 5), valid_from=date(2026, 11, 5))
    result = delta(register, [back, status("TW1", 2, 4)], 7, 8, days=6)
    assert result.counts == {"CHANGED": 2}
    rows = only(register, "TW1").rows
    assert [row.record.version for row in rows] == [1, 2, 3]
    assert [row.known_until for row in rows] == [at(4), at(5), None]
    file = register.on_file(SENDER, PROGRAMME, [("TW1", "AEOS")])["TW1", "AEOS"]
    assert (file.version, file.status) == (3, "ACTIVE")
    assert file.content == content_hash(to_json(rows[-1].record))


def test_an_operator_that_comes_and_goes_in_one_set_leaves_history_alone(register):
    take(register, [record("TW1")], 7)
    delta(register, [record("TW2", 1, 2), deletion("TW2", 2, 3)], 7, 8, days=4)
    assert only(register, "TW2").current is None
    assert register.find_name("company 2", 9) == []


def test_a_record_time_that_goes_back_does_not_change_what_was_known(register):
    take(register, [record("TW1", 1, 5)], 7, days=6)
    delta(register, [record("TW1", 2, 3, status="SUSPENDED")], 7, 8, days=7)
    old, new = only(register, "TW1").rows
    assert (old.known_from, old.known_until, new.known_from) == (at(5), at(5), at(5))


def test_unusual_changes_of_status_are_told(register):
    take(register, [record("TW1")], 7)
    result = delta(register, [status("TW1", 2, 4, "REVOKED"), record("TW2", status="EXPIRED")], 7, 8, days=5)
    assert result.remarks == ("TW2 AEOS: (none) -> EXPIRED",)
    result = delta(register, [status("TW1", 3, 6, "SUSPENDED")], 8, 9, days=7)
    assert result.remarks == ("TW1 AEOS: REVOKED -> SUSPENDED",)


def test_it_is_found_by_every_identifier_however_it_is_written(register):
    take(register, [record("TW12345675", aeo_number="tw-aeo 001")], 7)
    for asked, scheme in (
        ("tw12345675", "TIN"),
        ("TWAEO001", "AEO"),
        ("1234-5675", "TW-UBN"),
        ("12345675", ""),
        ("tw aeo 001", ""),
    ):
        assert len(register.find(asked, scheme)) == 1, asked
    assert register.find("12345675", "LEI") == []


def test_it_is_found_by_what_it_was_called_before(register):
    take(register, [record("TW1")], 7)
    delta(register, [record("TW1", 2, 2, aeo_number="NEW1", name="Renamed", local_name=Text("zh-Hant", "長榮"))], 7, 8, days=2)
    assert len(register.find("AEO1", "AEO")) == len(register.find("NEW1", "AEO")) == 1
    assert register.find_name("company", 9) == register.find_name("順豐", 9) == []
    assert len(register.find_name("renam", 9)) == len(register.find_name("榮", 9)) == 1


@pytest.mark.parametrize("words", ["orient", "ORIENT star", "star ship", "萬海", "海航", "Pty"])
def test_it_is_found_by_part_of_a_name_in_either_script(register, words):
    take(register, [record("TW1", name="Orient Star-Shipping Pty", local_name=Text("zh-Hant", "萬海航運股份有限公司"))], 7)
    assert [one.tin for one in register.find_name(words, 9)] == ["TW1"]
    assert register.find_name("hipping", 9) == []


def test_look_ups_are_written_down(register):
    query = Query(at(3), "wang", "CLEARANCE", "TIN TW1 as of 2026-11-04", 1)
    register.note(query)
    register.note(Query(at(4), "lee", "AUDIT", "TIN TW2", 0))
    assert register.queries(9)[1] == query
    assert len(register.queries(1)) == 1


def test_a_clock_that_goes_back_leaves_our_own_times_in_order(register):
    take(register, [record("TW1")], 7, received=9)
    delta(register, [status("TW1", 2, 2)], 7, 8, days=2, received=3)
    old, new = only(register, "TW1").rows
    assert (old.received_until, new.received_at) == (at(9), at(9))


def test_records_of_a_later_part_name_their_own_document(register):
    records = many(40)
    send_parts(register, records, 7, 20)
    found = {one.rows[0].source.document_id for tin in records for one in register.find(tin.tin, "TIN")}
    assert found == {"doc-TW-CUSTOMS-FULL-7-1", "doc-TW-CUSTOMS-FULL-7-2"}


# -- a crash -------------------------------------------------------------------------------------------------------

CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from node import failpoints
from node.store.messages import open_store
from node.store.operators import StoredOperators
from tests.operators import delta, many, record, take
store = open_store(Path(sys.argv[1]), lambda: "child", datetime(2026, 11, 24, tzinfo=UTC), url=sys.argv[2])
register = StoredOperators(store.messages.database, store.messages.writer)
failpoints.arm(sys.argv[3])
take(register, [record("TW1", 2, 3, name="Changed"), *many(30)], 8, days=4)
"""


@pytest.mark.parametrize("name", ["aeo.applied.half", "aeo.take.before_commit", "aeo.take.after_commit"])
def test_a_kill_loses_nothing_and_doubles_nothing(open_at, url, tmp_path, name):
    store = open_at()
    take(register_of(store), [record("TW1"), record("TW2")], 7)
    store.close()
    dead = subprocess.run([sys.executable, "-c", CHILD, tmp_path / "data", url, name], cwd=ROOT, capture_output=True, check=False)
    assert dead.returncode == -9, dead.stderr.decode()
    register = register_of(open_at())
    done = name.endswith("after_commit")
    assert register.latest_sequence(SENDER, PROGRAMME) == (8 if done else 7)
    assert sum(register.totals(SENDER, PROGRAMME).values()) == (31 if done else 2)
    records = [record("TW1", 2, 3, name="Changed"), *many(30)]
    result = take(register, records, 8, days=4)
    assert (result.again, result.counts) == (done, {"CHANGED": 1, "ADDED": 30, "GONE": 1})
    for one in records:
        assert len(only(register, one.tin).rows) == (2 if one.tin == "TW1" else 1)
    assert sum(register.totals(SENDER, PROGRAMME).values()) == 31


def test_a_source_names_what_brought_it():
    one = source(head([record()], 7), 3)
    assert (one.document_id, one.received_at) == ("doc-TW-CUSTOMS-FULL-7-1", at(3))


@pytest.mark.server
def test_postgres_reads_no_table_to_find_an_operator(postgres, tmp_path, a):
    from node.store import prepared
    from node.store.messages import open_store

    store = open_store(tmp_path / "data", lambda: "unique", a.NOW, url=postgres.database())
    take(register_of(store), many(3000), 7)
    texts = {
        "value": "TW00000007",
        "scheme": "TIN",
        "begins": "summit",
        "ends": "summit\U0010ffff",
        "owners": "[5]",
        "operators": '["TW1 AEOS"]',
    }
    values = {**texts, "most": 50, "programme_id": 1}
    names = ("AEO_BY_IDENTIFIER", "AEO_BY_SCHEME", "AEO_BY_NAME", "AEO_HISTORY", "AEO_ON_FILE")

    def explained(cursor):
        cursor.execute("ANALYZE")
        # As if there were a million: of a few thousand the planner rather reads all.
        cursor.execute(
            "UPDATE pg_class SET reltuples = reltuples * 300 WHERE relname IN ('aeo_operator', 'aeo_record', 'aeo_identifier', 'aeo_name')"
        )
        # A programme and a part are one row each, and reading that one is no scan to speak of.
        return {
            name: [row[0] for row in cursor.execute(f"EXPLAIN {getattr(prepared, name).postgres}", values).fetchall()]
            for name in names
        }

    plans = store.messages.writer.run(explained)
    store.close()
    for name, plan in plans.items():
        scans = [step for step in plan if "Seq Scan" in step and not re.search("on aeo_(programme|part)", step)]
        assert scans == [], (name, plan)


def test_the_documents_of_a_set_are_found_by_each_of_them(register):
    records = [record("TW1"), record("TW2")]
    for part in (1, 2):
        take(register, records[part - 1 : part], 2, digest="x", part=part, parts=2, document_id=f"d{part}")
    take(register, records, 3, document_id="whole", days=2)
    both = [("d1", "as4-d1"), ("d2", "as4-d2")]
    assert register.parts_like(SENDER, PROGRAMME, "d1") == both
    assert register.parts_like(SENDER, PROGRAMME, "d2") == both
    assert register.parts_like(SENDER, PROGRAMME, "whole") == [("whole", "as4-whole")]
    assert register.parts_like(SENDER, PROGRAMME, "other") == []
    assert register.parts_like("KR-KCS", PROGRAMME, "d1") == []
