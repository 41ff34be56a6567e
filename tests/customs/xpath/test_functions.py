"""What a rule may call: values in, values out."""

import math
from datetime import date

import pytest
from lxml import etree

from node.customs.checking.prior import read_unjudged, take_in
from node.customs.filing.files import FilesFor
from node.customs.filing.filing import Filing, Step
from node.customs.filing.in_memory import DocumentsInMemory
from node.customs.finding import Outcome
from node.customs.operators.in_memory import InMemoryOperators
from node.customs.profile import Profile
from node.customs.xpath import functions as f
from node.customs.xpath.scope import Scope, within
from tests.customs.filing.test_in_memory import filed
from tests.documents import NOW, packs, sample


def nodes(*texts):
    return [etree.fromstring(f"<a>{text}</a>") for text in texts]


def test_texts_of_all_kinds_of_values():
    assert [f.text(value) for value in ([], nodes(" x \n y "), True, 2.0, 0.5, 1e-7, math.nan, math.inf, "x")] == [
        *("", "x y", "true", "2", "0.5", "0.0000001", "", "Infinity", "x")
    ]
    assert f.text([etree.fromstring("<a>1<b>2</b>\u3000</a>")]) == "12\u3000"
    assert f.texts(nodes("1", "2")) == ["1", "2"]


@pytest.mark.parametrize("said", ["NaN", "Infinity", "1_0", "\uff11", "1e3", "0x1", "", "x", "1 2"])
def test_what_is_no_decimal_is_no_number(said):
    assert f.number(said) is None
    assert not f.near(nodes(said), said, "1")
    assert f.total(nodes(said, "1")) == "1"


@pytest.mark.parametrize(("said", "day"), [("0001-01-01", 1), ("2026-11-20T23:59:59-12:00", date(2026, 11, 20).toordinal())])
def test_days(said, day):
    assert f.day(said) == day


def test_no_day_is_not_a_number():
    assert all(math.isnan(f.day(said)) for said in ("2026-02-30", "20261120", "2026-W47-5", "2026-11-2", ""))
    assert math.isnan(f.instant("yesterday"))


def test_moments_are_compared_over_zones():
    assert f.instant("2026-11-20T24:00:00Z") == f.instant("2026-11-21T08:00:00+08:00") == f.instant("2026-11-21T00:00:00")


@pytest.mark.parametrize(
    ("start", "months", "then"),
    [
        ("2024-02-29", "12", "2025-02-28"),
        ("2024-01-31", "1", "2024-02-29"),
        ("2025-12-31", "2", "2026-02-28"),
        ("2026-11-16", "0", "2026-11-16"),
        ("2026-03-31", "-1", "2026-02-28"),
        ("2025-12-01", "1", "2026-01-01"),
    ],
)
def test_months_later(start, months, then):
    assert f.months_after(start, months) == date.fromisoformat(then).toordinal()


def test_months_beyond_the_calendar_are_later_than_every_day():
    assert f.months_after("9999-12-31", "1") == math.inf
    assert f.months_after("0001-01-01", "-1") == -math.inf
    assert math.isnan(f.months_after("x", "1"))


def test_the_whole_text_has_the_form():
    assert f.whole(nodes("AB1"), "[A-Z]{2}[0-9]")
    assert not f.whole(nodes("AB1\nx"), "[A-Z]{2}[0-9]")


def test_what_is_no_regular_expression_fails_by_its_text():
    with pytest.raises(ValueError, match=r"'\[' is no regular expression"):
        f.whole(nodes("a"), "[")


@pytest.mark.parametrize(
    ("numbers", "right"), [(("1", "2"), True), (("1", "02"), True), ((), True), (("2",), False), (("1", "1"), False)]
)
def test_numbering(numbers, right):
    assert f.in_order(nodes(*numbers)) is right


def test_what_is_repeated_and_what_is_missing():
    some = nodes("a", "b", "a", "a")
    assert f.repeated(some) == some[2:]
    assert f.missing(some, nodes("a", "c")) == [some[1]]


def test_sums_are_exact():
    assert f.total(nodes("0.1", "0.2"), "0.3") == "0.6"
    assert f.sums_to(nodes("0.1", "0.2"), "0.3")
    assert f.near(nodes("100.5"), "100", "0.5")
    assert not f.near(nodes("100.500001"), "100", "0.5")
    assert f.at_most("0.30", "0.3")
    assert not f.at_most("", "1")


def test_times_never_go_back():
    assert f.ascending(nodes("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-02T00:00:00Z"))
    assert not f.ascending(nodes("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"))
    assert f.ascending([])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 min"),
        (59.0, "0 min"),
        (-59.0, "0 min"),
        (3600.0, "1 h 0 min"),
        (19800.0, "5 h 30 min"),
        (-120.0, "-2 min"),
        (-19800.0, "-5 h 30 min"),
    ],
)
def test_a_time_in_words(seconds, words):
    assert f.span(seconds) == words


def test_plain_descriptions():
    assert f.plain("general--cargo.\u3000x ") == "GENERAL CARGO X"


PROFILE = {"a": {"b": 1.5, "c": None, "d": True}, "list": [6, "x"], "star": "*", "one": "x", "issuers": []}


def in_scope(call, *arguments, files=None, **values):
    scope = Scope(Profile("p", (), "1.0", date.min, None, {**PROFILE, **values}), date(2026, 11, 20), packs().lists, files)
    scope.rows["Row"], scope.place = 3, 2
    with within(scope):
        return call(*arguments)


