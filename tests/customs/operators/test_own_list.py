"""Our own list is read from what other systems give."""

import json
from dataclasses import replace
from datetime import date

import pytest

from node.customs.operators.own_list import ListRefused, OwnRecord, changed_from, read_list
from node.customs.operators.record import Address, Consent, Identifier, Text
from tests.operators import at

HEADING = "tin,tier,status,valid_from,name,country,roles,aeo_number,consent,consent_since,consent_countries,local_name,identifiers,lines,city,aliases,reason,valid_to,recorded_at"
ROW = "TW04595257,AEOS,ACTIVE,2020-01-01,Summit Steel,TW,IM EX,TWAEO1,LIST,2019-03-01,KR CA,瑞成物流,TW-UBN:04595257;LEI:5493000IBP32UQZ0KL24,1 Harbour Rd.;2F,Keelung,Summit;SSC,,,2026-10-01T08:00:00+08:00"


def read(*rows, heading=HEADING):
    return list(read_list("\ufeff".encode() + "\r\n".join((heading, *rows)).encode(), "list.CSV", at(0)))


def test_a_row_becomes_a_record():
    (one,) = read(ROW)
    record = one.record
    assert (record.tin, record.tier, record.status, record.valid_from, record.version) == (
        "TW04595257",
        "AEOS",
        "ACTIVE",
        date(2020, 1, 1),
        1,
    )
    assert record.identifiers == (Identifier("TW-UBN", "04595257"), Identifier("LEI", "5493000IBP32UQZ0KL24"))
    assert record.address == Address("TW", ("1 Harbour Rd.", "2F"), "Keelung")
    assert (record.roles, record.aliases, record.local_name) == (("IM", "EX"), ("Summit", "SSC"), Text("zh-Hant", "瑞成物流"))
    assert record.consent == Consent("LIST", date(2019, 3, 1), ("KR", "CA"))
    assert record.recorded_at.isoformat() == "2026-10-01T08:00:00+08:00"


def test_json_says_the_same_as_csv():
    row = dict(zip(HEADING.split(","), ROW.split(","), strict=True))
    row |= {"roles": ["IM", "EX"], "lines": ["1 Harbour Rd.", "2F"], "valid_to": None}
    assert list(read_list(json.dumps([row]).encode(), "list.json", at(0))) == read(ROW)


def test_what_is_recorded_now_is_recorded_now_to_the_millisecond():
    (one,) = read_list(json.dumps([_plain()]).encode(), "x.json", at(0).replace(microsecond=123_456))
    assert one.record.recorded_at == at(0).replace(microsecond=123_000)


def _plain(**other):
    return {
        "tin": "TW1",
        "tier": "AEOS",
        "status": "ACTIVE",
        "valid_from": "2020-01-01",
        "name": "A",
        "country": "TW",
        "roles": "IM",
        "aeo_number": "1",
        **other,
    }


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"tin": ""}, "row 1: tin is empty"),
        ({"tier": "GOLD"}, r"row 1 \(TW1\): tier 'GOLD' is none of AEOC"),
        ({"status": "SUSPENDED"}, "reason is missing with status SUSPENDED"),
        ({"reason": "SECURITY"}, "reason is given with status ACTIVE"),
        ({"valid_from": "soon"}, "soon"),
        ({"valid_to": "2019-01-01"}, "valid_to lies before"),
        ({"roles": "XX"}, "role 'XX'"),
        ({"identifiers": "TW-UBN:04595258"}, "check digit of TW-UBN 04595258"),
        ({"identifiers": "04595257"}, "is not SCHEME:ID"),
        ({"consent": "ALL"}, "consent_since is empty"),
        ({"consent": "LIST", "consent_since": "2019-01-01"}, "consent_countries goes with"),
        ({"recorded_at": "2027-01-01T00:00:00Z"}, "in the future"),
        ({"recorded_at": "2026-01-01T00:00:00"}, "no time zone"),
        ({"nick": "x"}, "nick is no column"),
        ({"name": "a\u0001b"}, "no document may hold"),
    ],
)
def test_what_is_wrong_is_told_by_its_row(other, said):
    with pytest.raises(ListRefused, match=said):
        list(read_list(json.dumps([_plain(**other)]).encode(), "x.json", at(0)))


def test_every_problem_is_told():
    with pytest.raises(ListRefused) as refused:
        list(read_list(json.dumps([_plain(tier="x"), _plain(), _plain(), *[_plain(tin="")] * 200]).encode(), "x.json", at(0)))
    assert len(refused.value.problems) == 101
    assert "stands twice" in refused.value.problems[1]
    assert refused.value.problems[-1] == "and 102 more"


@pytest.mark.parametrize(
    ("octets", "name"), [(b"{", "x.json"), (b"{}", "x.json"), (b"\xff", "x.csv"), (b"tin,tier\n", "x.csv"), (b"", "x.csv")]
)
def test_what_is_no_list_is_refused(octets, name):
    with pytest.raises(ListRefused):
        list(read_list(octets, name, at(0)))


@pytest.mark.parametrize("name", ["list.json", "list.csv"])
def test_a_list_comes_row_by_row_and_nothing_of_it_behind_what_is_wrong(name):
    rows = [_plain(), _plain(tin="TW2"), _plain(tin="TW3", tier="GOLD"), _plain(tin="TW4")]
    octets = json.dumps(rows).encode()
    if name == "list.csv":
        octets = "\n".join([",".join(rows[0]), *(",".join(one.values()) for one in rows)]).encode()
    coming = read_list(octets, name, at(0))
    assert [next(coming).record.tin, next(coming).record.tin] == ["TW1", "TW2"]
    with pytest.raises(ListRefused, match="tier 'GOLD'"):
        next(coming)


def test_a_change_has_the_next_version_and_the_same_keeps_its_own():
    (one,) = read(ROW)
    held = {one.record.key: replace(one.record, version=4)}
    later = OwnRecord(replace(one.record, recorded_at=at(0)))
    assert list(changed_from(held, [later])) == []
    renamed = OwnRecord(replace(one.record, name="Other"))
    assert [(new.name, new.version, new.operation) for new in changed_from(held, [renamed])] == [("Other", 5, "CHANGE")]
    assert list(changed_from({}, [one])) == [replace(one.record, operation="ADD")]
