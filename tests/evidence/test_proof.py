"""Proofs as files."""

import pytest

from node.evidence.proof import CONSISTENCY, INCLUSION, Proof, read_proof, write_proof

GOOD = write_proof(INCLUSION, 3, 8, [bytes(32), bytes([1]) * 32])


def test_a_proof_is_read_as_it_was_written() -> None:
    assert GOOD == b'{"number":3,"path":["%b","%b"],"size":8,"v":1}' % (b"00" * 32, b"01" * 32)
    assert read_proof(GOOD, INCLUSION) == Proof(3, 8, (bytes(32), bytes([1]) * 32))
    assert read_proof(write_proof(CONSISTENCY, 3, 8, []), CONSISTENCY) == Proof(3, 8, ())


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"[]",
        b"1",
        b"\xff",
        GOOD + b" ",
        GOOD.replace(b'"v":1', b'"v":2'),
        GOOD.replace(b'"v":1', b'"v":true'),
        GOOD.replace(b'"size":8', b'"size":"8"'),
        GOOD.replace(b'"size":8', b'"size":true'),
        GOOD.replace(b'"size":8', b'"size":{}'),
        GOOD.replace(b"00" * 32, b"0A" * 32),
        GOOD.replace(b'["', b'[1,"'),
        b'{"number":3,"path":{},"size":8,"v":1}',
        b'{"number":3,"path":"' + b"0" * 64 + b'","size":8,"v":1}',
        write_proof(INCLUSION, 3, 8, [bytes(32)] * 66),
        write_proof(CONSISTENCY, 3, 8, []),
        b"[" * 100_000,
        b"[" * 10_000,
    ],
)
def test_other_octets_are_none(octets: bytes) -> None:
    assert read_proof(octets, INCLUSION) is None
