"""The story of a check, and that no octets make it raise."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from node.customs.checking.offline import Offline
from node.customs.finding import Outcome
from node.customs.packs.library import Packs
from node.customs.packs.pack import read_pack
from node.library import core_files
from tests.customs.rules.table import changed
from tests.documents import NOW, offline, packs, rules, sample

GOOD = (
    "co-rcep-multi-item",
    "co-utilisation-part",
    "aeo-delta",
    "aeo-lookup-answer",
    "man-air",
    "man-arrival-short",
    "res-rejected",
)
OCTETS = {name: sample(name).read_bytes() for name in GOOD}


def test_a_later_stage_is_told_only_when_no_earlier_one_refuses():
    # A code list, a rule inside and one of the file are broken; the code list comes first.
    octets = changed(
        OCTETS["co-utilisation-part"],
        {"Item/QuantityQuantity@unitCode": "NMB", "PreferenceCode": "NOT-GIVEN", "ReferencedCertificate/VersionID": "7"},
    )
    assert rules(octets) == ["CO-16"]


def test_a_warning_lets_later_stages_speak():
    octets = changed(OCTETS["co-rcep-multi-item"], {"Transport/ID": "9812342", "DocumentHeader/FunctionCode": "9"})
    checked = offline().check(octets, NOW)
    assert checked.verdict.outcome is Outcome.ACCEPTED_WITH_WARNINGS
    assert checked.filing is not None


def test_the_same_octets_again_are_a_duplicate_without_a_finding():
    desk = offline("co-rcep-multi-item")
    checked = desk.check(OCTETS["co-rcep-multi-item"], NOW)
    assert checked.duplicate
    assert checked.verdict.findings == ()
    assert checked.filing is None


def test_a_document_that_says_no_day_is_judged_by_the_day_on_which_it_came():
    pack = read_pack(
        {
            "pack.toml": b'id = "x"\nadds = ["x.y"]\n',
            "types/x.y.toml": b'root = { namespace = "urn:x:1", name = "y" }\nschema = "y.xsd"\nrules = ["y"]\n'
            b'[header]\nissued = ""\nprofile = "@profile"\n[key]\n',
            "xsd/y.xsd": b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x:1"><xs:element name="y"><xs:complexType>'
            b'<xs:attribute name="profile"/></xs:complexType></xs:element></xs:schema>',
            "rules/y.toml": b'[[rule]]\nid = "Y-01"\nseverity = "F"\nstage = 6\nen = "no"\nzh = "no"\ntest = "false()"\n',
            "profiles/p.json": b'{"id": "p", "types": ["x.y"], "schemaVersion": "1.0", "from": "2026-01-01", "to": "2026-12-31"}',
        },
        core_files(),
    )
    desk = Offline(Packs([pack], packs().lists))
    octets = b'<y xmlns="urn:x:1" profile="p"/>'
    assert [one.rule for one in desk.check(octets, NOW).verdict.findings] == ["Y-01"]


def test_an_earlier_version_of_a_type_judges_the_documents_of_its_days():
    def version(number, begins, severity):
        return read_pack(
            {
                "pack.toml": f'id = "x"\nversion = "{number}"\nfrom = "{begins}"\nadds = ["x.y"]\n'.encode(),
                "types/x.y.toml": b'root = { namespace = "urn:x:1", name = "y" }\nschema = "y.xsd"\nrules = ["y"]\n'
                b'[header]\nissued = "@day"\nprofile = "@profile"\n[key]\n',
                "xsd/y.xsd": b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x:1"><xs:element name="y"><xs:complexType>'
                b'<xs:attribute name="profile"/><xs:attribute name="day"/></xs:complexType></xs:element></xs:schema>',
                "rules/y.toml": f'[[rule]]\nid = "Y-{number}"\nseverity = "{severity}"\nstage = 6\nen = "no"\nzh = "no"\ntest = "false()"\n'.encode(),
                "profiles/p.json": b'{"id": "p", "types": ["x.y"], "schemaVersion": "1.0", "from": "2000-01-01"}',
            },
            core_files(),
        )

    desk = Offline(Packs([version("01", "2020-01-01", "F"), version("02", "2026-06-01", "W")], packs().lists))

    def told(day):
        return [
            one.rule
            for one in desk.check(f'<y xmlns="urn:x:1" profile="p" day="{day}T00:00:00Z"/>'.encode(), NOW).verdict.findings
        ]

    assert told("2026-05-31") == ["Y-01"]
    assert told("2026-06-01") == ["Y-02"]


SCOPE = [HealthCheck.too_slow]


@settings(max_examples=150, deadline=None, suppress_health_check=SCOPE)
@given(st.data())
def test_no_octets_make_a_check_raise(data):
    octets = bytearray(OCTETS[data.draw(st.sampled_from(GOOD))])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(octets) - 1))
        new = data.draw(
            st.sampled_from((b"", b"<", b">", b"&", b'"', b" ", b"0", b"-", b"\xff", b"<a/>", b"<!--x-->", b"\xc2\xa0", b"\n"))
        )
        octets[at : at + data.draw(st.integers(0, 30))] = new
    offline().check(bytes(octets), NOW)


@settings(max_examples=250, deadline=None, suppress_health_check=SCOPE)
@given(st.data())
def test_no_tree_that_follows_its_schema_makes_a_check_raise(data):
    name = data.draw(st.sampled_from(GOOD))
    root = etree.fromstring(OCTETS[name])
    for _ in range(data.draw(st.integers(1, 6))):
        element = data.draw(st.sampled_from(list(root.iter())))
        leaf = len(element) == 0
        change = data.draw(st.sampled_from(("remove", "twice", "swap", *(["text"] * 5 if leaf else []))))
        other = data.draw(st.sampled_from([one for one in root.iter() if one.tag == element.tag or (leaf and not len(one))]))
        if change == "text":
            element.text = data.draw(
                st.one_of(
                    st.just(other.text),
                    st.sampled_from(("0", "1", "9999-12-31", "0001-01-01", "1" * 16, "-0", "XX", "2026-11-16T24:00:00Z")),
                )
            )
        elif change == "remove" and element is not root:
            element.getparent().remove(element)
        elif change == "twice" and element is not root:
            element.addnext(etree.fromstring(etree.tostring(element, with_tail=False)))
        elif change == "swap" and leaf:
            element.text, other.text = other.text, element.text
    desk = offline(*(["co-tw-kr-replaced"] if name == "co-utilisation-part" else []))
    verdict = desk.check(etree.tostring(root), NOW).verdict
    assert verdict.type_id


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_the_ends_of_the_calendar_are_days_like_others(day):
    desk = offline()
    octets = changed(OCTETS["co-rcep-multi-item"], {"IssueDate": day, "ExpiryDate": day, "Transport/DepartureDate": day})
    assert desk.check(octets, datetime(9999, 12, 1, tzinfo=UTC)).verdict.findings
    assert date.max.year == 9999
