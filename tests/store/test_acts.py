"""What people do is written by the transaction that does it, and not without it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.evidence.entry import Kind
from node.store.acts import Acts
from node.store.connection import Cursor
from node.store.evidence import Evidence
from node.store.messages import Store, open_store
from node.store.people import Acted

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
BY = Acted("lin", NOW, "")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path, str, NOW)


def test_an_act_has_what_was_brought_and_the_command_line_where_nobody_gave_a_reason(store: Store) -> None:
    acts = Acts(store.messages.entries)
    acts.words = "n2n partner approve"
    store.messages.writer.run(lambda cursor: acts(cursor, BY, "approve", {"partner": "kr", "gate": ""}, [b"the sheet"]))
    (one,) = Evidence(store.messages).walk()
    assert (one.entry.kind, one.entry.about) == (Kind.ACTED, {"partner": "kr"})
    assert one.entry.facts == {"who": "lin", "what": "approve", "why": "n2n partner approve"}
    (kept,) = Evidence(store.messages).objects(one).values()
    assert b"".join(kept.chunks()) == b"the sheet"  # type: ignore[union-attr]
    store.close()


def test_what_is_undone_has_no_act(store: Store) -> None:
    acts = Acts(store.messages.entries)

    def fails(cursor: Cursor) -> None:
        acts(cursor, BY, "approve", {})
        raise LookupError

    with pytest.raises(LookupError):
        store.messages.writer.run(fails)
    assert list(Evidence(store.messages).walk()) == []
    store.close()


def test_without_a_log_nothing_is_written(store: Store) -> None:
    store.messages.writer.run(lambda cursor: Acts()(cursor, BY, "approve", {}, [b"x"]))
    assert Evidence(store.messages).log() is None
    store.close()


def test_what_rides_goes_with_the_first_transaction_that_is_done(store: Store) -> None:
    rode: list[str] = []
    writer = store.messages.writer

    def rider(name: str) -> Callable[[Cursor], None]:
        return lambda _cursor: rode.append(name)

    def fails(_cursor: Cursor) -> None:
        raise LookupError

    with writer.riding(rider("one")) as was_written:
        writer.run(lambda _cursor: None, rides=False)
        with pytest.raises(LookupError):
            writer.run(fails)
        assert (rode, was_written()) == ([], False)
        writer.run(lambda _cursor: rode.append("work"))
        writer.run(lambda _cursor: None)
        assert (rode, was_written()) == (["work", "one"], True)
    with writer.riding(rider("two")):
        pass
    writer.run(lambda _cursor: None)
    assert rode == ["work", "one"]
    store.close()
