"""The report as a PDF."""

import re
import struct
import zlib
from base64 import a85decode
from importlib.resources import files as resources

import pytest

from node.evidence.bundle import files_of
from node.evidence.report_pdf import FontRefused, can_write, every_report, pdf_report
from node.evidence.verify import verify
from tests.bundles import NOW, BundleWorld

FILES = files_of(BundleWorld().evidence())


def font_with(*spans: tuple[int, int]) -> bytes:
    """The Latin font that comes with reportlab, in which the characters of some spans look like an A."""
    vera = (resources("reportlab") / "fonts" / "Vera.ttf").read_bytes()
    count = struct.unpack(">H", vera[4:6])[0]
    tables = {}
    for at in range(12, 12 + 16 * count, 16):
        tag, _, start, length = struct.unpack(">4sLLL", vera[at : at + 16])
        tables[tag] = vera[start : start + length]
    groups = b"".join(struct.pack(">LLL", first, last, 36) for first, last in spans)
    many = struct.pack(">HHLLL", 13, 0, 16 + len(groups), 0, len(spans)) + groups
    tables[b"cmap"] = struct.pack(">HHHHL", 0, 1, 3, 10, 12) + many
    head, body, start = struct.pack(">LHHHH", 0x10000, count, 0, 0, 0), b"", 12 + 16 * count
    for tag, octets in sorted(tables.items()):
        head += struct.pack(">4sLLL", tag, 0, start + len(body), len(octets))
        body += octets + bytes(-len(octets) % 4)
    return head + body


CHINESE = font_with((0x20, 0x7E), (0x2000, 0x9FFF), (0xFF00, 0xFFEF))


def streams(octets: bytes) -> bytes:
    """Every page of a PDF, unpacked."""
    found = re.findall(rb"/ASCII85Decode /FlateDecode \].*?stream\r?\n(.*?)~>\s*endstream", octets, re.DOTALL)
    return b"\n".join(zlib.decompress(a85decode(one)) for one in found)


def test_in_english_where_there_is_no_font() -> None:
    octets = pdf_report(FILES, NOW, None)
    assert octets.startswith(b"%PDF-")
    text = streams(octets)
    for said in (b"Delivered and provable.", b"This page is in English alone", b"node-tw.example", b"report.en.html"):
        assert said in text
    assert b"FontFile2" not in octets


def test_in_both_languages_with_a_part_of_the_font() -> None:
    octets = pdf_report(FILES, NOW, CHINESE)
    assert octets.count(b"/FontFile2") >= 1
    assert b"This page is in English alone" not in streams(octets)
    pages = [octets.count(b"/Type /Page\n"), pdf_report(FILES, NOW, None).count(b"/Type /Page\n")]
    assert pages[0] > pages[1] > 0
    # Not the whole font of more than 65,000 octets for each of its characters.
    assert len(octets) < 150_000


def test_the_same_files_give_the_same_octets() -> None:
    assert pdf_report(FILES, NOW, None) == pdf_report(FILES, NOW, None)
    assert pdf_report(FILES, NOW, CHINESE) == pdf_report(FILES, NOW, CHINESE)


@pytest.mark.parametrize("font", [b"", b"no font", font_with((0x20, 0x7E)), CHINESE[:2000]])
def test_a_font_that_will_not_do_is_refused(font: bytes) -> None:
    with pytest.raises(FontRefused):
        pdf_report(FILES, NOW, font)


def test_characters_that_cannot_be_shown_are_written_by_their_number() -> None:
    from dataclasses import replace

    evidence = replace(BundleWorld().evidence(), made_by="關務署 <b>")
    text = streams(pdf_report(files_of(evidence), NOW, None))
    assert b"[U+95DC][U+52D9][U+7F72]" in text
    # As it was written, and no mark of bold type.
    assert b"[U+7F72] <) Tj (b) Tj (>)" in text


@pytest.mark.parametrize("font", [None, CHINESE], ids=["in English", "in both languages"])
def test_hostile_names_are_shown_and_cost_no_page(font: bytes | None) -> None:
    from dataclasses import replace

    name = "kr\x1b[2J\u202e\x00<b>" + "\u200b" * 2_000
    evidence = BundleWorld().evidence()
    exchanges = tuple(replace(one, partner=name) for one in evidence.exchanges)
    signers = replace(evidence.signers, partners={"a" + "b" * 8_000: evidence.signers.node})
    files = files_of(replace(evidence, exchanges=exchanges, signers=signers, made_by=name))
    text = streams(pdf_report(files, NOW, font))
    assert b"[U+001B]" in text or font
    assert b"\x1b" not in text


def test_a_bundle_with_all_reports_holds() -> None:
    world = BundleWorld()
    octets = world.bundle(reporting=lambda held: every_report(held, NOW, CHINESE))
    assert verify(octets, NOW).holds
    assert b"report.pdf" in octets


def test_without_the_extra_there_are_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert can_write()
    monkeypatch.setattr("node.evidence.report_pdf.find_spec", lambda name: None)
    assert list(every_report(FILES, NOW)) == ["report.en.html", "report.zh-Hant.html"]


def test_what_the_header_of_a_message_says_stands_in_it_as_on_the_pages() -> None:
    text = streams(pdf_report(FILES, NOW, None))
    for said in (
        b"urn:customs, Submit",
        b"2026-11-24T08:00:00Z",
        b"Conversation",
        b"What happened when",
        b"All times are in UTC",
    ):
        assert said in text, said
    # Lines are broken where the page ends.
    assert b"whoever made it" in text
