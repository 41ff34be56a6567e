"""Each revision follows the one before, and becomes statements."""

from types import SimpleNamespace

import pytest

from node.store import migrating
from node.store.database import VERSION


def test_there_is_one_revision_for_each_version():
    assert [one.revision for one in migrating.revisions()] == [str(number) for number in range(1, VERSION + 1)]


def test_a_gap_between_revisions_is_refused(monkeypatch):
    made = SimpleNamespace(__name__="v9_gap", revision="9", down_revision="7")
    monkeypatch.setattr(migrating, "import_module", lambda name: made)
    with pytest.raises(ValueError, match="v9_gap: revision 9 after 7 is no version 1"):
        migrating.revisions()


def test_a_revision_is_written_for_each_database():
    first = migrating.revisions()[0]
    assert "content BLOB" in migrating.migration(first, "sqlite")
    assert "content BYTEA" in migrating.migration(first, "postgres")
