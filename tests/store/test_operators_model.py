"""The register of operators against a naive history: random lists, corrections, gaps, duplicates, deletes, on every database."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from node.customs.operators.history import as_of, as_received
from node.customs.operators.in_memory import InMemoryOperators
from node.customs.operators.port import SetState
from node.customs.operators.record import beginnings
from node.customs.operators.record_set import DELTA, FULL, URGENT
from node.store.messages import open_store
from node.store.operators import StoredOperators
from tests.operators import START, at, deletion, head, record, source, status, without_operation

KEYS = [(f"TW{number}", tier) for number in range(4) for tier in ("AEOS", "AEOF")]
STATUSES = ["ACTIVE", "SUSPENDED", "REVOKED", "WITHDRAWN", "EXPIRED"]
PROGRAMME = "P"
SENDERS = count()


@dataclass
class Said:
    """One thing that was said of an operator, in the order in which it was: a record, or None for that there is none any more."""

    moment: object
    received: object
    record: object


@dataclass
class Naive:
    """Everything that was ever said; questions are answered by reading all of it."""

    log: dict = field(default_factory=dict)
    sequence: int = 0
    last_full: int | None = None
    latest: object = at(0)

    def now(self, key):
        said = self.log.get(key)
        return said[-1].record if said else None

    def say(self, key, moment, received, one):
        before = self.now(key)
        if before is None and one is None:
            return
        if before is not None and one is not None and without_operation(before) == without_operation(one):
            return
        said = self.log.setdefault(key, [])
        said.append(Said(max([moment, *(one.moment for one in said)]), received, one))

    def full(self, records, to, snapshot, received):
        for one in sorted(records, key=lambda one: (one.tin, one.tier, one.version)):
            self.say((one.tin, one.tier), one.recorded_at, received, one)
        listed = {(one.tin, one.tier) for one in records}
        for key in set(self.log) - listed:
            self.say(key, snapshot, received, None)
        self.sequence, self.last_full = to, len(records)

    def delta(self, records, to, received):
        for one in sorted(records, key=lambda one: (one.tin, one.tier, one.version)):
            key = (one.tin, one.tier)
            if one.operation == "STATUS" and self.now(key) is not None:
                one = one.completed_by(self.now(key))  # noqa: PLW2901 - what it leaves out stands
            self.say(key, one.recorded_at, received, None if one.operation == "DELETE" else one)
        self.sequence = to

    def asked(self, key, day, known, *, ours):
        heard = [one for one in self.log.get(key, ()) if (one.received if ours else one.moment) <= known]
        for one in reversed(heard):
            if one.record is None:
                return None
            # It speaks for every day from its beginning on.
            if one.record.valid_from <= day:
                return one.record if one.record.holds(day) else None
        return None


@st.composite
def some_records(draw, operations, unique):
    keys = draw(st.lists(st.sampled_from(KEYS), max_size=6, unique=unique))
    made = []
    for number, (tin, tier) in enumerate(keys):
        operation = draw(st.sampled_from(operations))
        # No two versions of one set are alike, so that their order is known.
        version, days = draw(st.integers(0, 9)) * 10 + number + 1, draw(st.integers(0, 40)) / 2
        ends = draw(st.none() | st.integers(0, 40))
        begins = START.date() + timedelta(days=draw(st.integers(-5, 25)))
        valid = {"valid_from": begins, "valid_to": None if ends is None else begins + timedelta(days=ends)}
        if operation == "DELETE":
            made.append(deletion(tin, version, days, tier=tier))
        elif operation == "STATUS":
            made.append(status(tin, version, days, draw(st.sampled_from(STATUSES)), tier=tier, **valid))
        else:
            name = draw(st.sampled_from(["Alpha Beta", "Gamma Line", "Beta Gamma"]))
            word = draw(st.sampled_from(STATUSES))
            made.append(record(tin, version, days, operation=operation, tier=tier, name=name, status=word, **valid))
    return made


class Registers(RuleBasedStateMachine):
    register = None  # set by the test

    @initialize()
    def begin(self):
        # Each run has a sender of its own, so that all share one database.
        self.sender = f"S{next(SENDERS)}-CUSTOMS"
        self.naive = Naive()
        self.documents = count()
        self.clock = 1.0
        self.last = None

    def send(self, one, records, received):
        return self.register.take(one, iter(records), source(one, received))

    def head(self, records, to, mode, since=None, **other):
        name = f"doc-{self.sender}-{next(self.documents)}"
        return head(records, to, mode, since, self.clock, name, sender=self.sender, programme=PROGRAMME, **other)

    def received(self, forth):
        """Our clock, which may go back: our own times never do."""
        self.clock += forth
        self.naive.latest = max(self.naive.latest, at(self.clock))
        return self.clock

    @rule(records=some_records(["ADD"], unique=True), step=st.integers(0, 3), forth=st.integers(-1, 4))
    def full(self, records, step, forth):
        received, to = self.received(forth), self.naive.sequence + step or 1
        one = self.head(records, to, FULL)
        result = self.send(one, records, received)
        if result.again:
            # The very same set as the last, in another document.
            return
        assert result.state is SetState.APPLIED
        self.naive.full(records, to, one.snapshot_at, self.naive.latest)
        self.last = (one, records, result)

    @rule(records=some_records(["ADD"], unique=True), size=st.integers(1, 3), backwards=st.booleans(), forth=st.integers(0, 4))
    def full_in_parts(self, records, size, backwards, forth):
        received, to = self.received(forth), self.naive.sequence + 1
        parts = [records[place : place + size] for place in range(0, len(records), size)] or [[]]
        digest = head(records, to).digest
        heads = [self.head(some, to, FULL, digest=digest, part=n, parts=len(parts)) for n, some in enumerate(parts, 1)]
        order = list(zip(heads, parts, strict=True))[:: -1 if backwards else 1]
        for number, (one, some) in enumerate(order, 1):
            result = self.send(one, some, received)
            assert result.state is (SetState.APPLIED if number == len(parts) else SetState.WAITING)
        self.naive.full(records, to, heads[0].snapshot_at, self.naive.latest)

    @rule(
        records=some_records(["ADD", "CHANGE", "STATUS", "DELETE"], unique=False),
        mode=st.sampled_from([DELTA, URGENT]),
        step=st.integers(1, 3),
        forth=st.integers(-1, 4),
        digested=st.booleans(),
    )
    def delta(self, records, mode, step, forth, digested):
        received, since = self.received(forth), self.naive.sequence
        one = self.head(records, since + step, mode, since, digest=None if digested else "")
        result = self.send(one, records, received)
        assert result.state is SetState.APPLIED
        assert len(result.records) == len(records)
        self.naive.delta(records, since + step, self.naive.latest)
        self.last = (one, records, result)

    @rule(records=some_records(["ADD", "DELETE"], unique=True), off=st.sampled_from([-2, -1, 1, 5]))
    def gap(self, records, off):
        since = max(self.naive.sequence + off, 0)
        if since == self.naive.sequence:
            return
        result = self.send(self.head(records, since + 1, DELTA, since), records, self.clock)
        assert result.state is SetState.GAP or result.again

    @precondition(lambda self: self.naive.sequence > 1)
    @rule(records=some_records(["ADD"], unique=True))
    def late(self, records):
        one = self.head(records, self.naive.sequence - 1, FULL)
        result = self.send(one, records, self.clock)
        assert result.state is SetState.OLDER or result.again

    @rule(records=some_records(["ADD"], unique=True))
    def forged(self, records):
        one = self.head(records, self.naive.sequence + 1, FULL, digest="other")
        assert self.send(one, records, self.clock).state is SetState.REFUSED

    @precondition(lambda self: self.last)
    @rule()
    def again(self):
        one, records, result = self.last
        assert self.send(one, records, self.clock) == replace(result, again=True)

    @invariant()
    def the_register_answers_as_the_history_would(self):
        if not hasattr(self, "naive"):
            return
        assert self.register.latest_sequence(self.sender, PROGRAMME) == self.naive.sequence
        assert self.register.last_full(self.sender, PROGRAMME) == self.naive.last_full
        on_file = self.register.on_file(self.sender, PROGRAMME, KEYS)
        assert set(on_file) == set(self.naive.log)
        assert {key for key, one in on_file.items() if one.present} == {key for key in self.naive.log if self.naive.now(key)}

    def teardown(self):
        """All questions over the whole grid, once for each run."""
        if not hasattr(self, "naive"):
            return
        histories = {
            (one.tin, one.tier): one
            for tin in dict.fromkeys(tin for tin, _ in KEYS)
            for one in self.register.find(tin, "TIN")
            if one.sender == self.sender
        }
        assert set(histories) == set(self.naive.log)
        for key, history in histories.items():
            assert (history.current and history.current.record) == self.naive.now(key)
            for day in (date(2026, 10, 28), *(at(number).date() for number in range(0, 60, 7))):
                for number in range(-2, 84):
                    known = at(number / 2)
                    for ours, asked in ((False, as_of), (True, as_received)):
                        found = asked(history.rows, day, known)
                        wanted = self.naive.asked(key, day, known, ours=ours)
                        assert (found and found.record.version) == (wanted and wanted.version), (key, day, known, ours)
                        assert found is None or (found.record.holds(day) and found.record.status == wanted.status)
        for words in ("alpha beta", "gamma", "beta"):
            named = {(one.tin, one.tier) for one in self.register.find_name(words, 10_000) if one.sender == self.sender}
            wanted = {
                key
                for key in self.naive.log
                if (one := self.naive.now(key)) and any(b.startswith(words) for b in beginnings(one))
            }
            assert named == wanted


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def register(request, tmp_path, a):
    if request.param == "memory":
        yield InMemoryOperators()
        return
    url = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    store = open_store(tmp_path / "data", lambda: "unique", a.NOW, url=url)
    yield StoredOperators(store.messages.database, store.messages.writer)
    store.close()


@pytest.mark.slow
def test_the_register_is_a_history_of_two_times(register):
    machine = type("Machine", (Registers,), {"register": register})
    run_state_machine_as_test(machine, settings=settings(max_examples=60, stateful_step_count=12, deadline=None))
