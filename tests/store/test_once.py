"""What many entries name is kept once."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

from node.store import prepared
from node.store.evidence import Evidence
from node.store.once import KeptOnce


def rows(store):
    return len(store.messages.all(prepared.WALK_OBJECTS, after="", most=100))


def test_octets_are_kept_once_however_often_they_are_named(store, a):
    messages = store.messages
    keep = KeptOnce(messages.database, messages.writer, lambda: messages.files)
    large = b"list" * 200_000
    with ThreadPoolExecutor(8) as callers:
        names = set(callers.map(keep, [b"certificate", large] * 10))
    assert names == {hashlib.sha256(one).hexdigest() for one in (b"certificate", large)}
    again = KeptOnce(messages.database, messages.writer, lambda: messages.files)
    assert again(large) in names
    assert rows(store) == 2
    assert a.read(Evidence(messages).object(again(large))) == large
    assert Evidence(messages).object("0" * 64) is None


def test_only_so_many_are_remembered(store, monkeypatch):
    messages = store.messages
    keep = KeptOnce(messages.database, messages.writer, lambda: messages.files)
    monkeypatch.setattr("node.store.once._MOST", 2)
    for number in range(5):
        keep(b"%d" % number)
    assert len(keep._known) <= 2
    assert rows(store) == 5
