"""A record is read from its element, kept in one line, and found by its names."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import starmap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.customs.operators.record import (
    Address,
    Consent,
    Identifier,
    OperatorRecord,
    RecordRefused,
    Text,
    beginnings,
    content_hash,
    folded_id,
    folded_name,
    from_json,
    read_record,
    to_json,
)
from node.ebms.xml import parse_xml
from tests.operators import record, status

RECORD = """<Record xmlns="urn:n2n:customs:aeo:1">
  <OperationCode>CHANGE</OperationCode><TIN>TW45725232</TIN><AeoNumber>TWAEO000001</AeoNumber>
  <Identifier><SchemeCode>TW-UBN</SchemeCode><ID>45725232</ID><IssuerCountryCode>TW</IssuerCountryCode></Identifier>
  <Identifier><SchemeCode>LEI</SchemeCode><ID>529900T8BM49AURSDO55</ID><ValidFrom>2020-01-01</ValidFrom><ValidTo>2027-01-01</ValidTo></Identifier>
  <TierCode>AEOF</TierCode><RoleCode>IM</RoleCode><RoleCode>CB</RoleCode>
  <Name>Summit   Steel
   Corp.</Name><LocalName languageID="zh-Hant">瑞成物流股份有限公司</LocalName><Alias>Summit</Alias><Alias>SSC</Alias>
  <Address><Line>No. 347</Line><Line>2F</Line><CityName>Tainan</CityName><CountrySubDivisionCode>TNN</CountrySubDivisionCode><PostcodeID>744</PostcodeID><CountryCode>TW</CountryCode></Address>
  <StatusCode>SUSPENDED</StatusCode><StatusReasonClassCode>SECURITY</StatusReasonClassCode>
  <ValidFrom>2017-06-01</ValidFrom><ValidTo>2027-05-31</ValidTo><ValidationDate>2023-06-11</ValidationDate>
  <RecordedAt>2026-10-08T11:15:00.5+08:00</RecordedAt><RecordVersion>12</RecordVersion>
  <Consent><ScopeCode>LIST</ScopeCode><PartnerCountryCode>KR</PartnerCountryCode><PartnerCountryCode>CA</PartnerCountryCode><Since>2019-03-01</Since><WithdrawnOn>2026-12-01</WithdrawnOn></Consent>
