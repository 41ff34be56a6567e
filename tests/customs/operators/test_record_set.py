"""A record set is read as a stream."""

import io
import tracemalloc
from datetime import timedelta

import pytest

from node.customs.operators.digest import line_of, set_digest
from node.customs.operators.record import RecordRefused
from node.customs.operators.record_set import FULL, RecordSetReader
from node.ebms.xml import XmlRefused


@pytest.fixture(scope="module")
def full(shared):
    return (shared / "documents" / "samples" / "good" / "aeo-full-50.xml").read_bytes()


def read(octets: bytes) -> RecordSetReader:
    return RecordSetReader(io.BytesIO(octets))


def test_the_head_is_read_before_the_records(full):
    reader = read(full)
    head = reader.head
    assert (head.sender, head.recipient, head.mode, head.programme) == ("TW-CUSTOMS", "KR-KCS", FULL, "TW-AEO")
    assert (head.since, head.to, head.part, head.parts, head.quantity) == (None, 1200, 1, 1, 50)
    assert head.document_id == "urn:uuid:e6b86337-da59-465f-bc35-5f59d6070322"
    assert head.issued_at - head.snapshot_at == timedelta(hours=1)
    records = list(reader.records())
    assert len(records) == 50
    assert set_digest(map(line_of, records)) == head.digest


def test_a_set_without_records_is_one(full):
    empty = full[: full.index(b"  <Record>")] + b"</AeoRecordSet>"
    reader = read(empty)
    assert (reader.head.to, list(reader.records())) == (1200, [])


def test_a_delta_says_on_what_it_follows(shared):
    reader = read((shared / "documents" / "samples" / "good" / "aeo-delta.xml").read_bytes())
    assert (reader.head.mode, reader.head.since, reader.head.to, reader.head.digest) == ("DELTA", 1200, 1203, "")
    assert [one.operation for one in reader.records()] == ["CHANGE", "ADD", "DELETE"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"<ToSequence>1200</ToSequence>", b"", "ToSequence is missing"),
        (b"<ToSequence>1200</ToSequence>", b"<ToSequence>many</ToSequence>", "the head of the AeoRecordSet"),
        (b"aeo:1", b"aeo:2", "MessageID is missing"),
    ],
)
def test_what_is_no_record_set_is_refused(full, old, new, said):
    with pytest.raises(RecordRefused, match=said):
        read(full.replace(old, new))


def test_what_is_cut_off_is_refused_where_it_ends(full):
    reader = read(full[:-100])
    with pytest.raises(XmlRefused, match="not well-formed"):
        list(reader.records())


def test_a_document_type_is_refused(full):
    octets = full.replace(b"<AeoRecordSet", b'<!DOCTYPE AeoRecordSet [<!ENTITY e "x">]><AeoRecordSet', 1)
    with pytest.raises(XmlRefused, match="document type"):
        read(octets.replace(b"TWAEO000001", b"&e;"))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_records(full):
    begins, ends = full.index(b"  <Record>"), full.rindex(b"</AeoRecordSet>")
    big = full[:begins] + full[begins:ends] * 100 + full[ends:]
    reader = read(big)
    tracemalloc.start()
    assert sum(1 for _ in reader.records()) == 5000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
