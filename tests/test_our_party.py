"""Our side of a sheet: the terms say it, else what is agreed, else the home."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from node.agreements.terms import Ours
from node.configuration import ConfigurationError
from node.keyring.demo_authority import DemoAuthority
from node.our_party import OurParty
from node.setting import Setting
from node.sheets.terms import certificates_of
from tests.homes import Side, make_side

AGREED = "https://as4.tw.example/as4"


@pytest.fixture
def side(tmp_path: Path) -> Side:
    return make_side(tmp_path, "tw", DemoAuthority(datetime.now(UTC)))


def ours_of(side: Side) -> OurParty:
    return OurParty(Setting(side.folder))


def behind_a_gateway(side: Side) -> OurParty:
    """A node that listens on every address of its machine."""
    path = side.folder / "node.toml"
    path.write_text(path.read_text().replace('"127.0.0.1"', '"0.0.0.0"'))
    assert Setting(side.folder).home.listen.host == "0.0.0.0"
    return ours_of(side)


def test_what_the_terms_do_not_say_is_as_the_home_has_it_or_as_it_is_agreed(side: Side) -> None:
    us = ours_of(side)
    first = us.party(Ours(), None)
    assert (first["name"], first["endpoint"], first["host"]) == (side.party_id, side.url, "tw.example")
    own = Setting(side.folder).certificates.own["sign"].certificate
    assert [len(first["certificates"][use]) for use in ("sign", "encrypt", "tls", "seal", "anchors")] == [1, 1, 1, 0, 0]
    assert first["certificates"]["sign"] == certificates_of("", {"sign": [own]})["sign"]
    agreed = {**first, "name": "Taiwan Customs", "endpoint": AGREED}
    assert us.party(Ours(), agreed) == agreed
    assert us.party(Ours(name="Customs"), agreed) == {**agreed, "name": "Customs"}


def test_times_of_a_calendar_are_written_as_a_sheet_writes_them(side: Side) -> None:
    windows: Mapping[str, Any] = {"holidays": [date(2027, 1, 1)], "from": datetime(2027, 1, 1, 8, tzinfo=UTC)}
    made = ours_of(side).party(Ours(calendar=windows), None)
    assert made["calendar"] == {"holidays": ["2027-01-01"], "from": "2027-01-01T08:00:00Z"}


def test_every_key_that_is_not_there_is_told_at_once(side: Side) -> None:
    with pytest.raises(ConfigurationError) as told:
        ours_of(side).party(Ours(sign=("sing",), anchors=("nobody",)), None)
    assert [one.key for one in told.value.problems] == ["ours.sign", "ours.anchors"]


def test_an_address_for_partners_is_wanted_where_the_node_listens_on_all_and_none_is_agreed(side: Side) -> None:
    us = behind_a_gateway(side)
    with pytest.raises(ConfigurationError, match=r"listen\.host: 0\.0\.0\.0 is no address for a partner; --url says"):
        us.party(Ours(), None)
    first = us.party(Ours(url=AGREED), None)
    assert us.party(Ours(name="Customs"), first)["endpoint"] == AGREED


def test_a_seal_speaks_for_each_authority_of_ours(side: Side) -> None:
    us = ours_of(side)
    print_ = Setting(side.folder).certificates.own["sign"].certificate.sha256
    made = us.party(Ours(seal=("sign",), authorities=("TW01", "TW02")), None)["documents"]
    assert made["signers"] == {"TW01": [print_], "TW02": [print_]}
    assert us.party(replace(Ours(), answers=("L3",)), {**us.party(Ours(), None), "documents": made})["documents"] == {
        **made,
        "answers": ["L3"],
    }
