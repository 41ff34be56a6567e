"""What one side has sent and the other received has one digest; the whole says everything."""

import base64
import hashlib
from dataclasses import replace

import pytest

from node.customs.reconciling.digest import ManifestDigest
from node.customs.reconciling.entry import Direction, Entry
from tests.manifests import entry, mirrored


def digest_of(*entries: Entry) -> ManifestDigest:
    digest = ManifestDigest()
    for one in entries:
        digest.add(one)
    return digest


ONE = entry("a")


def test_the_digests_are_those_that_the_schema_describes() -> None:
    octets = base64.b64encode(ONE.digest).decode()
    line = f"a\tco.certificate\t{octets}"
    digest = digest_of(ONE)
    assert digest.total(Direction.SENT) == (1, hashlib.sha256(f"{line}\n".encode()).digest())
    assert digest.total(Direction.RECEIVED) == (0, hashlib.sha256(b"").digest())
    said = f"SENT\t{line}\t2026-11-19T04:00:00.000Z\tL4\tAP\t2026-11-19T04:01:00.000Z\n"
    assert digest.whole() == hashlib.sha256(said.encode()).digest()


def test_what_was_sent_here_and_received_there_has_one_digest_whatever_is_known_of_answers() -> None:
    mine = [entry("a"), entry("b", level="L0", outcome="")]
    other = [replace(mirrored(one), level="L4", outcome="RE") for one in mine]
    assert digest_of(*mine).total(Direction.SENT) == digest_of(*other).total(Direction.RECEIVED)
    assert digest_of(*mine).whole() != digest_of(*other).whole()


@pytest.mark.parametrize(
    "change",
    [
        {"message_id": "b"},
        {"type_id": "co.query"},
        {"digest": bytes(32)},
        {"direction": Direction.RECEIVED},
        {"registered_at": ONE.level_at},
        {"level": "L5"},
        {"outcome": "RE"},
        {"level_at": ONE.registered_at},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_whole_digest_covers_everything_that_is_compared(change: dict[str, object]) -> None:
    assert digest_of(replace(ONE, **change)).whole() != digest_of(ONE).whole()
