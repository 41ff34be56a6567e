"""What a document says about its own urgency is read by its type, not by code."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from node.customs.packs.definition import TypeDefinition
from node.customs.urgency import Urgency, urgency
from tests.documents import packs, sample

NOTICE = sample("not-urgent-safety").read_text("utf-8")


def of(text: str) -> Urgency:
    definition = packs().named("not.notice")
    assert definition is not None
    return urgency(definition, etree.fromstring(text.encode()))


def test_a_notice_says_priority_and_deadline() -> None:
    assert of(NOTICE) == Urgency(9, {"L4": datetime(2026, 11, 20, 10, tzinfo=UTC)})


@pytest.mark.parametrize(("code", "priority"), [("URGENT", 9), ("HIGH", 7), ("NORMAL", 5)])
def test_each_priority_has_its_number(code: str, priority: int) -> None:
    assert of(NOTICE.replace(">URGENT<", f">{code}<")).priority == priority


def test_a_notice_without_a_deadline_has_none() -> None:
    assert of(sample("not-normal-outage").read_text("utf-8")) == Urgency(5, {})


def test_a_type_that_says_nothing_has_no_urgency() -> None:
    definition = packs().named("co.certificate")
    assert definition is not None
    assert urgency(definition, etree.parse(sample("co-rcep-multi-item")).getroot()) == Urgency(None, {})


@pytest.mark.parametrize("said", ["tomorrow", "2026-11-20T18:00:00", ""])
def test_what_is_no_moment_of_the_world_is_no_deadline(said: str) -> None:
    assert of(NOTICE.replace("2026-11-20T18:00:00+08:00", said)).deadlines == {}


TYPE = """root = { namespace = "urn:t", name = "T" }
schema = "t.xsd"
%s
"""


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('priority = { path = "P", values = { A = 10 } }', "A = 10; a priority is 0 to 9"),
        ('priority = { path = "P", values = { A = -1 } }', "A = -1; a priority is 0 to 9"),
        ('priority = { path = "P[", values = { A = 1 } }', "priority: "),
        ("priority = { values = { A = 1 } }", "priority: path is missing"),
        ('deadlines = { L4 = "By[" }', "deadlines: "),
        ('priority = { path = "P", values = { A = 9 } }\ndeadlines = { L4 = "By" }', None),
    ],
)
def test_what_is_no_urgency_is_told_with_its_place(lines: str, problem: str | None) -> None:
    definition = TypeDefinition("t", "pack", {"types/t.toml": (TYPE % lines).encode()}, {})
    told = [str(one) for one in definition.problems() if "schema" not in str(one)]
    assert [one for one in told if problem is None or problem not in one] == []
    assert len(told) == (0 if problem is None else 1)
