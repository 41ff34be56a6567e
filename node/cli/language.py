"""The two languages of pages for officers."""

from typing import Annotated

import typer

from node.cli.problems import CommandFailed, ExitCode

LANGUAGES = ("en", "zh-Hant")
Language = Annotated[str, typer.Option("--lang", metavar="LANG", help="en or zh-Hant.")]

_WORDS = {
    "certificate": ("certificate", "原產地證明書"),
    "issued by": ("issued by", "簽發機關"),
    "as of": ("as of", "基準時點"),
    "issued on": ("issued on", "簽發日"),
    "valid until": ("valid until", "有效期限"),
    "issue": ("issue", "簽發狀態"),
    "use": ("use", "使用狀態"),
    "verification": ("verification", "查證狀態"),
    "report": ("report", "艙單狀態"),
    "since": ("since", "自"),
    "versions": ("versions", "版本"),
    "version": ("version", "版本"),
    "items": ("items", "貨品"),
    "certified": ("certified", "載明"),
    "used": ("used", "已使用"),
    "remaining": ("remaining", "剩餘"),
    "replaces": ("replaces", "取代"),
    "copies": ("is a true copy of", "為下列產證之真實副本"),
    "rests on": ("is back to back on", "背對背依據"),
    "replaced by": ("replaced by", "已由下列產證取代"),
    "copied by": ("copied by", "真實副本"),
    "not on file": ("not on file", "未存檔"),
    "asked on": ("asked", "查證請求"),
    "due": ("due", "期限"),
    "answered": ("answered", "已答覆"),
    "OVERDUE": ("OVERDUE", "逾期未覆"),
    "messages": ("messages", "往來訊息"),
    "sent": ("sent", "發出"),
    "received": ("received", "收到"),
    "manifest": ("manifest", "艙單"),
    "arrival": ("arrival", "到港通報"),
    "awaited": ("not yet reported", "尚未通報"),
    "reported": ("reported", "申報件數"),
    "found": ("found", "實到件數"),
    "LANDED": ("landed in full", "全數到達"),
    "SHORT": ("short", "短卸"),
    "OVER": ("over", "溢卸"),
    "NOT-LANDED": ("not landed", "未卸"),
    "AWAITED": ("awaited", "待通報"),
    "differ": ("differ", "有差異"),
    "all landed": ("all landed in full", "全數到達"),
    "consignments": ("consignments", "貨物"),
    "also named": ("also named", "相關識別"),
    "nothing": ("nothing is on file", "查無資料"),
    "held": ("HELD", "待審"),
    "more": ("there is more than is shown", "尚有未列示之資料"),
    "findings": ("findings", "檢核結果"),
    "refused as": ("refused", "拒絕"),
}


def chosen(lang: str) -> int:
    """0 for English, 1 for Chinese. Raises CommandFailed."""
    if lang not in LANGUAGES:
        raise CommandFailed(ExitCode.USAGE, "--lang", f"{lang!r} is no language of these pages", " or ".join(LANGUAGES))
    return LANGUAGES.index(lang)


def word(name: str, zh: int) -> str:
    """A word of a page; the word itself where there is no other."""
    return _WORDS.get(name, (name, name))[zh]
