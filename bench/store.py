"""The durable store beside plain SQLite that keeps the same octets: CPU of a message when eight are accepted in one transaction."""

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from bench.exchange import pair_of
from bench.two_nodes import sample
from node.keyring.demo_authority import DemoAuthority
from node.msh.ports import Accepted
from node.security.suites import EDELIVERY_1_15
from node.store.messages import Store, open_store
from node.store.sqlite import Connection

#: Messages in a transaction.
GROUP = 8
#: Callers at a time; each waits until its message is on disk. While one half is being committed the other half gathers.
CALLERS = 2 * GROUP
PLAIN = "CREATE TABLE plain (id INTEGER PRIMARY KEY, message_id TEXT UNIQUE, envelope BLOB, payload BLOB, receipt BLOB)"


@dataclass(frozen=True)
class Measured:
    """CPU milliseconds of a message in our store and in plain SQLite, the median ratio of the rounds, and messages in a transaction."""

    ours: float
    plain: float
    ratio: float
    group: float


def measure(folder: Path, *, quick: bool = False) -> Measured:
    """In turns: so many messages into the store by many callers, and the same octets, eight to a transaction, through APSW alone."""
    rounds, size = (3, 400) if quick else (9, 2000)
    accepted, numbers = recorded(), count(1)
    taken: dict[str, list[float]] = {"ours": [], "plain": []}
    with (
        closing(open_store(folder, lambda: f"unique-{next(numbers)}", datetime.now(UTC))) as store,
        closing(plain_database(folder / "plain.db")) as plain,
        ThreadPoolExecutor(CALLERS) as callers,
    ):
        groups = counted(store)
        for one in range(rounds + 1):
            names = [f"{one}-{number}@bench.example" for number in range(size)]
            messages = [named(accepted, name) for name in names]
            found = {
                "ours": cpu_of(lambda: list(callers.map(store.messages.accept_once, messages))),  # noqa: B023
                "plain": cpu_of(lambda: insert(plain, accepted, names)),  # noqa: B023
            }
            if one:
                # The first round warms up.
                for name, seconds in found.items():
                    taken[name].append(seconds / size)
        commits = len(groups)
    ratio = statistics.median(a / b for a, b in zip(taken["ours"], taken["plain"], strict=True))
    ours, bare = (statistics.median(taken[name]) * 1000 for name in ("ours", "plain"))
    return Measured(ours, bare, ratio, (rounds + 1) * size / commits)


def recorded() -> Accepted:
    """What the handler gives the store for one message of 4 KB, signed, encrypted and receipted."""
    pair, found = pair_of(DemoAuthority(datetime.now(UTC)), "rsa2048", EDELIVERY_1_15), []
    accept = pair.b.messages.accept_once

    def record(accepted: Accepted) -> Any:
        found.append(accepted)
        return accept(accepted)

    pair.b.messages.accept_once = record  # type: ignore[method-assign]
    pair.exchange(sample(4096))
    return found[0]


def named(accepted: Accepted, message_id: str) -> Accepted:
    """The same message under another MessageId."""
    message = accepted.user_message
    return replace(accepted, user_message=replace(message, message_info=replace(message.message_info, message_id=message_id)))


def counted(store: Store) -> list[None]:
    """Grows by one with each commit of the writer."""
    found: list[None] = []

    def committed() -> bool:
        found.append(None)
        return False

    # What it commits is counted from outside.
    connection: Any = store.messages.writer._connection  # noqa: SLF001
    connection.raw.set_commit_hook(committed)
    return found


def plain_database(path: Path) -> Connection:
    """With the settings that make our own commits durable."""
    connection = Connection(path)
    for setting in ("PRAGMA page_size = 8192", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", PLAIN):
        connection.execute(setting)
    return connection


def insert(plain: Connection, accepted: Accepted, names: list[str]) -> None:
    """The same octets, eight messages to a transaction."""
    cursor = plain.cursor()
    payload = b"".join(bytes(chunk) for one in accepted.payloads for chunk in one.octets.chunks())
    for begin in range(0, len(names), GROUP):
        cursor.execute("BEGIN IMMEDIATE")
        for name in names[begin : begin + GROUP]:
            cursor.execute(
                "INSERT INTO plain (message_id, envelope, payload, receipt) VALUES (:name, :envelope, :payload, :receipt)",
                {"name": name, "envelope": accepted.envelope, "payload": payload, "receipt": accepted.receipt},
            )
        cursor.execute("COMMIT")


def cpu_of(run: Callable[[], object]) -> float:
    """CPU seconds of all threads of this process."""
    os.sync()
    began = time.process_time()
    run()
    return time.process_time() - began
