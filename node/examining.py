"""The store of a home, looked at and not touched: for commands that judge, beside whoever serves it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node.clock import SystemClock
from node.codelists import open_lists
from node.configuration import Problems
from node.home import Home, load_home
from node.judging import Judging
from node.library import open_packs
from node.renewing import read_in_force
from node.served import is_locked
from node.setting import Setting
from node.store.documents import StoredDocuments
from node.store.finding import Finding, Witness
from node.store.integrity import integrity, unreadable
from node.store.invariants import check
from node.store.messages import StoredMessages, snapshot
from node.store.operators import StoredOperators
from node.store.reading import StoreUnreadable


def examine(folder: Path) -> Iterator[Finding]:
    """Every breach of a promise in the store of a home.

    Raises ConfigurationError where there is no store, or one of another version.
    """
    problems = Problems()
    home = load_home(folder, problems)
    problems.raise_if_any()
    # Asked first: what begins meanwhile is no breach.
    serving_here = is_locked(home.data)
    if serving_here and (held := read_in_force(home.data)):
        yield from held.findings()
    try:
        with snapshot(home.data, home.database, home.bucket) as messages:
            yield from _places(home, messages)
            yield from integrity(messages)
            yield from check(messages, Witness(SystemClock().now(), serving=serving_here or messages.served()))
    except StoreUnreadable as error:
        yield unreadable(error)


@contextmanager
def looking(setting: Setting) -> Iterator[tuple[StoredMessages, Judging] | None]:
    """The store of a setting as it is now, for reading alone, with a judge of documents; None where there is no store yet.

    Raises ConfigurationError for a store of another version, and for packs that cannot be read; StorageUnavailable.
    """
    home = setting.home
    if not home.database and not (home.data / "node.db").is_file():
        yield None
        return
    with snapshot(home.data, home.database, home.bucket) as messages:
        documents = StoredDocuments(messages.database, messages.writer)
        operators = StoredOperators(messages.database, messages.writer)
        packs = open_packs(home.folder, open_lists(home.folder))
        yield messages, Judging(packs, documents, operators, setting.agreements)


def _places(home: Home, messages: StoredMessages) -> Iterator[Finding]:
    """Whether the places outside the database can be written."""
    trouble = messages.files.trouble()
    if trouble:
        yield Finding("payloads", trouble, "node.toml store.payloads", "see docs/howto/keep-payloads-in-a-bucket.md")
    if home.archive is not None:
        from node.store.archive import place_of_archive

        trouble = place_of_archive(home.archive).trouble()
        if trouble:
            yield Finding(
                "archive", trouble, "node.toml retention.archive", "until then retention removes no payloads and no messages"
            )
