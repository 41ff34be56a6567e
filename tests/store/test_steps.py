"""Lives on both databases: a move is written down, is taken once, and never by nobody."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from node.store import agreed, updates
from node.store.agreed import StoredVersions
from node.store.people import Acted
from node.store.steps import Life, NotAgreed, Step
from node.store.updates import Asked, Carrier, StoredUpdates
from node.updates.states import UpdateDirection
from tests.agreed import agreed as sheet
from tests.agreed import signed

NOW = datetime(2026, 12, 1, tzinfo=UTC)
ANN = Acted("ann", NOW, "as asked")


def version(store: Any) -> tuple[int, str, Callable[[int], list[Step]], dict[str, object]]:
    stored = StoredVersions(store.messages.database, store.messages.writer)
    kept = stored.propose("kr", signed(sheet()), "a", ANN)
    return kept.id, kept.state, stored.steps, {}


def update(store: Any) -> tuple[int, str, Callable[[int], list[Step]], dict[str, object]]:
    stored = StoredUpdates(store.messages.database, store.messages.writer)
    kept, _ = stored.record(Asked("kr", UpdateDirection.IN, "r1", "d", b"request", Carrier(), None, None), ANN)
    return kept.id, kept.state, stored.steps, {"new_answer": None, "new_sending": "", "new_sending_id": ""}


@pytest.mark.parametrize(("life", "made"), [(agreed._LIFE, version), (updates._LIFE, update)])
def test_a_row_moves_once_and_its_step_says_who_moved_it(store: Any, life: Life, made: Any) -> None:
    row_id, state, steps, new = made(store)

    def move(by: Acted) -> None:
        store.messages.writer.run(lambda cursor: life.move(cursor, row_id, "MOVE", (state, "MOVED"), by, **new))

    with pytest.raises(NotAgreed, match="names nobody"):
        move(Acted("\u200b", NOW))
    move(ANN)
    with pytest.raises(NotAgreed, match="somebody else was first") as refused:
        move(ANN)
    assert refused.value.remedy == life.shown
    assert [(one.who, one.event, one.before, one.after) for one in steps(row_id)] == [
        ("ann", "PROPOSE", "", state),
        ("ann", "MOVE", state, "MOVED"),
    ]