</Record>"""
VALUES = OperatorRecord(
    operation="CHANGE",
    tin="TW45725232",
    aeo_number="TWAEO000001",
    identifiers=(
        Identifier("TW-UBN", "45725232", "TW"),
        Identifier("LEI", "529900T8BM49AURSDO55", "", date(2020, 1, 1), date(2027, 1, 1)),
    ),
    tier="AEOF",
    roles=("IM", "CB"),
    name="Summit Steel Corp.",
    local_name=Text("zh-Hant", "瑞成物流股份有限公司"),
    aliases=("Summit", "SSC"),
    address=Address("TW", ("No. 347", "2F"), "Tainan", "TNN", "744"),
    status="SUSPENDED",
    reason="SECURITY",
    valid_from=date(2017, 6, 1),
    valid_to=date(2027, 5, 31),
    validation_date=date(2023, 6, 11),
    recorded_at=datetime(2026, 10, 8, 11, 15, 0, 500_000, timezone(timedelta(hours=8))),
    version=12,
    consent=Consent("LIST", date(2019, 3, 1), ("KR", "CA"), date(2026, 12, 1)),
)


def read(text: str) -> OperatorRecord:
    return read_record(parse_xml(text.encode()))


def test_every_element_becomes_a_value():
    assert read(RECORD) == VALUES


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<TIN>TW45725232</TIN>", "", "missing"),
        ("<ValidFrom>2017-06-01</ValidFrom>", "<ValidFrom>2017-02-31</ValidFrom>", "the record of TW45725232 at line 1"),
        ("11:15:00.5+08:00", "11:15:00", "has no time zone"),
        ("<RecordVersion>12</RecordVersion>", "<RecordVersion>x</RecordVersion>", "TW45725232"),
        ("<Alias>SSC</Alias>", "<Nick>SSC</Nick>", "Nick is no element of a Record"),
        ("<ScopeCode>LIST</ScopeCode>", "", "ScopeCode"),
    ],
)
def test_what_its_schema_would_not_let_through_is_refused(old, new, said):
    assert old in RECORD
    with pytest.raises(RecordRefused, match=said):
        read(RECORD.replace(old, new))


def texts(most=20):
    return st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=most)


days = st.dates(date(1990, 1, 1), date(2060, 1, 1))
some_day = st.none() | days
records = st.builds(
    OperatorRecord,
    *(texts().filter(bool) for _ in range(4)),
    days,
    st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    st.integers(1, 999_999),
    texts(),
    st.lists(st.builds(Identifier, texts(), texts(), texts(), some_day, some_day), max_size=3).map(tuple),
    st.lists(texts(2).filter(bool), max_size=3).map(tuple),
    texts(),
    st.none() | st.builds(Text, texts(), texts()),
    st.lists(texts(), max_size=2).map(tuple),
    st.none() | st.builds(Address, texts(), st.lists(texts(), max_size=3).map(tuple), texts(), texts(), texts()),
    texts(),
    some_day,
    some_day,
    st.none() | st.builds(Consent, texts(), days, st.lists(texts(2), max_size=3).map(tuple), some_day),
)


@given(records)
def test_one_line_keeps_every_value(one):
    assert from_json(to_json(one), one.operation) == one


def test_the_operation_is_no_part_of_what_is_said():
    assert to_json(record(operation="ADD")) == to_json(record(operation="CHANGE"))
    assert content_hash(to_json(record())) != content_hash(to_json(record(name="Other")))


def test_valid_time_has_both_of_its_ends_in_it():
    one = record(valid_from=date(2026, 1, 1), valid_to=date(2026, 1, 31))
    assert [one.holds(date(*day)) for day in ((2025, 12, 31), (2026, 1, 1), (2026, 1, 31), (2026, 2, 1))] == [
        False,
        True,
        True,
        False,
    ]
    assert record(valid_from=date(2026, 1, 1)).holds(date(2099, 1, 1))


def test_a_status_record_is_completed_by_the_one_before_and_keeps_what_it_says():
    before = record("TW1", name="Old", aliases=("O",))
    after = status("TW1", 2, 3, name="New").completed_by(before)
    assert (after.name, after.aliases, after.address, after.status, after.version) == (
        "New",
        ("O",),
        before.address,
        "SUSPENDED",
        2,
    )


@pytest.mark.parametrize(
    ("consent", "covers"),
    [
        (Consent("ALL", date(2019, 1, 1)), True),
        (Consent("LIST", date(2019, 1, 1), ("CA", "KR")), True),
        (Consent("LIST", date(2019, 1, 1), ("CA",)), False),
        (Consent("ALL", date(2019, 1, 1), (), date(2026, 11, 2)), True),
        (Consent("ALL", date(2019, 1, 1), (), date(2026, 11, 1)), False),
    ],
)
def test_consent_covers_a_country_until_it_was_withdrawn(consent, covers):
    assert consent.covers("KR", date(2026, 11, 1)) is covers


def test_identifiers_and_names_are_looked_up_without_case_and_punctuation():
    assert folded_id(" tw-aeo 01 ") == "TWAEO01"
    assert folded_name("O'Brien & Söhne  GmbH") == "o brien söhne gmbh"


def test_a_search_may_begin_at_each_word_and_at_each_chinese_character():
    one = record(name="Star Line", local_name=Text("zh-Hant", "萬海股份有限公司"), aliases=("SL",))
    assert beginnings(one) == ("star line", "line", "萬海股份有限公司", "海股份有限公司", "sl")


def test_a_name_that_never_ends_is_found_at_as_many_places_as_any():
    assert len(beginnings(record(name="a " * 5000, local_name=None))) <= 24
    assert all(len(place) <= 16 for place in beginnings(record(name="abcdefgh" * 30)))


def test_it_is_known_by_its_tin_its_number_and_its_identifiers():
    one = record("TW1", identifiers=(Identifier("LEI", "x1"), Identifier("TW-UBN", "1")))
    assert one.every_identifier() == (("TIN", "TW1"), ("AEO", "AEO1"), ("LEI", "X1"), ("TW-UBN", "1"))
    assert list(starmap(one.carries, [("LEI", "X-1"), ("", "x1"), ("TIN", "x1")])) == [True, True, False]
