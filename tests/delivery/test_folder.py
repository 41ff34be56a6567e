"""The inbox folder: complete when it appears, the same octets twice, and no name of a peer's is a path."""

import gzip
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.delivery import folder as folder_module
from node.delivery.folder import Delivery, FolderInbox, PayloadChanged, ending_of
from node.ebms.message import (
    AgreementRef,
    CollaborationInfo,
    MessageInfo,
    PartInfo,
    Party,
    PartyId,
    Property,
    Service,
    UserMessage,
)
from node.msh.octets import HeldOctets
from node.msh.ports import AcceptedPayload

XML = b"<certificate>" + "產地證明書".encode() * 100_000 + b"</certificate>"


def payload(
    octets: bytes, media_type: str, *, compressed: bool = False, properties: tuple[Property, ...] = ()
) -> AcceptedPayload:
    kept = gzip.compress(octets) if compressed else octets
    return AcceptedPayload(HeldOctets(kept), PartInfo("cid:1@b", properties), media_type, compressed, len(octets), "1@b")


def delivery(*payloads: AcceptedPayload) -> Delivery:
    message = UserMessage(
        MessageInfo("2026-11-20T12:00:00.000Z", "m1@b"),
        Party((PartyId("KR", "urn:iso"),), "urn:sender"),
        Party((PartyId("TW"),), "urn:receiver"),
        CollaborationInfo(Service("urn:co"), "Submit", "c1@b", AgreementRef("urn:agreement")),
        (Property("originalSender", "../../etc/passwd\n\x1b[31m"),),
    )
    return Delivery("17", "kr-customs", message, payloads, datetime(2026, 11, 20, 12, tzinfo=UTC), "ab" * 32)


def deliver(root: Path, *deliveries: Delivery) -> Path:
    """Deliver all at once; the folder of the last."""
    inbox = FolderInbox(root)
    made = [inbox.make(one) for one in deliveries]
    inbox.show(made)
    return Path(made[-1].final)


def test_a_disk_that_takes_nothing_is_told_and_a_probe_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = FolderInbox(tmp_path / "inbox")
    assert inbox.down() == ""
    assert list((tmp_path / "inbox").iterdir()) == []

    def full(path: str, chunks: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_module, "_write", full)
    assert inbox.down() == "inbox: No space left on device"


def test_what_was_in_hand_at_a_crash_is_named_and_its_half_made_folder_goes(tmp_path: Path) -> None:
    inbox = FolderInbox(tmp_path)
    inbox.make(delivery(payload(b"x", "application/pdf")))
    assert FolderInbox(tmp_path).interrupted() == ["17"]
    assert FolderInbox(tmp_path).interrupted() == []
    assert list((tmp_path / "kr-customs").iterdir()) == []


def test_payloads_are_written_as_the_producer_gave_them(tmp_path: Path) -> None:
    folder = deliver(tmp_path, delivery(payload(XML, "application/xml", compressed=True), payload(b"%PDF", "application/pdf")))
    assert folder == tmp_path / "kr-customs" / "17"
    assert (folder / "payload-1.xml").read_bytes() == XML
    assert (folder / "payload-2.pdf").read_bytes() == b"%PDF"
    told = json.loads((folder / "message.json").read_text())
    assert (told["message_id"], told["delivery_id"], told["partner"]) == ("m1@b", "17", "kr-customs")
    assert told["received_at"] == "2026-11-20T12:00:00Z"
    assert told["from"] == {"party_ids": [{"value": "KR", "type": "urn:iso"}], "role": "urn:sender"}
    assert [one["sha256"] for one in told["payloads"]] == [hashlib.sha256(XML).hexdigest(), hashlib.sha256(b"%PDF").hexdigest()]


def test_no_word_of_a_peer_becomes_a_name(tmp_path: Path) -> None:
    hostile = (Property("FileName", "../../../outside.xml"), Property("x", "\x00"))
    folder = deliver(tmp_path, delivery(payload(b"x", "../../evil", properties=hostile)))
    assert sorted(p.name for p in folder.iterdir()) == ["message.json", "payload-1.bin"]
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_dir()) == [
        "kr-customs",
        "kr-customs/17",
    ]
    # Control characters are escaped in the file, so that showing it is harmless.
    assert b"\x1b" not in (folder / "message.json").read_bytes()


def test_a_second_delivery_of_the_same_message_changes_nothing(tmp_path: Path) -> None:
    message = delivery(payload(b"x", "text/plain"))
    first = deliver(tmp_path, message)
    stamp = (first / "payload-1.txt").stat().st_mtime_ns
    assert deliver(tmp_path, message) == first
    assert (first / "payload-1.txt").stat().st_mtime_ns == stamp


def test_what_a_crash_left_half_made_is_made_anew(tmp_path: Path) -> None:
    half = tmp_path / "kr-customs" / ".making-17"
    half.mkdir(parents=True)
    (half / "payload-1.txt").write_bytes(b"ha")
    folder = deliver(tmp_path, delivery(payload(b"half", "text/plain")))
    assert (folder / "payload-1.txt").read_bytes() == b"half"
    assert not half.exists()


def test_everything_of_a_batch_is_on_disk_before_a_name_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []

    def note(path: str) -> None:
        shown = [one.name for one in (tmp_path / "kr-customs").iterdir() if not one.name.startswith(".")]
        synced.append(f"{Path(path).relative_to(tmp_path)} {len(shown)}")

    monkeypatch.setattr(folder_module, "sync", note)
    deliver(tmp_path, delivery(payload(b"x", "text/plain")), replace(delivery(), delivery_id="18"))
    making = "kr-customs/.making-"
    assert synced == [
        f"{making}17/payload-1.txt 0",
        f"{making}17/message.json 0",
        f"{making}18/message.json 0",
        f"{making}17 0",
        f"{making}18 0",
        "kr-customs 2",
    ]


def test_a_name_from_before_a_crash_is_made_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(tmp_path, delivery())
    synced: list[str] = []
    monkeypatch.setattr(folder_module, "sync", synced.append)
    deliver(tmp_path, delivery())
    assert synced == [str(tmp_path / "kr-customs")]


def test_the_description_has_a_line_for_each_key() -> None:
    text = folder_module.lines_of({"partner": "臺灣", "payloads": [{"file": "a"}], "none": None})
    assert text.decode() == '{\n  "partner": "臺灣",\n  "payloads": [{"file": "a"}],\n  "none": null\n}\n'


@pytest.mark.parametrize("compressed", [False, True])
def test_rotten_octets_are_never_delivered(tmp_path: Path, compressed: bool) -> None:
    good = payload(XML, "application/xml", compressed=compressed)
    octets = bytearray(b"".join(good.octets.chunks()))
    octets[len(octets) // 2] ^= 1
    rotten = replace(good, octets=HeldOctets(bytes(octets), good.octets.sha256))
    with pytest.raises(PayloadChanged, match="1@b"):
        deliver(tmp_path, delivery(rotten))
    assert list((tmp_path / "kr-customs").iterdir()) == []


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a\\b", "a\x00", "x" * 201])
def test_a_strange_folder_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name for a folder"):
        deliver(tmp_path, replace(delivery(), partner=name))


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("text/xml; charset=utf-8", ".xml"),
        ("application/cdt+xml", ".xml"),
        ("application/ld+json", ".json"),
        ("x/y", ".bin"),
        ("", ".bin"),
    ],
)
def test_the_ending_tells_the_kind(media_type: str, expected: str) -> None:
    assert ending_of(media_type) == expected
