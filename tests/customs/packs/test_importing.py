"""Other people's files become lists whole, or not at all with every bad row named."""

import gzip
from datetime import date
from pathlib import Path

import pytest

from node.customs.packs.codelist import CodeList, Head, ListRefused
from node.customs.packs.codelists import CodeLists
from node.customs.packs.importing import imported

HEAD = Head(version="9", begins=date(2025, 1, 1), source="test")
DAY = date(2026, 1, 1)
LOCODES = "country,location,name,name_ascii,subdivision,function,status,date,iata,coordinates\n"


def taken(text: str, name: str = "un-locode") -> CodeList:
    octets = imported(text.encode(), name, HEAD)
    one = CodeList(name, lambda: octets)
    assert list(one.problems()) == []
    return one


def test_places_have_their_functions_and_those_that_stand_twice_have_both() -> None:
    one = taken(f"{LOCODES}TW,KHH,Káo,Kao,,1-3-----,AI,0601,,\nIN,NSA,A,A,MH,1-------,AA,,,\nIN,NSA,B,B,MH,---4---B,AA,,,\n")
    assert [(entry.code, entry.name_en, entry.flags) for entry in one.all()] == [("INNSA", "A", "14B"), ("TWKHH", "Kao", "13")]
    assert one.head == Head("UN/LOCODE", "9", date(2025, 1, 1), source="test")


def test_a_packed_file_is_the_same() -> None:
    text = f"{LOCODES}TW,KHH,K,K,,1-------,AI,0601,,\n".encode()
    assert imported(gzip.compress(text), "un-locode", HEAD) == imported(text, "un-locode", HEAD)


def test_places_come_as_their_publisher_writes_them() -> None:
    one = taken(
        ',"TW",,".TAIWAN, PROVINCE OF CHINA",,,,,,,,\n'
        '+,"TW","KHH","Kaohsiung","Kaohsiung",,"AI","1-3-----","0601",,"2237N 12018E",\n'
        'X,"TW","OLD","Gone","Gone",,"XX","1-------","0601",,,\n'
        '=,"TW",,"Takao = Kaohsiung","Takao = Kaohsiung",,,,,,,\n'
        ',"US",,".UNITED STATES",,,,,,,,\n'
        ',"US","NYC","New York","New York","NY","AI","12345---","0401",,"4042N 07400W",\n'
    )
    assert [(entry.code, entry.flags) for entry in one.all()] == [("TWKHH", "13"), ("USNYC", "12345")]


def test_goods_are_headings_and_subheadings() -> None:
    text = 'section,hscode,description,parent,level\nI,01,Animals; live,TOTAL,2\nI,0101,"Horses, live",01,4\nI,010121,Horses,0101,6\nX,999999,None,99,6\n'
    assert [entry.code for entry in taken(text, "hs-2022").all()] == ["0101", "010121"]


def test_a_correlation_gives_the_older_edition() -> None:
    text = "hs2022,hs2017,relationship\n010121,010121,1:1\n030392,030381,n:1\n030393,030381,n:1\n"
    one = taken(text, "hs-2017")
    assert {entry.code: entry.flags for entry in one.all()} == {
        "0101": "",
        "010121": "hs-2022=010121",
        "0303": "",
        "030381": "hs-2022=030392 hs-2022=030393",
    }
    with pytest.raises(ListRefused, match="gives the list hs-2017"):
        taken(text, "hs-2022")


def test_our_own_columns_stay_what_they_are() -> None:
    one = taken("# complete: TW\n# version: mine\ncode,name_en,name_zh,valid_from,valid_to\nTWKHH,K,高雄,2020-01-01,\n")
    assert [(entry.code, entry.name_zh, entry.begins) for entry in one.all()] == [("TWKHH", "高雄", date(2020, 1, 1))]
    # What the command says of version and days counts.
    assert (one.head.version, one.head.begins, one.head.complete) == ("9", date(2025, 1, 1), ("TW",))


def test_every_bad_row_is_told() -> None:
    text = f"{LOCODES}T1,KHH,K,K,,1-------,AI,,,\nTW,KEL,K,K,,1-------,AI,,,\nTW,TPE,K\nTW,TXG,K,K,,1?,AI,,,\n"
    with pytest.raises(ListRefused) as refused:
        taken(text)
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == ["line 2", "line 4", "line 5"]


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"a,b\n1,2\n", "line 1: the columns a, b"),
        (b"", "line 1"),
        (LOCODES.encode(), "no row"),
        (b"code,name_en,name_zh,valid_from,valid_to\n", "no row"),
        (b"code,name_en,name_zh,valid_from,valid_to\nA,,,x,\n", "line 2"),
        (LOCODES.encode() + b"TW,KHH,\xff,,,1,,,,\n", "line 2: not UTF-8"),
        (b"\x1f\x8bnonsense", "not gzip"),
        (gzip.compress(LOCODES.encode(), mtime=0)[:-6], "not gzip"),
        (b"hs2022,hs2017,relationship\n0101,010121,1:1\n", "line 2"),
    ],
)
def test_what_is_no_list_is_refused(octets: bytes, problem: str) -> None:
    name = "hs-2017" if octets.startswith(b"hs2022") else "un-locode"
    with pytest.raises(ListRefused, match=problem):
        imported(octets, name, HEAD)


def test_a_file_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.customs.packs.importing.MOST", 1000)
    with pytest.raises(ListRefused, match="more than 1000 octets"):
        imported(gzip.compress(b"x" * 10_000), "un-locode", HEAD)


def test_the_collected_files_are_taken_whole(shared: Path) -> None:
    files = {
        "un-locode": "unlocode-2024-2.csv.gz",
        "hs-2022": "hs2022.csv",
        "hs-2017": "hs2022-hs2017-correlation.csv",
        "hs-2012": "hs2017-hs2012-correlation.csv",
    }
    lists = []
    for name, file in files.items():
        octets = imported((shared / "schemas" / "codelists" / file).read_bytes(), name, Head(begins=date(2012, 1, 1)))
        lists.append(CodeList(name, lambda octets=octets: octets))  # type: ignore[misc]
    held = CodeLists(lists)
    assert len(lists[0]) == 115_928
    assert [held.flags("un-locode", code, DAY) for code in ("CNSHA", "CNSHG", "INNSA")] == ["4", "1", "1"]
    subheadings = {one.name: sum(len(entry.code) == 6 for entry in one.all()) for one in lists[1:]}
    assert subheadings["hs-2022"] == 5612
    assert {"030510"} == {code for code in ("030510", "090210") if not held.holds("hs-2022", code, DAY)}
    assert held.correlated("hs-2022", "030510", DAY) == [("2017", "030910"), ("2012", "030910")]
