"""What the doctor asks first: a healthy store has nothing to tell; tests/cli/test_doctor.py damages one."""

import shutil
from typing import Any

import pytest

from node.store.integrity import integrity, unreadable
from node.store.reading import StoreUnreadable


@pytest.fixture
def url() -> str:
    """PostgreSQL looks after its own files."""
    return ""


def test_a_healthy_store_has_nothing_to_tell_and_a_missing_folder_is_told(store: Any) -> None:
    assert list(integrity(store.messages)) == []
    shutil.rmtree(store.messages.files.folder)
    (found,) = integrity(store.messages)
    assert (found.id, found.where) == ("STORE", str(store.messages.files.folder))


def test_an_index_that_misses_a_row_is_told(store: Any, a: Any) -> None:
    store.messages.submit(a.exchange())

    def spoil(cursor: Any) -> None:
        cursor.execute("PRAGMA writable_schema = ON")
        cursor.execute("UPDATE sqlite_schema SET sql = replace(sql, '(state', '(partner') WHERE name = 'exchange_state'")

    store.messages.writer.run(spoil)
    store.messages.database.close()
    store.messages.database._local.connection = None
    found = list(integrity(store.messages))
    assert found
    assert {(one.id, "damaged" in one.what) for one in found} == {("STORE", True)}


def test_what_cannot_be_read_is_told_with_its_remedy() -> None:
    found = unreadable(StoreUnreadable("node.db", "gone", "restore it"))
    assert (found.where, found.what, found.remedy) == ("node.db", "gone", "restore it")
