"""One version of a list: held, unknown or silent, by day; every bad row told."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.customs.packs.codelist import COLUMNS, Answer, CodeList, Entry, Head, ListRefused, written

CORE = Path(__file__).parents[3] / "profiles" / "documents" / "core" / "codelists"
DAY = date(2026, 11, 20)
TEXT = '''# title: Ports
# version: 7
# from: 2020-01-01
# to: 2029-12-31
# complete: TW KR
# source: us
code,name_en,name_zh,valid_from,valid_to,flags
TWKHH,Kaohsiung,高雄,,,13
KRPUS,"Pusan, ""the port""",釜山,2021-01-01,2025-12-31,1
KRPUS,Busan,釜山,2026-01-01,,14
'''


def read(text: str) -> CodeList:
    return CodeList("ports", text.encode)


@pytest.mark.parametrize(
    ("code", "day", "answer"),
    [
        ("TWKHH", DAY, Answer.HELD),
        ("KRPUS", date(2020, 6, 1), Answer.UNKNOWN),
        ("KRPUS", date(2021, 1, 1), Answer.HELD),
        ("KRPUS", date(2025, 12, 31), Answer.HELD),
        ("TWXXX", DAY, Answer.UNKNOWN),
        ("JPTYO", DAY, Answer.SILENT),
        ("TWXXX", date(2030, 1, 1), Answer.SILENT),
        ("TWKHH", date(2030, 1, 1), Answer.HELD),
        ("TWK", DAY, Answer.UNKNOWN),
        ("TWKHH,Kaohsiung", DAY, Answer.UNKNOWN),
        ("", DAY, Answer.SILENT),
    ],
)
def test_a_list_says_what_it_knows(code: str, day: date, answer: Answer) -> None:
    assert read(TEXT).answer(code, day) is answer


@pytest.mark.parametrize(
    ("said", "answer"), [("", Answer.UNKNOWN), ("# complete: yes\n", Answer.UNKNOWN), ("# complete: no\n", Answer.SILENT)]
)
def test_a_list_is_complete_unless_it_says_otherwise(said: str, answer: Answer) -> None:
    assert read(f"{said}{','.join(COLUMNS)}\nA,,,,\n").answer("B", DAY) is answer


def test_the_row_that_counts_is_that_of_the_day() -> None:
    one = read(TEXT)
    assert [entry.name_en for day in (date(2021, 5, 5), DAY) if (entry := one.entry("KRPUS", day))] == [
        'Pusan, "the port"',
        "Busan",
    ]
    assert one.entry("KRPUS", date(2020, 5, 5)) is None
    assert one.head == Head("Ports", "7", date(2020, 1, 1), date(2029, 12, 31), ("TW", "KR"), "us")
    assert len(one) == 3


def test_rows_need_no_order_and_lines_may_end_as_in_a_spreadsheet() -> None:
    lines = TEXT.splitlines()
    one = read("\ufeff" + "\r\n".join([*lines[:7], *reversed(lines[7:])]) + "\r\n")
    assert list(one.problems()) == []
    assert list(one.all()) == list(read(TEXT).all())
    assert one.entry("TWKHH", DAY) == Entry("TWKHH", "Kaohsiung", "高雄", date.min, date.max, "13")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("X,,,2026-13-01,", "month"),
        ("X,,", "3 cells"),
        ("X,,,,,,", "7 cells"),
        ("X,,,2026-02-01,2026-01-01", "ends before it begins"),
        ("KRPUS,,,2025-12-31,2025-12-31", "stands twice"),
        (",,,,", "no code"),
        (f"{'X' * 36},,,,", "no code"),
        (' X,"a,,,', "unexpected end"),
    ],
)
def test_a_bad_row_is_told_with_its_line(row: str, problem: str) -> None:
    (told,) = read(f"{TEXT}{row}\n").problems()
    assert told.startswith("line 11: ")
    assert problem in told


def test_octets_that_are_no_text_are_told_with_their_line() -> None:
    (told,) = CodeList("ports", lambda: TEXT.encode() + b"X,\xff,,,\n").problems()
    assert told.startswith("line 11: ")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "columns"),
        ("# version: 1", "columns"),
        ("code,name\nA,B\n", "columns"),
        ("# owner: me\ncode,name_en,name_zh,valid_from,valid_to\n", "owner"),
        ("# from: soon\ncode,name_en,name_zh,valid_from,valid_to\n", "soon"),
        ("# from: 2020-01-01\n# from: 2021-01-01\ncode,name_en,name_zh,valid_from,valid_to\n", "twice"),
    ],
)
def test_a_file_that_is_no_list_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ListRefused, match=problem):
        _ = read(text).head
    assert [problem in told for told in read(text).problems()] == [True]


dates = st.dates(date(1990, 1, 1), date(2050, 1, 1))
entries = st.builds(
    lambda code, en, zh, days, flags: Entry(code, " ".join(en.split()), zh, min(days), max(days), flags),
    st.from_regex(r"[A-Z0-9]{1,6}", fullmatch=True),
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])),
    st.sampled_from(["", "高雄", "a,b", '"']),
    st.tuples(dates, dates) | st.just((date.min, date.max)),
    st.sampled_from(["", "13", "hs-2022=390720 hs-2022=390721", "a,b"]),
)


@given(st.lists(entries, unique_by=lambda entry: entry.code))
def test_what_is_written_is_read_again(rows: list[Entry]) -> None:
    octets = written(Head("T", "2", date(2020, 1, 1), complete=("A",)), iter(rows))
    one = CodeList("x", lambda: octets)
    assert list(one.problems()) == []
    assert list(one.all()) == sorted(rows, key=lambda entry: entry.code)
    for entry in rows:
        assert one.entries(entry.code) == (entry,)
    assert one.head == Head("T", "2", date(2020, 1, 1), complete=("A",))


@pytest.mark.parametrize("file", sorted(CORE.glob("*.csv")), ids=lambda file: file.stem)
def test_a_list_of_the_core_is_right_in_every_row(file: Path) -> None:
    one = CodeList(file.stem, file.read_bytes)
    assert list(one.problems()) == []
    assert len(one) > 100
    assert one.head.source


def test_a_large_list_costs_its_lines_and_is_searched_by_halves() -> None:
    import tracemalloc

    rows = (Entry(f"{number:05X}", f"Place of some name {number}", "", date.min, date.max, "13") for number in range(116_000))
    octets = written(Head(), rows)
    tracemalloc.start()
    one = CodeList("large", lambda: octets)
    assert one.answer("0A0A0", DAY) is Answer.HELD
    assert one.answer("FFFFF", DAY) is Answer.UNKNOWN
    kept, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 12 << 20
    assert most < 25 << 20
