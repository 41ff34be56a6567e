"""A full list of 100,000 AEO operators in ten documents is read and registered on both databases, and one among many is looked up, as fast as officers need it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from node.customs.operators.digest import line_of, set_digest
from node.customs.operators.look_up import Question, look_up
from node.customs.operators.outbound import PART, octets_of
from node.customs.operators.port import SetState
from node.customs.operators.record import Source
from node.customs.operators.record_set import FULL, RecordSetReader, SetHead
from node.store.messages import Store, open_store
from node.store.operators import StoredOperators
from tests.bars.bar import Outcome, main
from tests.bars.nodes import server
from tests.operators import at, many

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
#: Records a second; half of the time of 3,000 is left to whoever checks them.
RATE = 6_000
MEBIBYTES = 150
SECONDS = 1.0
LISTED = 100_000


def run(folder: Path, full: bool, listed: int = LISTED, known: int = 0) -> Outcome:
    """Both databases, one after the other."""
    known = known or (1_000_000 if full else 200_000)
    lists = folder / "lists"
    write_list(lists, listed)
    figures, problems = [], []
    with server() as postgres:
        for name, url in (("SQLite", ""), ("PostgreSQL", postgres.database())):
            told = registered(folder / name, lists, url)
            slowest = look_ups(folder / f"{name}-many", postgres.database() if url else "", known)
            figures.append(
                f"{name}: {told['rate']:,.0f} records a second in {told['mebibytes']} MiB, among {known:,} a look-up in {slowest * 1000:.0f} ms at most"
            )
            if told["quantity"] != listed:
                problems.append(f"{name}: {told['quantity']} of {listed} operators are on file")
            # A short list says nothing of the rate.
            if listed >= LISTED and told["rate"] < RATE:
                problems.append(f"{name}: {told['rate']:,.0f} records a second, wanted {RATE:,}")
            if told["mebibytes"] > MEBIBYTES:
                problems.append(f"{name}: {told['mebibytes']} MiB, wanted {MEBIBYTES}")
            if slowest > SECONDS:
                problems.append(f"{name}: a look-up among {known:,} takes {slowest:.2f} s")
    return Outcome("; ".join(figures), tuple(problems))


def write_list(folder: Path, listed: int) -> None:
    """The documents of one list, in no order of TINs."""
    folder.mkdir(parents=True, exist_ok=True)
    records = many(listed)
    digest = set_digest(map(line_of, records))
    # Neither the sender's order nor that of the index: every part has operators from all over.
    shuffled = [one for start in range(97) for one in records[start::97]]
    parts = -(-listed // PART)
    for number in range(parts):
        some = shuffled[number * PART : (number + 1) * PART]
        head = SetHead(
            *(
                f"urn:x:{number}",
                at(1),
                "TW-CUSTOMS",
                "KR-KCS",
                FULL,
                "TW-AEO",
                None,
                7,
                number + 1,
                parts,
                len(some),
                at(1),
                digest,
            )
        )
        (folder / f"{number:04}.xml").write_bytes(octets_of(head, some, "mra.tw-kr.1"))


def registered(folder: Path, lists: Path, url: str) -> dict[str, Any]:
    """What a process of its own measured."""
    child = [sys.executable, "-m", "tests.bars.operators", "child", folder, lists, url]
    done = subprocess.run(child, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def child(folder: Path, lists: Path, url: str) -> None:
    """Read and register every document; print the figures."""
    store = open_store(folder, lambda: "bar", NOW, url=url)
    register = register_of(store)
    began, count = time.perf_counter(), 0
    for path in sorted(lists.iterdir()):
        with path.open("rb") as file:
            reader = RecordSetReader(file)
            count += reader.head.quantity
            register.take(reader.head, reader.records(), Source(reader.head.document_id, "", NOW))
    rate = count / (time.perf_counter() - began)
    quantity = sum(register.totals("TW-CUSTOMS", "TW-AEO").values())
    store.close()
    # What getrusage says begins with the size of the process that started this one.
    (peak,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    mebibytes = int(peak.split()[1]) // 1024
    print(json.dumps({"rate": rate, "quantity": quantity, "mebibytes": mebibytes}))


def register_of(store: Store) -> StoredOperators:
    return StoredOperators(store.messages.database, store.messages.writer)


def look_ups(folder: Path, url: str, known: int) -> float:
    """The slowest of many looks at the operators of ten programmes."""
    store = open_store(folder, lambda: "bar", NOW, url=url)
    register = register_of(store)
    each = known // 10
    for number in range(10):
        fill(register, f"S{number}-CUSTOMS", many(each, seed=number))
    if url:
        # What its own housekeeping does in time.
        store.messages.writer.run(lambda cursor: cursor.execute("ANALYZE") and None)
    records = many(each)
    slowest = 0.0
    for words, scheme in questions(records):
        began = time.perf_counter()
        question = Question(words, scheme, NOW.date(), NOW)
        answers = look_up(question, register, lambda sender, programme: timedelta(days=1), NOW)
        slowest = max(slowest, time.perf_counter() - began)
        if not answers and words != "TW00000000":
            raise RuntimeError(f"{scheme} {words} is not found")
    store.close()
    return slowest


def questions(records: Any) -> Iterator[tuple[str, str]]:
    """Every way to ask, of operators from all over; names that few and that very many have."""
    for one in records[:: max(len(records) // 50, 1)]:
        yield one.tin, ""
        yield one.aeo_number, "AEO"
        yield one.identifiers[0].id, "TW-UBN"
        yield one.name, "NAME"
        yield one.local_name.words[1:4], "NAME"
    yield from (("summit", "NAME"), ("co", "NAME"), ("瑞", "NAME"), ("TW00000000", ""))


def fill(register: StoredOperators, sender: str, records: Any) -> None:
    head = SetHead(*(f"urn:{sender}", at(1), sender, "KR-KCS", FULL, "P", None, 1, 1, 1, len(records), at(1), ""))
    result = register.take(head, records, Source(head.document_id, "", NOW))
    if result.state is not SetState.APPLIED:
        raise RuntimeError(result.why)


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
    else:
        sys.exit(main(run))
