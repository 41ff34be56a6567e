"""Records of gates on both databases."""

from datetime import UTC, datetime

import pytest

from node.sheets.canonical import digest
from node.store.gates import StoredGates
from node.store.people import Acted

NOW = datetime(2026, 12, 1, tzinfo=UTC)
ANN = Acted("ann", NOW, "as agreed")


@pytest.fixture
def gates(store):
    return StoredGates(store.messages.database, store.messages.writer)


def test_records_of_gates_are_kept_with_their_digest(gates):
    made = gates.record("kr", 3, (1, "d"), True, {"offset": 0.2, "answered": True}, ANN)
    (kept,) = gates.of("kr")
    # Whoever reads it can tell that nothing was changed.
    assert digest(kept.whole("kr")) == kept.digest == made.digest
    assert digest(kept.whole("jp")) != kept.digest
    assert kept == made
    assert (kept.gate, kept.passed, kept.facts["answered"], len(kept.digest)) == (3, True, True, 64)
    assert gates.of("jp") == []
