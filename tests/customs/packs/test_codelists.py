"""All lists together: which version counts, what packs change, and what codes became in other editions."""

from datetime import date
from pathlib import Path

import pytest

from node.customs.packs.codelist import Answer, CodeList, Head
from node.customs.packs.codelists import CodeLists
from node.customs.packs.importing import imported

CORE = Path(__file__).parents[3] / "profiles" / "documents" / "core" / "codelists"
COLUMNS = "code,name_en,name_zh,valid_from,valid_to,flags\n"
DAY = date(2026, 11, 20)


def a_list(name: str, text: str, partner: str = "*") -> CodeList:
    head, _, rows = text.rpartition("|")
    return CodeList(
        name, (head.replace("|", "\n") + ("\n" if head else "") + COLUMNS + rows.replace(" ", "\n")).encode, partner=partner
    )


def core() -> list[CodeList]:
    return [CodeList(file.stem, file.read_bytes, "core") for file in sorted(CORE.glob("*.csv"))]


def test_the_version_of_the_day_counts() -> None:
    lists = CodeLists(
        [
            a_list("units", "# version: 2|# from: 2024-01-01|KGM,,,,, NEW,,,,,"),
            a_list("units", "# version: 1|# from: 2020-01-01|KGM,,,,, OLD,,,,,"),
        ]
    )
    assert [lists.holds("units", code, DAY) for code in ("KGM", "NEW", "OLD")] == [True, True, False]
    assert [lists.holds("units", code, date(2023, 12, 31)) for code in ("KGM", "NEW", "OLD")] == [True, False, True]
    # Before the first version nothing is known to be wrong.
    assert lists.answer("units", "NEW", date(2019, 1, 1)) is Answer.SILENT
    assert lists.answer("units", "OLD", date(2019, 1, 1)) is Answer.HELD
    assert lists.answer("colours", "RED", DAY) is Answer.SILENT


def test_of_two_that_begin_at_once_the_first_counts() -> None:
    lists = CodeLists([a_list("units", "# version: whole|A,,,,,"), a_list("units", "# version: part|# complete: no|B,,,,,")])
    assert not lists.holds("units", "B", DAY)


def test_a_pack_adds_and_hides_for_its_partner() -> None:
    lists = CodeLists([a_list("iso-3166-1", "# changes: yes|XK,Kosovo,科索沃,,, TW,,,2026-01-01,,hidden", "AL-CUSTOMS"), *core()])
    between = lists.between("AL-CUSTOMS", "KR-KCS")
    assert between.holds("iso-3166-1", "XK", DAY)
    assert not between.holds("iso-3166-1", "TW", DAY)
    assert between.holds("iso-3166-1", "TW", date(2025, 12, 31))
    for other in (lists.between("KR-KCS", "JP-CUSTOMS"), lists.between("KR-KCS", "*")):
        assert not other.holds("iso-3166-1", "XK", DAY)
        assert other.holds("iso-3166-1", "TW", DAY)


def test_countries_come_from_their_package_with_names_and_dates_of_our_own() -> None:
    lists = CodeLists(core())
    assert not lists.holds("iso-3166-1", "ZZ", DAY)
    assert not lists.holds("iso-3166-1", "AN", DAY)
    assert lists.holds("iso-3166-1", "AN", date(2010, 1, 1))
    entry = lists.entry("iso-3166-1", "TW", DAY)
    assert entry
    assert (entry.name_en, entry.name_zh) == ("Taiwan", "臺灣")
    for country in lists.all()[-1].all():
        if country.code != "XK":
            named = lists.entry("iso-3166-1", country.code, DAY)
            assert named, country.code
            assert named.name_zh, country.code


@pytest.mark.parametrize(
    ("name", "code", "held"),
    [
        ("rec-20", "NMB", False),
        ("rec-20", "KGS", True),
        ("rec-21", "CT", True),
        ("rec-21", "Q0", False),
        ("iso-4217", "TWD", True),
    ],
)
def test_the_core_has_units_packages_and_currencies(name: str, code: str, held: bool) -> None:
    assert CodeLists(core()).holds(name, code, DAY) is held


