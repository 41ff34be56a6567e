"""What comes back otherwise than it went is told; what was told as a loss may stay away."""

from pathlib import Path

import pytest
from lxml import etree

from node.codelists import open_lists
from node.customs.mapping.maps import Maps
from node.customs.mapping.round_trip import astray
from node.library import open_packs

GOOD = Path(__file__).parents[3] / "profiles" / "documents"


@pytest.fixture(scope="module")
def maps() -> Maps:
    packs = open_packs(None, open_lists(None))
    return Maps(packs.all, {definition.id: definition for definition in packs.types()})


def test_a_good_sample_comes_back(maps: Maps) -> None:
    document = etree.parse(GOOD / "n2n-co" / "samples" / "good" / "co-rcep-multi-item.xml").getroot()
    for table in maps.forms("co.certificate").values():
        assert list(astray(document, table, maps)) == []


def test_two_values_where_the_form_has_one_are_told(maps: Maps) -> None:
    document = etree.parse(GOOD / "n2n-co" / "samples" / "good" / "co-rcep-multi-item.xml").getroot()
    version = document.find("{*}VersionID")
    assert version is not None
    version.addnext(etree.fromstring(etree.tostring(version)))
    # The second is told as a loss, so that nothing is astray, but the first has another name now.
    found = list(astray(document, maps.forms("co.certificate")["ubl"], maps))
    assert found == [
        "/CertificateOfOrigin/VersionID[1] is lost, and nothing says so",
        "/CertificateOfOrigin/VersionID comes back, and was not there",
    ]


def test_what_is_missing_is_told_once(maps: Maps) -> None:
    document = etree.parse(GOOD / "n2n-man" / "samples" / "good" / "man-air.xml").getroot()
    report_id = document.find("{*}ID")
    assert report_id is not None
    document.remove(report_id)
    assert list(astray(document, maps.forms("man.cargo-report")["wco-dms"], maps)) == ["/CargoReport: ID is needed and missing"]
