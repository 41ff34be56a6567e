"""A sheet as one HTML file in both languages, which needs nothing from anywhere."""

from collections.abc import Sequence
from html import escape
from typing import Final

from node.sheets.showing import LANGUAGES, Line, lines
from node.sheets.signing import SignedSheet
from node.sheets.weakened import Weakness

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin: 1.6rem 0 .4rem; border-bottom: 1px solid #888 }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0 }
th { width: 16rem; font-weight: 600 } td { overflow-wrap: anywhere; font-family: ui-monospace, monospace; font-size: .9rem }
.bad th, .bad td { color: #b00020; font-weight: 700 } .bad th::before { content: "\\26A0  " }
nav a { margin-right: 1rem }
"""
_LANG: Final = {"en": "en", "zh": "zh-Hant"}
_NAMES: Final = {"en": "English", "zh": "繁體中文"}


def page(signed: SignedSheet, weak: Sequence[Weakness]) -> str:
    """The whole page; whatever a partner wrote is text in it."""
    title = escape(signed.sheet.body["title"] or signed.sheet.id)
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{title}</title><style>{_STYLE}</style></head><body>",
        "<nav>" + "".join(f'<a href="#{one}" lang="{_LANG[one]}">{_NAMES[one]}</a>' for one in LANGUAGES) + "</nav>",
    ]
    for language in LANGUAGES:
        parts.append(f'<article id="{language}" lang="{_LANG[language]}">')
        parts += _article(list(lines(signed, weak, language)))
        parts.append("</article>")
    return "\n".join([*parts, "</body></html>", ""])


def _article(rows: Sequence[Line]) -> list[str]:
    made: list[str] = []
    first = True
    for one in rows:
        if one.heading:
            made += [] if first else ["</table>"]
            made.append(f"<{'h1' if first else 'h2'}>{escape(one.word)}</{'h1' if first else 'h2'}><table>")
            first = False
        else:
            mark = ' class="bad"' if one.bad else ""
            made.append(f"<tr{mark}><th>{escape(one.word)}</th><td>{escape(one.value)}</td></tr>")
    return [*made, "</table>"]