def test_parameters_of_the_profile():
    assert in_scope(f.parameter, "a", "b") == "1.5"
    assert in_scope(f.number_parameter, "a", "b") == 1.5
    assert [in_scope(f.parameter, *path) for path in (("a", "c"), ("z",), ("one", "z"), ("a", "d"))] == ["", "", "", "true"]
    assert math.isnan(in_scope(f.number_parameter, "z"))
    assert [in_scope(f.has_parameter, *path) for path in (("a", "c"), ("a", "b"), ("z",))] == [False, True, False]
    assert [in_scope(f.switched, *path) for path in (("a", "d"), ("a", "b"))] == [True, False]


def test_what_a_profile_allows():
    allowed = [("6", "list"), (6.0, "list"), ("b", "a"), ("anything", "star"), ("x", "one"), ("1.5", "a", "b")]
    assert [in_scope(f.allowed, *each) for each in allowed] == [True] * len(allowed)
    assert not in_scope(f.allowed, "7", "list")
    assert not in_scope(f.allowed, "x", "nothing")
    assert not in_scope(f.allowed, "e", "one")


def test_an_issuer_may_have_several_periods():
    periods = [
        {"id": "I", "country": "JP", "from": "2020-01-01", "to": "2020-12-31"},
        {"id": "I", "country": "JP", "from": "2022-01-01"},
    ]
    accepted = [
        day
        for day in ("2019-12-31", "2020-12-31", "2021-06-01", "2022-01-01")
        if in_scope(f.issuer_accepted, "I", "JP", day, issuers=periods)
    ]
    assert accepted == ["2020-12-31", "2022-01-01"]
    assert not in_scope(f.issuer_accepted, "I", "KR", "2022-01-01", issuers=periods)
    assert not in_scope(f.issuer_accepted, "I", "JP", "x", issuers=periods)
    # Of an entry without a country or an id nothing is known.
    assert not in_scope(f.issuer_accepted, "I", "JP", "2022-01-01", issuers=[{"id": "I"}, {"country": "JP"}])


def test_code_lists():
    assert in_scope(f.listed, "TW", "iso-3166-1")
    assert not in_scope(f.listed, "XX", "iso-3166-1")
    assert in_scope(f.flagged, "JPTYO", "un-locode", "1")
    assert not in_scope(f.flagged, "CNSHA", "un-locode", "1")
    # Whether a code is listed at all is for another rule to say.
    assert in_scope(f.flagged, "XXXXX", "un-locode", "1")
    assert in_scope(f.correlated, "030510", "hs-2022") == "2017: 030910; 2012: 030910"


def test_rows():
    assert in_scope(f.rows, "Row") == 3
    assert in_scope(f.rows, "Other") == 0
    assert in_scope(f.place) == 2


def test_before_stage_7_nothing_is_on_file():
    assert in_scope(f.latest) == []
    assert in_scope(f.written_off, "t", "1", "I", "1 KGM") == "0"
    assert in_scope(f.may_stand, "m", "L2")
    assert in_scope(f.digest, "m") == ""


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ("Zürich", True),
        ("5 \N{MICRO SIGN}m", True),
        ("\N{MICRO SIGN}", False),
        ("12", False),
        ("", False),
        ("Ωm", False),
        ("高雄", False),
    ],
)
def test_latin_texts(said, holds):
    assert f.latin(said) is holds


def answering(*steps):
    """What an answer sees on file: of m, these steps."""
    answer = read_unjudged(sample("res-accepted").read_bytes(), packs())[0]
    register = DocumentsInMemory()
    taken = tuple(Step(answer.header.recipient, "m", level, outcome, "") for level, outcome in steps)
    register.file(Filing(filed(), Outcome.ACCEPTED, steps=taken))
    return FilesFor(answer, register)


@pytest.mark.parametrize(
    ("steps", "stands", "may"),
    [
        ((), "", ["L1", "L2", "L3", "LX"]),
        ((("L2", "AP"),), "L2", ["L2", "L3", "LX"]),
        ((("L1", "RE"),), "L1", []),
        ((("LX", "AP"),), "LX", []),
    ],
)
def test_which_steps_an_answer_may_take(steps, stands, may):
    files = answering(*steps)
    assert in_scope(f.stands_at, "m", files=files) == stands
    assert [level for level in ("L1", "L2", "L3", "LX") if in_scope(f.may_stand, "m", level, files=files)] == may
    assert not in_scope(f.may_stand, "m", "L9", files=files)


def test_a_version_is_asked_by_type_number_version_and_issuer():
    certificate = sample("co-tw-kr-replaced").read_bytes()
    register = DocumentsInMemory()
    take_in(certificate, packs(), register, InMemoryOperators(), NOW)
    files = FilesFor(read_unjudged(certificate, packs())[0], register)
    key = ["co.certificate", "013-26-0771339", files.latest()[0].findtext("{*}VersionID"), "KR-CCI-01"]
    assert in_scope(f.version, *key, files=files) == files.latest()
    for place in range(4):
        assert in_scope(f.version, *key[:place], "other", *key[place + 1 :], files=files) == []


def test_every_function_is_told_in_a_sentence():
    for name, function in f.FUNCTIONS.items():
        assert function.told.endswith("."), name
        assert function.least <= function.most
