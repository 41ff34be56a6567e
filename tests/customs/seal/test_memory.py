"""The memory is bounded, and forgets with the partners."""

from dataclasses import replace

import pytest

from node.customs.seal import memory as module
from node.customs.seal.memory import Memory, Table
from node.security.certificates import CertificateRefused


def test_a_table_keeps_what_was_used_last():
    table = Table[int, str](2)
    made = []

    def get(key):
        return table.get(key, lambda: made.append(key) or str(key))

    assert [get(1), get(2), get(1), get(3), get(1), get(2)] == ["1", "2", "1", "3", "1", "2"]
    assert made == [1, 2, 3, 2]
    assert len(table) == 2


def test_a_failure_is_not_kept():
    table = Table[int, int](2)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            table.get(1, lambda: 1 // 0)
    assert len(table) == 0


def test_a_certificate_is_read_once(world):
    memory = Memory()
    der = world.key().certificate.der
    assert memory.certificate(der) is memory.certificate(bytes(bytearray(der)))
    with pytest.raises(CertificateRefused):
        memory.certificate(b"none")


def test_other_partners_bring_other_lists(world):
    memory = Memory()
    memory.remember(world.partners(crls=(world.root.crl(), b"none")))
    sources, problems = memory.sources([world.root.crl(), b"none"], [b"none"])
    assert (len(sources), len(problems)) == (2, 3)
    memory.remember(replace(world.partners(), crls=()))
    assert memory.sources([], []) == ([], [])


def test_what_is_long_is_not_kept(world, monkeypatch):
    memory = Memory()
    short = world.root.crl()
    for kept in (True, False):
        monkeypatch.setattr(module, "LONGEST", len(short) if kept else len(short) - 1)
        first, second = (memory.sources([short], [])[0][0] for _ in range(2))
        assert (first is second) is kept
