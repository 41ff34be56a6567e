"""The report as a PDF, for archives that take nothing else: the same words as the pages in HTML, whose commands it leaves to them.

reportlab is an extra (`report`); without it there is no PDF, and the bundle holds the two pages.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from io import BytesIO
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape

from node.evidence.case import Case
from node.evidence.finding import Check, Finding
from node.evidence.report import (
    anchors_of,
    examined,
    header_rows,
    moment,
    moment_row,
    particular_rows,
    reports,
    scope_of,
    visible,
)
from node.evidence.report_words import OUTCOMES, label
from node.evidence.story import Story, stories
from node.evidence.words import LANGUAGES

_LATIN = "Helvetica"
_CHINESE = "n2n-chinese"
#: Helvetica has Latin letters alone.
_FIRST_OTHER = 0x100
#: No page break divides a cell; a word without end takes time with the square of its length.
_MOST_IN_CELL = 600
_MOST = 4000


class FontRefused(ValueError):
    """The octets are no TrueType font that can be embedded; the text says why."""


def can_write() -> bool:
    """Whether the extra is installed."""
    return find_spec("reportlab") is not None


def every_report(files: Mapping[str, bytes], at: datetime, font: bytes | None = None) -> dict[str, bytes]:
    """The pages, and the PDF where the extra is installed. Raises ManifestRefused, FontRefused."""
    pages = reports(files, at)
    return {**pages, "report.pdf": pdf_report(files, at, font)} if can_write() else pages


def pdf_report(files: Mapping[str, bytes], at: datetime, font: bytes | None) -> bytes:
    """The report in both languages where there is a TrueType font with Chinese characters, of which a part is embedded; else in English, which says so.

    The same files give the same octets. Raises ManifestRefused, FontRefused; ImportError without the extra.
    """
    case, findings = examined(files, at)
    return _Writing(font).pages(case, findings, stories(case, findings))


class _Writing:
    """One PDF under way."""

    def __init__(self, font: bytes | None) -> None:
        from reportlab.lib.styles import ParagraphStyle

        self._chinese = font is not None
        if font is not None:
            _register(font)
        plain: dict[str, Any] = {"fontName": _LATIN, "fontSize": 9, "leading": 13, "spaceAfter": 4}
        self._plain = [ParagraphStyle("en", **plain), ParagraphStyle("zh", wordWrap="CJK", **plain)]
        larger: dict[str, Any] = {"spaceBefore": 10, "keepWithNext": 1}
        self._heads = [
            [
                ParagraphStyle(f"{style.name}-{size}", parent=style, fontSize=size, leading=size + 5, **larger)
                for size in (15, 12, 10)
            ]
            for style in self._plain
        ]
        self._cells = [
            ParagraphStyle(f"{style.name}-cell", parent=style, fontSize=7, leading=9, spaceAfter=0) for style in self._plain
        ]

    def pages(self, case: Case, findings: list[Finding], told: list[Story]) -> bytes:
        from reportlab.lib.pagesizes import A4
        from reportlab.platypus import PageBreak, SimpleDocTemplate

        out = BytesIO()
        flow: list[Any] = []
        for zh in range(2 if self._chinese else 1):
            flow += [PageBreak()] if zh else []
            flow += self._language(case, findings, told, zh)
        # Invariant: no clock and no chance in the octets.
        made = SimpleDocTemplate(
            out, pagesize=A4, leftMargin=50, rightMargin=50, topMargin=50, bottomMargin=50, invariant=1, title=label("title", 0)
        )
        made.build(flow, onFirstPage=self._number, onLaterPages=self._number)
        return out.getvalue()

    @staticmethod
    def _number(canvas: Any, _document: Any) -> None:
        canvas.setFont(_LATIN, 8)
        canvas.drawRightString(545, 30, str(canvas.getPageNumber()))

    def _language(self, case: Case, findings: list[Finding], told: list[Story], zh: int) -> list[Any]:
        manifest = case.manifest
        flow = [
            self._head(label("title", zh), zh, 0),
            self._text(
                f"{label('made', zh)}: {moment(manifest.made_at)}, {label('by', zh)} {manifest.made_by}. {label('log', zh)}: {manifest.log}.",
                zh,
            ),
            self._text(f"{scope_of(manifest, zh)} {label('utc', zh)}", zh),
            self._text(label("reading", zh), zh),
        ]
        flow += [self._text(label("english-only", zh), zh)] if not self._chinese else []
        flow += [self._text(label("redacted", zh), zh)] if manifest.redacted else []
        for story in told:
            flow += self._story(story, zh)
        flow.append(self._head(label("whole", zh), zh, 1))
        flow += self._findings([one for one in findings if one.check not in (Check.SIGNATURES, Check.RECEIPTS)], zh)
        flow += [
            self._text(label("seal-later", zh), zh),
            self._head(label("anchors", zh), zh, 1),
            self._text(label("anchors-why", zh), zh),
        ]
        flow.append(
            self._table(
                [tuple(label(one, zh) for one in ("whose", "subject", "fingerprint")), *anchors_of(case, zh)], (80, 175, 240)
            )
        )
        return [*flow, self._text(label("commands-elsewhere", zh), zh)]

    def _story(self, story: Story, zh: int) -> list[Any]:
        partner = story.exchange.partner
        heading, proves, does_not, acts = (pair[zh].format(partner=partner) for pair in OUTCOMES[story.outcome])
        flow = [
            self._head(f"{label('message', zh)} {story.exchange.message_id}", zh, 1),
            self._head(heading, zh, 2),
            self._table(header_rows(story, zh), (120, 375)),
            self._head(label("when", zh), zh, 2),
        ]
        titles = tuple(label(one, zh) for one in ("entry", "fact", "at", "offset", "before"))
        flow.append(self._table([titles, *(moment_row(one, zh) for one in story.moments)], (35, 105, 115, 125, 115)))
        flow += [self._text(one, zh) for one in particular_rows(story, zh)]
        if story.parts:
            rows = [(one.name, label("absent", zh) if one.size is None else str(one.size), one.sha256) for one in story.parts]
            flow += [
                self._head(label("payloads", zh), zh, 2),
                self._table([(label("name", zh), label("size", zh), "SHA-256"), *rows], (80, 115, 300)),
            ]
        for name, findings in (("signatures", story.signatures), ("six", story.six)):
            if findings:
                flow += [self._head(label(name, zh), zh, 2), *self._findings(list(findings), zh)]
        for name, text in (("proves", proves), ("not", does_not), ("acts", acts)):
            flow.append(self._text(f"{label(name, zh)}: {text}", zh))
        return flow

    def _findings(self, findings: list[Finding], zh: int) -> list[Any]:
        found = []
        for one in findings:
            mark = label("note" if one.is_note else "bad" if one.fails else "ok", zh)
            found.append(self._text(f"[{mark}] {f'{one.step}. ' if one.step else ''}{one.says(LANGUAGES[zh])}", zh))
        return found

    def _table(self, rows: Sequence[tuple[str, ...]], widths: tuple[int, ...]) -> Any:
        from reportlab.lib.colors import black
        from reportlab.platypus import Paragraph, Table

        # Digests are one long word: it is broken where the cell ends, as Chinese is.
        cells = [[Paragraph(self._shown(cell, _MOST_IN_CELL), self._cells[1]) for cell in row] for row in rows]
        return Table(
            cells,
            colWidths=widths,
            style=[("GRID", (0, 0), (-1, -1), 0.4, black), ("VALIGN", (0, 0), (-1, -1), "TOP")],
            repeatRows=1,
        )

    def _head(self, text: str, zh: int, level: int) -> Any:
        from reportlab.platypus import Paragraph

        return Paragraph(self._shown(text), self._heads[zh][level])

    def _text(self, text: str, zh: int) -> Any:
        from reportlab.platypus import Paragraph

        return Paragraph(self._shown(text), self._plain[zh])

    def _shown(self, text: str, most: int = _MOST) -> str:
        """The text as markup; what the font of English cannot show is shown by the other one, or by its number where there is none."""
        seen = visible(text) if self._chinese else _numbered(visible(text))
        return "".join(
            f'<font name="{_CHINESE}">{escape("".join(run))}</font>' if other and self._chinese else escape("".join(run))
            for other, run in groupby(shortened(seen, most), lambda one: ord(one) >= _FIRST_OTHER)
        )


def shortened(text: str, most: int) -> str:
    """As much of a text as there is room for; the pages in HTML have all of it."""
    return text if len(text) <= most else f"{text[:most]} ..."


def _numbered(run: Iterable[str]) -> str:
    return "".join(one if ord(one) < _FIRST_OTHER else f"[U+{ord(one):04X}]" for one in run)


def _register(font: bytes) -> None:
    """Make a font known to reportlab. Raises FontRefused."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    try:
        made = TTFont(_CHINESE, BytesIO(font))
    except (TTFError, ValueError, IndexError, KeyError, AttributeError, TypeError, struct.error) as error:
        raise FontRefused(f"no TrueType font that can be embedded: {error}") from None
    if ord("關") not in made.face.charToGlyph:
        raise FontRefused("a font without Chinese characters")
    pdfmetrics.registerFont(made)
