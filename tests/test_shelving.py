"""Each class of documents by its own period."""

from datetime import timedelta

import pytest

from node.app import Node
from node.configuration import ConfigurationError
from node.shelving import Shelving
from node.store.messages import open_store
from node.store.shelves import Shelves
from tests.homes import make_pair
from tests.registered import NOW, Clerk, certificate, documents_of, later

DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path / "data", lambda: "unique", NOW)
    yield store
    store.close()


def shelving(store, periods, otherwise, at):
    return Shelving(Shelves(store.messages.database, store.messages.writer), periods, otherwise, lambda: at)


def test_a_class_goes_by_its_period_and_others_by_that_of_evidence(store):
    clerk = Clerk(documents_of(store))
    clerk.accept(certificate())
    clerk.accept(b"<x/>")
    assert shelving(store, {"origin": 9 * DAY}, 5 * DAY, later(days=4.9)).sweep() == 0
    assert shelving(store, {"origin": 9 * DAY}, 5 * DAY, later(days=5)).sweep() == 1
    assert [one.removed_at is None for one in clerk.register.entries()] == [False, True]
    assert shelving(store, {"origin": None}, 5 * DAY, later(days=999)).sweep() == 0
    assert shelving(store, {"origin": 9 * DAY}, None, later(days=9)).sweep() == 1


def test_a_run_that_is_stopped_ends(store):
    Clerk(documents_of(store)).accept(certificate())
    one = shelving(store, {}, DAY, later(days=9))
    one.stop()
    assert one.sweep() == 0


def test_the_periods_stand_in_node_toml(tmp_path):
    tw, _ = make_pair(tmp_path)
    toml = tw.folder / "node.toml"
    text = toml.read_text()
    toml.write_text(
        text + '\n[retention]\nevidence = "12y"\n[retention.classes]\norigin = "7y"\nquery-log = "90d"\nmanifest = "forever"\n'
    )
    node = Node.open(tw.folder)
    periods = [node.shelving.period(one) for one in ("origin", "query-log", "manifest", "aeo")]
    node.close()
    assert periods == [7 * 366 * DAY, 90 * DAY, None, 12 * 366 * DAY]
    toml.write_text(text + '\n[retention.classes]\norigin = "long"\n')
    with pytest.raises(ConfigurationError, match=r"retention.classes.origin: must be a number"):
        Node.open(tw.folder)