def test_the_port_of_shanghai_is_not_its_airport() -> None:
    lists = CodeLists(core())
    assert [lists.flags("un-locode", code, DAY) for code in ("CNSHG", "CNSHA", "XXXXX")] == ["1", "4", None]


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("TWKHH", Answer.HELD),
        ("TWZZZ", Answer.UNKNOWN),
        ("VNZZZ", Answer.UNKNOWN),
        ("USZZZ", Answer.SILENT),
        ("ZZZZZ", Answer.UNKNOWN),
        ("XZZZZ", Answer.SILENT),
    ],
)
def test_a_place_that_no_list_has_is_judged_where_that_can_be_done(code: str, answer: Answer) -> None:
    assert CodeLists(core()).answer("un-locode", code, DAY) is answer


def test_what_could_not_be_judged_is_noted_and_not_for_ever() -> None:
    lists = CodeLists(core())
    view = lists.between("TW-CUSTOMS", "US-CBP")
    assert view.holds("un-locode", "USZZZ", DAY)
    assert view.holds("un-locode", "TWKHH", DAY)
    assert not view.holds("un-locode", "TWZZZ", DAY)
    assert lists.silent_about() == (("un-locode", "USZZZ"),)
    for number in range(1000):
        lists.holds("colours", f"C{number}", DAY)
    assert len(lists.silent_about()) == 100


@pytest.mark.parametrize(
    ("edition", "code", "held"),
    [
        ("2022", "392490", True),
        ("2022", "392499", False),
        ("2022", "030510", False),
        ("2012", "030510", True),
        ("2017", "852411", False),
    ],
)
def test_the_core_knows_every_subheading_of_three_editions(edition: str, code: str, held: bool) -> None:
    assert CodeLists(core()).holds(f"hs-{edition}", code, DAY) is held


def test_the_core_says_what_the_whole_correlation_says(shared: Path) -> None:
    files = {"hs-2022": "hs2022.csv", "hs-2017": "hs2022-hs2017-correlation.csv", "hs-2012": "hs2017-hs2012-correlation.csv"}
    whole = []
    for name, file in files.items():
        octets = imported((shared / "schemas" / "codelists" / file).read_bytes(), name, Head())
        whole.append(CodeList(name, lambda octets=octets: octets))  # type: ignore[misc]
    one, other = CodeLists(core()), CodeLists(whole)
    for name in files:
        codes = [entry.code for entry in whole[list(files).index(name)].all()]
        for edition in files:
            assert [code for code in codes if one.holds(edition, code, DAY) != other.holds(edition, code, DAY)] == []
        for code in codes[::200]:
            assert one.correlated(name, code, DAY) == other.correlated(name, code, DAY), (name, code)


# -- editions

EDITIONS = [
    a_list("hs-2012", "# complete: 85|8528,,,,, 852850,,,,,hs-2017=852849 852872,,,,,hs-2017=852872 852890,,,,,hs-2017=852891"),
    a_list(
        "hs-2017",
        "# complete: 85|010121,,,,,hs-2022=010121 8528,,,,, 852849,,,,,hs-2022=852849 852872,,,,,hs-2022=852872 852891,,,,,hs-2022=852892 852891,,,,,",
    ),
    a_list("hs-2022", "# complete: no|8528,,,,, 852849,,,,, 852872,,,,, 852892,,,,,"),
]


def test_a_code_of_another_edition_is_told_with_what_it_became() -> None:
    lists = CodeLists(EDITIONS)
    assert lists.correlated("hs-2022", "852850", DAY) == [("2012", "852849")]
    assert lists.correlated("hs-2012", "852892", DAY) == [("2022", "852890")]
    assert lists.correlated("hs-2017", "852892", DAY) == [("2022", "852891")]
    assert lists.correlated("hs-2022", "999999", DAY) == []
    assert lists.correlated("hs-2022", "852872", DAY) == [("2017", "852872"), ("2012", "852872")]


def test_a_part_of_an_edition_knows_that_a_code_became_others() -> None:
    lists = CodeLists(EDITIONS)
    assert lists.answer("hs-2022", "852850", DAY) is Answer.UNKNOWN
    assert lists.answer("hs-2022", "852872", DAY) is Answer.HELD
    assert lists.answer("hs-2022", "010121", DAY) is Answer.SILENT


def test_what_became_hundreds_is_cut_short() -> None:
    found = CodeLists(core()).correlated("hs-2022", "854290", DAY)
    assert all(len([code for edition, code in found if edition == year]) <= 13 for year in ("2012", "2017"))
