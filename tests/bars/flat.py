"""A year of messages in the table: looking one up, claiming what is due and recognising a duplicate cost what they cost in an empty one."""

import statistics
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.claims import NOW, fill
from node.ebms.states import OutboundState
from node.store import prepared
from node.store.messages import Store, open_store
from tests.bars.bar import Outcome, main
from tests.bars.nodes import server

SMALL = 1_000
#: What is due among the millions.
DUE = 3_000
#: Looks of each kind; the two tables are asked in turn.
LOOKS = 60
#: A tree of four levels instead of two costs more of the same.
FACTOR = 3.0


def run(folder: Path, full: bool, rows: int = 0) -> Outcome:
    """Both databases, one after the other."""
    rows = rows or (10_000_000 if full else 300_000)
    with server() as postgres:
        found = [compare(folder / name, rows, url) for name, url in (("sqlite", None), ("postgres", postgres))]
    worst = max(
        (ratio, f"{name}: {what}")
        for name, ratios in zip(("SQLite", "PostgreSQL"), found, strict=True)
        for what, ratio in ratios.items()
    )
    problems = [
        f"{name}: {what} takes {ratio:.1f} times as long among {rows:,} rows"
        for name, ratios in zip(("SQLite", "PostgreSQL"), found, strict=True)
        for what, ratio in ratios.items()
        if ratio > FACTOR
    ]
    return Outcome(f"{rows:,} rows against {SMALL:,}: at most {worst[0]:.1f} times as long ({worst[1]})", tuple(problems))


def compare(folder: Path, rows: int, postgres: Any) -> dict[str, float]:
    """How many times as long each kind of look takes in the large table, by the median."""
    with (
        closing(filled(folder / "small", SMALL, postgres)) as small,
        closing(filled(folder / "large", rows, postgres)) as large,
    ):
        return {name: ratio(look, (large, rows), (small, SMALL)) for name, look in LOOKS_AT.items()}


def filled(folder: Path, rows: int, postgres: Any) -> Store:
    """Rows that have come to their end, and then some that are due."""
    store = open_store(folder, lambda: "bench", NOW, url=postgres.database() if postgres else "")
    store.messages.alive("bench", "here", NOW)
    fill(store, 1, rows, state="ACKNOWLEDGED", due=None)
    fill(store, rows + 1, rows + DUE, state="SUBMITTED", due=NOW)
    if postgres:
        # What its own housekeeping does in time.
        store.messages.writer.run(lambda cursor: cursor.execute("ANALYZE") and None)
    return store


def ratio(look: Callable[[Store, int], object], large: tuple[Store, int], small: tuple[Store, int]) -> float:
    """Both tables in turn, so that whatever else the machine does slows both; of each the faster quarter is what the look itself costs."""
    seconds: dict[int, list[float]] = {0: [], 1: []}
    for number in range(LOOKS):
        for which, (store, rows) in enumerate((large, small)):
            began = time.perf_counter()
            look(store, 1 + number * 7919 % rows)
            seconds[which].append(time.perf_counter() - began)
    fast = [statistics.mean(sorted(one)[: LOOKS // 4]) for one in seconds.values()]
    return fast[0] / fast[1]


def one_message(store: Store, number: int) -> object:
    found = store.messages.exchange(f"m{number}@bench.example")
    assert found is not None
    return found


def its_history(store: Store, number: int) -> object:
    return store.messages.history(f"m{number}@bench.example")


def a_claim(store: Store, _number: int) -> object:
    claimed = store.messages.claim("bench", 1, NOW)
    assert claimed
    store.messages.release(claimed)
    return claimed


def an_empty_look(store: Store, _number: int) -> object:
    return store.messages.claim("bench", 1, NOW - timedelta(days=1))


def what_is_overdue(store: Store, _number: int) -> object:
    return store.messages.overdue(500, NOW)


def what_has_lapsed(store: Store, _number: int) -> object:
    return store.messages.lapsed(NOW)


def the_newest(store: Store, _number: int) -> object:
    return store.messages.exchanges(50)


def the_newest_failed(store: Store, _number: int) -> object:
    return store.messages.exchanges(50, state=OutboundState.FAILED)


def a_duplicate(store: Store, number: int) -> object:
    return store.messages.one(prepared.SEEN_BEFORE, from_party="nobody", message_id=f"m{number}@bench.example")


LOOKS_AT = {
    one.__name__.replace("_", " "): one
    for one in (
        one_message,
        its_history,
        a_claim,
        an_empty_look,
        what_is_overdue,
        what_has_lapsed,
        the_newest,
        the_newest_failed,
        a_duplicate,
    )
}


if __name__ == "__main__":
    sys.exit(main(run))
