"""A measurement says of every reference what came of asking it."""

from datetime import UTC, datetime, timedelta

from node.timekeeping.measurement import by_chrony, by_servers
from node.timekeeping.offset import Offset, Unusable
from node.timekeeping.packet import Answer

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
MS = timedelta(milliseconds=1)


def answer(offset: float, within: float = 10) -> Answer:
    return Answer(Offset(offset * MS, within * MS), 2, 20 * MS)


def test_it_names_who_agrees_who_does_not_and_who_is_silent() -> None:
    found = by_servers({"a": answer(3), "b": answer(5000), "c": answer(4), "d": Unusable("no answer within 3 s")}, AT)
    assert found.source == "ntp a, c (2 of 4)"
    assert [(one.name, one.agrees, one.trouble) for one in found.asked] == [
        ("a", True, ""),
        ("b", False, ""),
        ("c", True, ""),
        ("d", False, "no answer within 3 s"),
    ]
    assert found.offset is not None
    assert found.offset.offset_ms in (3, 4)
    assert found.trouble == ""


def test_without_a_majority_there_is_no_offset_and_a_reason() -> None:
    found = by_servers({"a": answer(3), "b": answer(5000)}, AT)
    assert (found.offset, found.source) == (None, "")
    assert "no more than 1 agree" in found.trouble
    assert all(one.offset and not one.agrees for one in found.asked)


def test_of_chrony_it_says_by_whom_chrony_knows() -> None:
    found = by_chrony((Offset(2 * MS, MS), "192.0.2.1"), AT)
    assert (found.source, found.offset, found.trouble) == ("chrony by 192.0.2.1", Offset(2 * MS, MS), "")
    silent = by_chrony(Unusable("chrony is not synchronised"), AT)
    assert (silent.offset, silent.trouble, silent.asked[0].name) == (None, "chrony is not synchronised", "chrony")


def test_a_source_is_short_whatever_servers_are_called() -> None:
    assert len(by_servers({"x" * 200 + str(n): answer(1) for n in range(9)}, AT).source) <= 200
