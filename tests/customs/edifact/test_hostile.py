"""Interchanges from people who mean no good. None of these may cost more than its size; a quadratic step anywhere would take this file minutes."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.customs.edifact.cuscar import to_cuscar
from node.customs.edifact.interchange import Converted
from node.customs.edifact.outgoing import References
from node.customs.edifact.report_reader import ReportRefused
from tests.customs.edifact.manifests import D95B, PROFILE, SAMPLE, SAMPLE_XML, SHORT, TERMS, converted, short

MANY = 1 << 20
HEAD = SHORT[: SHORT.index("UNH")]
GOOD = SHORT[SHORT.index("UNH") : SHORT.index("UNZ")]


@pytest.mark.parametrize(
    ("octets", "rules"),
    [
        pytest.param((HEAD + "?" * MANY).encode(), {"EDI-01"}, id="release characters without an end"),
        pytest.param(short(("Ball bearings", "?" * MANY + ".")), {"EDI-04", "EDI-06"}, id="release characters in an element"),
        pytest.param((HEAD + "?'" * MANY).encode(), {"EDI-01"}, id="released terminators without an end"),
        pytest.param(short(("Ball bearings", "?'" * MANY)), {"EDI-04", "EDI-06"}, id="released terminators in an element"),
        pytest.param((HEAD + "'" * MANY).encode(), {"EDI-01"}, id="empty segments"),
        pytest.param(short(("Ball bearings", "x+" * MANY)), {"EDI-04", "EDI-06"}, id="elements without end"),
        pytest.param(short(("Ball bearings", "x:" * MANY)), {"EDI-04"}, id="components without end"),
        pytest.param(short(("Ball bearings", " " * MANY)), {"EDI-04", "EDI-08"}, id="spaces"),
        pytest.param(short(("G+KGM:594", "G+KGM:" + "9" * MANY)), {"EDI-04"}, id="a number of a million digits"),
        pytest.param(SHORT.replace("UNT+21", "UNT+" + "9" * MANY).encode(), {"EDI-01"}, id="a count of a million digits"),
        pytest.param((HEAD + "UNH+1+CUSCAR:D:95B:UN'" * 40_000).encode(), {"EDI-01"}, id="messages that never end"),
        pytest.param(SHORT.encode() * 1000, {"EDI-01"}, id="interchanges within each other"),
        pytest.param(("UNA:+.? '" * 100_000 + SHORT).encode(), {"EDI-01"}, id="nested service characters"),
        pytest.param(
            short(("GID+1", "CNI+1'RFF+BM:1'" * 9_000 + "GID+1")), {"EDI-03", "EDI-08", "EDI-06"}, id="groups that hold nothing"
        ),
        pytest.param(short(("GID+1", "NAD+N1+++x'" * 9_000 + "GID+1")), {"EDI-03", "EDI-06"}, id="groups beyond their number"),
        pytest.param(short(("Ball bearings'", "\x01'" * 100_000)), {"EDI-02"}, id="controls"),
        pytest.param(SHORT.replace("UNOC", "UNOA").encode() + b"\xe9" * MANY, {"EDI-01", "EDI-02"}, id="characters outside"),
    ],
)
def test_hostile_octets_are_refused_by_the_right_rules(octets: bytes, rules: set[str]) -> None:
    verdict = converted(octets).verdict
    found = {finding.rule for finding in verdict.findings}
    assert found & {"EDI-01", "EDI-02", "EDI-03", "EDI-04"} and found <= rules
    assert max(len(finding.en) for finding in verdict.findings) < 1000


@pytest.mark.slow
def test_999999_segments_are_counted_and_read() -> None:
    calls = 999_999 - 21
    octets = short(("GIS+22'", "LOC+92+JPUKB'" * calls + "GIS+22'"))
    assert b"UNT+999999+" in octets
    verdict = converted(octets).verdict
    assert {finding.rule for finding in verdict.findings} == {"EDI-03", "EDI-06"}
    # Ninety-nine places may stand there, thirty of them are calls; each of the others is one finding.
    assert len(verdict.findings) + verdict.not_listed == calls - 30


def test_many_small_messages_do_not_fill_the_memory_with_findings() -> None:
    octets = (HEAD + "UNH+1+CUSCAR:D:95B:UN'UNT+2+1'" * 4_000 + "UNZ+4000+TYO00042'").encode()
    result = converted(octets)
    assert sum(len(one.findings) for one in result.mapped) < 30_000
    assert all(one.octets is None and one.findings for one in result.mapped)
    assert len(result.verdict.findings) + result.verdict.not_listed == sum(
        len(one.findings) + one.not_listed for one in result.mapped
    )


def test_a_sound_interchange_of_many_messages_becomes_as_many_documents() -> None:
    result = converted((HEAD + GOOD * 300 + "UNZ+300+TYO00042'").encode())
    assert result.verdict.accepted and [one.octets is not None for one in result.mapped] == [True] * 300


@given(st.integers(0, len(SAMPLE) - 1))
def test_a_truncated_interchange_is_refused(size: int) -> None:
    result = converted(SAMPLE[:size])
    assert result.verdict.outcome.value == "RE" or SAMPLE[size:].strip() == b""


def judged(result: Converted) -> None:
    """Findings or documents, nothing else."""
    verdict = result.verdict
    assert verdict.findings or all(one.octets for one in result.mapped)
    assert all(finding.rule.startswith(("EDI-", "GEN-04")) for finding in verdict.findings)
    for one in result.mapped:
        assert (one.octets is None) == any(finding.severity.value == "F" for finding in one.findings)


@given(st.binary(max_size=300))
def test_any_octets_are_judged(octets: bytes) -> None:
    judged(converted(octets))
    judged(converted(SHORT[:51].encode() + octets))


TAGS = [line[:3] for line in SHORT.split("\n") if line]
PARTS = [
    "+",
    ":",
    "'",
    "?",
    "\n",
    "*",
    "-",
    ".",
    ",",
    "0",
    "9" * 20,
    "E9",
    "NaN",
    "\x00",
    "é",
    "x" * 80,
    " ",
    "UNH+",
    "UNT+2+1'",
    "UNA:+.? '",
    *TAGS,
]


@given(st.integers(0, 2**32))
def test_a_manifest_changed_by_chance_is_judged(seed: int) -> None:
    chance = random.Random(seed)
    text = chance.choice([SHORT, SAMPLE.decode()])
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text))
        text = text[:at] + chance.choice(["", *PARTS]) + text[at + chance.choice([0, 0, 1, 5, 40]) :]
    # The counts are put right, or the envelope would hide what lies within.
    body, end = text.rpartition("UNT+")[::2]
    segments = body[body.find("UNH+") :].count("'") + 1
    text = f"{body}UNT+{segments}+{end.partition('+')[2]}" if chance.random() < 0.8 else text
    judged(converted(text.encode(chance.choice(["latin-1", "utf-8"]))))


@given(st.integers(0, 2**32))
def test_a_document_changed_by_chance_goes_out_or_is_refused(seed: int) -> None:
    chance = random.Random(seed)
    text = SAMPLE_XML.decode()
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(text))
        text = (
            text[:at]
            + chance.choice(["", "<", ">", "&", "x", "0", "<X>1</X>", "<ID/>", "\u0085", "\u81fa", "</Consignment>"])
            + text[at + chance.choice([0, 1, 9]) :]
        )
    try:
        written = to_cuscar(text.encode(), D95B, TERMS, References("1", "1"))
    except ReportRefused:
        return
    assert written.octets.startswith(b"UNB+UNO") and PROFILE.id
