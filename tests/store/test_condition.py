"""The condition of a store, on each database."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from node.ebms.namespaces import TEST_SERVICE
from node.ebms.states import OutboundEvent
from node.msh.ports import Peer, Refusal, Settlement
from node.store.condition import Condition, condition
from node.store.messages import snapshot


def read(tmp_path: Path, url: str, now: Any) -> Condition:
    with snapshot(tmp_path / "data", url) as messages:
        return condition(messages, now, TEST_SERVICE)


def test_an_empty_store_has_nothing_to_tell(store: Any, a: Any, tmp_path: Path, url: str) -> None:
    found = read(tmp_path, url, a.NOW)
    assert found.library
    assert found == Condition(library=found.library)


def test_what_waits_failed_and_was_refused_is_told(store: Any, a: Any, tmp_path: Path, url: str) -> None:
    messages = store.messages
    messages.submit(a.exchange("m1@h"))
    messages.submit(a.exchange("m2@h"))
    messages.settle(Settlement("m2@h", OutboundEvent.CANCELLED, a.NOW, "no longer wanted"))
    messages.accept_once(a.accepted())
    messages.record_refusal(Refusal(a.NOW, Peer("::1"), 1, "", "EBMS:0101", "", partner="kr"))
    messages.record_refusal(Refusal(a.NOW, Peer("::1"), 1, "", "EBMS:0101", ""))
    later = a.NOW + timedelta(hours=2)
    found = read(tmp_path, url, later)
    (partner,) = found.failed
    assert found.oldest_due == a.exchange("m1@h").submitted_at
    assert (found.failed[partner], found.refused, found.undelivered) == (1, {"kr": 1}, 1)
    assert found.first is not None
    assert found.latest is not None
    assert read(tmp_path, url, later + timedelta(days=8)).failed == {}
    assert read(tmp_path, url, later + timedelta(days=8)).refused == {}
