"""The twins in memory; their contract with the store is kept in test_outbound.py and test_inbound.py."""

import hashlib

import pytest

from node.msh.ports import Peer, Refusal
from node.store.files import INLINE
from node.store.in_memory import InMemoryMessages, InMemoryQuarantine


@pytest.fixture(params=["disk", "memory"])
def quarantine(request, open_at):
    return open_at().quarantine if request.param == "disk" else InMemoryQuarantine()


@pytest.mark.parametrize(
    "pieces", [(), (b"",), (b"one",), (b"a", bytearray(b"b"), memoryview(b"c")), (b"x" * INLINE, b"y"), (b"z" * 3 * INLINE,)]
)
def test_a_sink_keeps_what_was_written(quarantine, pieces):
    sink = quarantine.sink()
    for piece in pieces:
        sink.write(piece)
    kept, whole = sink.keep(), b"".join(pieces)
    assert (kept.size, kept.sha256, b"".join(kept.chunks(1000))) == (len(whole), hashlib.sha256(whole).hexdigest(), whole)


def test_a_hash_that_is_told_is_believed(quarantine):
    for size in (1, INLINE + 1):
        sink = quarantine.sink()
        sink.write(b"x" * size)
        assert sink.keep("told").sha256 == "told"


def test_a_buffer_that_is_used_again_does_not_change_what_was_written(quarantine):
    for size in (10, INLINE + 1):
        sink, buffer = quarantine.sink(), bytearray(b"x" * size)
        sink.write(buffer)
        buffer[:] = b"y" * size
        assert b"".join(sink.keep().chunks()) == b"x" * size


def test_discarding_twice_is_harmless(quarantine):
    for size in (10, INLINE + 1):
        sink = quarantine.sink()
        sink.write(b"x" * size)
        sink.discard()
        sink.discard()
        sink = quarantine.sink()
        sink.write(b"x" * size)
        kept = sink.keep()
        sink.discard()
        kept.discard()


def test_there_is_space_for_a_little_and_not_for_everything(open_at):
    assert InMemoryQuarantine().free_for(1)
    assert open_at().quarantine.free_for(1)
    assert not open_at().quarantine.free_for(1 << 62)


def test_refusals_are_kept_newest_first(a):
    messages = InMemoryMessages()
    for detail in ("one", "two"):
        messages.record_refusal(Refusal(a.NOW, Peer("p"), 1, "00", "EBMS:0010", detail))
    assert [one.detail for one in messages.refused()] == ["two", "one"]
