"""A store is looked at on each database, and stays as it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from node.msh.ports import ContentDiffers, Peer, Refusal
from node.store.looking import NothingYet, StoreLooking
from node.store.messages import snapshot


@contextmanager
def looking(tmp_path: Path, url: str) -> Iterator[StoreLooking]:
    with snapshot(tmp_path / "data", url) as messages:
        yield StoreLooking(messages)


def test_what_was_accepted_is_seen_again(store: Any, a: Any, tmp_path: Path, url: str) -> None:
    accepted = a.accepted()
    with looking(tmp_path, url) as look:
        assert look.seen(accepted) is None
    first = store.messages.accept_once(accepted)
    with looking(tmp_path, url) as look:
        seen = look.seen(accepted)
        assert seen is not None
        assert (seen.duplicate, seen.receipt, seen.receipt_content_type) == (True, first.receipt, first.receipt_content_type)
        with pytest.raises(ContentDiffers):
            look.seen(replace(accepted, fingerprint="other"))
        assert look.received(accepted.pmode.partner, accepted.user_message.message_info.message_id) is not None
    (message,) = store.messages.inbound(accepted.user_message.message_info.message_id)
    assert message.duplicates == 0


def test_what_waits_on_a_channel_is_found(store: Any, a: Any, tmp_path: Path, url: str) -> None:
    one = replace(a.exchange("m1@h"), mpc="urn:mpc")
    store.messages.submit(one)
    store.messages.submit(a.exchange("m2@h"))
    with looking(tmp_path, url) as look:
        found = look.waiting_on(one.partner, "urn:mpc")
        assert found is not None
        assert found.message_id == "m1@h"
        assert look.exchange("m2@h") is not None
        assert look.waiting_on(one.partner, "urn:other") is None


def test_a_refusal_is_found_by_its_number_and_its_message_id(store: Any, a: Any, tmp_path: Path, url: str) -> None:
    for detail in ("first", "second"):
        store.messages.record_refusal(Refusal(a.NOW, Peer("::1"), 1, "", "EBMS:0101", detail, message_id="m@kr"))
    newest, oldest = (one.id for one in store.messages.refusals())
    with looking(tmp_path, url) as look:
        assert (look.refused("m@kr"), look.refused(str(oldest)), look.refused(str(newest))) == (newest, oldest, newest)
        assert [look.refused(one) for one in ("none@kr", "999", "9" * 30)] == [None] * 3


def test_where_there_is_no_store_nothing_is_known(a: Any) -> None:
    nothing = NothingYet()
    assert [nothing.exchange("m"), nothing.received("kr", "m"), nothing.seen(a.accepted()), nothing.waiting_on("kr", "")] == [
        None
    ] * 4
