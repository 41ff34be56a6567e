"""A sheet as people read it: the same rows for a terminal and for a page, in two languages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from node.sheets import shapes
from node.sheets.changes import shown
from node.sheets.fingerprint import grouped
from node.sheets.sheet import PURPOSES, SIDES, Sheet, certificate_of
from node.sheets.signing import SignedSheet
from node.sheets.weakened import Weakness

LANGUAGES: Final = ("en", "zh")

#: Every word that is shown, in English and Traditional Chinese.
# fmt: off
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "agreement":   ("Agreement", "協議書"),
    "sheet":       ("Sheet", "協議編號"),
    "version":     ("Version", "版本"),
    "digest":      ("SHA-256 of this version", "本版本 SHA-256"),
    "before":      ("Follows the version with SHA-256", "前一版本 SHA-256"),
    "from":        ("Holds from", "生效時間"),
    "until":       ("Holds until", "失效時間"),
    "open":        ("another version follows", "至下一版本生效"),
    "overlap":     ("The version before is accepted for a further", "前一版本續用期間"),
    "ref":         ("Agreement reference", "協議參照"),
    "profile":     ("Profile", "設定檔"),
    "a":           ("Party A (offered)", "甲方（提出）"),
    "b":           ("Party B (accepts)", "乙方（接受）"),
    "not_yet":     ("not filled in yet", "尚未填寫"),
    "name":        ("Name", "名稱"),
    "party_ids":   ("Party ids", "識別代號"),
    "role":        ("Role", "角色"),
    "endpoint":    ("Address", "位址"),
    "host":        ("Host of message ids", "訊息識別碼主機"),
    "contacts":    ("Contacts", "聯絡方式"),
    "trust":       ("Its certificates are trusted", "憑證信任方式"),
    "pinned":      ("because they stand here", "以本協議所列憑證為準"),
    "path":        ("by a path to the authorities", "以憑證路徑為準"),
    "sign":        ("Certificate to sign", "簽章憑證"),
    "encrypt":     ("Certificate to encrypt to", "加密憑證"),
    "tls":         ("Certificate of TLS", "TLS 憑證"),
    "seal":        ("Certificate to seal documents", "文件封印憑證"),
    "anchors":     ("Authority", "憑證機構"),
    "calendar":    ("Closed", "停機時段"),
    "authorities": ("Speaks for", "代表機構"),
    "answers":     ("Tells the steps", "回報步驟"),
    "services":    ("Services", "服務"),
    "both":        ("both send", "雙方傳送"),
    "a_sends":     ("A sends", "甲方傳送"),
    "b_sends":     ("B sends", "乙方傳送"),
    "ladder":      ("Deadlines", "期限"),
    "retention":   ("Kept for", "保存期限"),
    "weaker":      ("WEAKER than the profile", "弱於設定檔"),
    "reason":      ("reason", "理由"),
    "no_reason":   ("no reason is given", "未說明理由"),
    "parameters":  ("Parameters", "參數"),
    "signatures":  ("Signatures", "簽章"),
    "signed":      ("signed", "已簽章"),
    "signed_offer": ("signed the offer", "已簽署提議"),
    "not_signed":  ("not signed", "未簽章"),
    "telephone":   ("Compare by telephone", "請以電話核對"),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Line:
    """One row: a heading (no value), or a name and a value; `bad` is shown in red."""

    word: str
    value: str = ""
    bad: bool = False
    heading: bool = False


def word(key: str, language: str) -> str:
    """A word of the table; what is none is shown as it is."""
    found = WORDS.get(key)
    return found[LANGUAGES.index(language)] if found else key


def lines(signed: SignedSheet, weak: Sequence[Weakness], language: str = "en") -> Iterator[Line]:
    """The sheet, row by row. Names in certificates may hold anything: what would hide or turn the writing beside it is left out."""
    for one in _lines(signed, weak, language):
        yield replace(one, word=_readable(one.word), value=_readable(one.value))


def _readable(text: str) -> str:
    return text if text.isprintable() else "".join(one if one.isprintable() else " " for one in text)


def _lines(signed: SignedSheet, weak: Sequence[Weakness], language: str) -> Iterator[Line]:
    sheet, say = signed.sheet, partial(word, language=language)
    body = sheet.body
    yield Line(f"{say('agreement')}: {body['title'] or sheet.id}", heading=True)
    yield Line(say("sheet"), sheet.id)
    yield Line(say("version"), str(sheet.version))
    yield Line(say("digest"), grouped(sheet.digest))
    if sheet.before:
        yield Line(say("before"), grouped(sheet.before))
    yield Line(say("from"), body["effective"]["from"])
    yield Line(say("until"), body["effective"]["until"] or say("open"))
    yield Line(say("overlap"), body["effective"]["overlap"])
    if body["agreement_ref"]:
        yield Line(say("ref"), body["agreement_ref"]["value"])
    yield Line(say("profile"), body["profile"]["name"])
    reasons = {one["parameter"]: one["reason"] for one in body["weakened"]}
    for each in weak:
        why = reasons.get(each.parameter, say("no_reason"))
        said = f"{each.parameter}: {shown(each.profile)} → {shown(each.agreed)} ({say('reason')}: {why})"
        yield Line(say("weaker"), said, bad=True)
    for side in SIDES:
        yield Line(say(side), heading=True)
        if body["parties"][side] is None:
            yield Line(say("not_yet"))
        else:
            yield from _party(sheet, side, language)
    yield Line(say("services"), heading=True)
    for service in body["services"]:
        sends = "both" if service["sender"] == "both" else f"{service['sender']}_sends"
        how = " ".join(one for one in (say(sends), service["binding"], service["answers"] and f"← {service['answers']}") if one)
        yield Line(service["value"], f"{', '.join(service['actions'])} ({how})")
    for name in ("ladder", "retention"):
        if body[name]:
            yield Line(say(name), shown(body[name]))
    yield Line(say("parameters"), heading=True)
    for name, value in sorted(body["profile"]["parameters"].items()):
        yield Line(name, shown(value), bad=any(one.parameter == name for one in weak))
    yield Line(say("signatures"), heading=True)
    for side in SIDES:
        yield _signature(signed, side, language)


def _party(sheet: Sheet, side: str, language: str) -> Iterator[Line]:
    party = sheet.party(side)
    yield Line(word("name", language), party["name"])
    yield Line(word("party_ids", language), ", ".join(one["value"] for one in party["party_ids"]))
    for name in ("role", "endpoint", "host"):
        if party[name]:
            yield Line(word(name, language), party[name])
    for contact in party["contacts"]:
        yield Line(word("contacts", language), contact)
    yield Line(word("trust", language), word(party["certificates"]["trust"], language))
    for purpose in PURPOSES:
        for one in party["certificates"][purpose]:
            held = certificate_of(one["der"])
            when = f"{one['from'][:10]} … {one['until'][:10]}"
            yield Line(word(purpose, language), f"{held.subject} ({when}) SHA-256 {grouped(held.sha256)}")
    if party["calendar"]:
        yield Line(word("calendar", language), shown(party["calendar"]))
    documents = party["documents"]
    for name in ("authorities", "answers"):
        if documents[name]:
            yield Line(word(name, language), ", ".join(documents[name]))


def _signature(signed: SignedSheet, side: str, language: str) -> Line:
    found = signed.of(side)
    if found is None:
        return Line(word(side, language), word("not_signed", language))
    said = word("signed" if found.covers == "sheet" else "signed_offer", language)
    who, when = found.certificate.subject, shapes.write_instant(found.time)
    return Line(word(side, language), f"{said} {when}: {who}, SHA-256 {grouped(found.certificate.sha256)}")


def text_lines(
    signed: SignedSheet, weak: Sequence[Weakness], language: str = "en", coloured: Callable[[str], str] = str
) -> Iterator[str]:
    """The sheet for a terminal; what is weaker is `coloured`, and marked by a sign, since not everybody sees colours."""
    for one in lines(signed, weak, language):
        if one.heading:
            yield one.word
        else:
            said = f"{one.word}{': ' if one.value else ''}{one.value}"
            yield coloured(f"  !! {said}") if one.bad else f"  {said}"


def document(signed: SignedSheet, weak: Sequence[Weakness]) -> dict[str, Any]:
    """The sheet for --json."""
    sheet = signed.sheet
    return {
        "digest": sheet.digest,
        "body": sheet.body,
        "signed_by": [one for one in SIDES if signed.of(one)],
        "complete": signed.is_complete,
        "weaker": [{"parameter": one.parameter, "profile": one.profile, "agreed": one.agreed} for one in weak],
    }
