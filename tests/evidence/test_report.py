"""The pages of a bundle for people."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from node.evidence.bundle import files_of, redacted
from node.evidence.entry import Clock, Entry, Kind
from node.evidence.manifest import ManifestRefused
from node.evidence.report import offset, particulars, reports
from node.evidence.report_words import OUTCOMES
from node.evidence.words import GOOD
from tests.bundles import BEGAN, NOW, OUT, BundleWorld
from tests.vectors.evidence.make import tamperings

VOID = {"meta"}


class Page(HTMLParser):
    """Checks that every element is closed, and gathers what people read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "pre" not in self.open and "style" not in self.open:
            self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.said)


def pages(world: BundleWorld, evidence=None) -> list[Page]:
    made = reports(files_of(evidence or world.evidence()), NOW)
    assert list(made) == ["report.en.html", "report.zh-Hant.html"]
    return [Page(one.decode()) for one in made.values()]


def test_the_pages_tell_who_what_when_and_what_it_proves() -> None:
    english, chinese = pages(BundleWorld())
    for said in (OUT, "Delivered and provable.", "Received, signed by the partner.", "2026-11-24 08:00:02.000000 UTC",
                 "12 ms ahead of chrony, within 3 ms", "2026-11-24 08:10:00.000000 UTC", "urn:customs, Submit", "2026-11-24T08:00:00Z", "1. ", "6. ",
                 "It does not prove that officers of kr read, understood or accepted the content."):  # fmt: skip
        assert said in english.text
    for said in (OUT, "已送達，且可證明。", "不證明 kr 之人員已閱讀、理解或接受其內容。", "較 chrony 快 12 毫秒"):
        assert said in chinese.text
    assert english.text.count("✔ holds") == chinese.text.count("✔ 成立") > 12
    assert "✘" not in english.text + chinese.text


def test_a_receipt_that_fails_is_told_as_it_is() -> None:
    world = BundleWorld()
    english, chinese = pages(world, world.evidence(world.material(**tamperings(world)[4][2])))
    assert "Acknowledged, and the receipt does not hold." in english.text
    assert "雖有回執，惟不成立。" in chinese.text
    assert english.text.count("✘ FAILS") == 1


def test_nothing_is_asked_of_any_network() -> None:
    for page in pages(BundleWorld()):
        assert not [value for name, value in page.attributes if name in ("src", "href", "action", "data")]
        assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    for octets in reports(files_of(BundleWorld().evidence()), NOW).values():
        style = re.search(rb"<style>(.*?)</style>", octets, re.DOTALL)
        assert style is not None
        assert b"url(" not in style[1] and b"@import" not in style[1]
        assert b"@media print" in style[1]
        assert b"<script" not in octets


def test_what_partners_write_is_shown_and_never_run() -> None:
    world = BundleWorld()
    evidence = world.evidence()
    evil = replace(evidence, made_by="<script>alert(1)</script>")
    for octets in reports(files_of(evil), NOW).values():
        assert b"<script" not in octets
        assert b"&lt;script&gt;" in octets


HOSTILE = "m1\x1b[2J\u202e\u2066\x9b\x00\u200b<img src=x onerror=alert(1)>&{partner}'\"@tw"


def test_what_nobody_sees_and_what_turns_the_writing_stands_by_its_number() -> None:
    world = BundleWorld()
    evidence = world.evidence()
    exchanges = tuple(replace(one, message_id=HOSTILE, partner=HOSTILE) for one in evidence.exchanges)
    evil = replace(evidence, made_by=HOSTILE, exchanges=exchanges, scope={"messages": [HOSTILE]})
    for octets in reports(files_of(evil), NOW).values():
        text = octets.decode()
        assert all(one.isprintable() or one == "\n" for one in text)
        assert "[U+001B][2J[U+202E][U+2066][U+009B][U+0000][U+200B]&lt;img src=x onerror=alert(1)&gt;&amp;{partner}" in text
        assert "<img" not in text
        assert Page(text)


def test_the_redacted_page_says_so() -> None:
    english, chinese = pages(BundleWorld(), redacted(BundleWorld().evidence()))
    assert "Payloads were left out" in english.text
    assert "not in this copy" in english.text
    assert "不在本副本內" in chinese.text


def test_offsets_in_words() -> None:
    clock = Clock(-7, 2, "ntp.example", BEGAN)
    assert offset(clock, 0) == "7 ms behind ntp.example, within 2 ms, asked at 2026-11-24 08:00:00.000000 UTC"
    assert offset(None, 1) == "未曾查詢參考時鐘"


def test_without_a_manifest_there_is_nothing_to_tell() -> None:
    with pytest.raises(ManifestRefused):
        reports({"manifest.json": b"{}"}, NOW)


def test_every_check_that_holds_has_its_sentence_on_the_page() -> None:
    english, _ = pages(BundleWorld())
    assert GOOD["consistency.good"][0].split("{")[0] in english.text


def test_what_the_bundle_is_about_and_that_it_tells_of_nothing_else() -> None:
    world = BundleWorld()
    evidence = world.evidence()
    many = len(evidence.exchanges)
    for page, said in zip(
        pages(world),
        (f"It is about {many} messages that whoever made it has chosen.", f"製作者所選之訊息 {many} 筆"),
        strict=True,
    ):
        assert said in page.text
    scope = {"partner": "kr", "from": "1970-01-01T00:00:00.000000Z", "to": "2026-11-25T00:00:00.000000Z"}
    english, chinese = pages(world, replace(evidence, scope=scope))
    assert f"exchanged with kr from the beginning up to 2026-11-25 00:00:00.000000 UTC: {many} messages." in english.text
    assert "That there were no others cannot be seen from it" in english.text
    assert "其間別無其他訊息一事，無從自本檔得知" in chinese.text
    assert "All times are in UTC" in english.text and "較臺北時間慢 8 小時" in chinese.text
    later = replace(evidence, scope={**scope, "from": "2026-11-24T00:00:00.000000Z"})
    assert "from 2026-11-24 00:00:00.000000 UTC up to" in pages(world, later)[0].text


def test_what_is_said_to_stand_above_stands_above() -> None:
    """The words of each outcome are read behind the table of what happened when."""
    for outcome in OUTCOMES.values():
        for english, chinese in outcome:
            assert "below" not in english and "下列" not in chinese
    (page, _) = pages(BundleWorld())
    assert page.text.index("What happened when") < page.text.index("that it had them at the time above, its log says")


def test_what_an_attempt_brought_and_who_acted_and_why_is_told() -> None:
    world = BundleWorld()
    material = world.material()
    told = [
        replace(one, facts={"event": "ATTEMPT_FAILED", "detail": "the receipt lists no digests"})
        if one.kind is Kind.ATTEMPTED
        else one
        for one in material.entries
    ]
    english, chinese = pages(world, world.evidence(replace(material, entries=told)))
    assert "Entry 3: ATTEMPT_FAILED: the receipt lists no digests" in english.text
    assert "紀錄 3: ATTEMPT_FAILED: the receipt lists no digests" in chinese.text
    acted = Entry(Kind.ACTED, BEGAN, facts={"who": "lin", "what": "hold", "why": "case 7"})
    assert particulars(acted, 0) == "lin: hold (case 7)"
    assert particulars(Entry(Kind.PACKAGED, BEGAN), 0) == ""


@pytest.mark.parametrize(
    ("timeliness", "age_ms", "english", "chinese"),
    [
        ("ahead", -600_000, "600.000 s after it came by the clock of the node: more than was agreed", "晚於到達時間 600.000 秒"),
        ("stale", 600_000, "600.000 s before it came: more than was agreed", "早於到達時間 600.000 秒"),
        ("unreadable", None, "which is no time", "並非時間"),
    ],
)
def test_a_partner_whose_clock_is_wrong_is_told(timeliness: str, age_ms: int | None, english: str, chinese: str) -> None:
    time = {"timestamp": "2026-11-24T08:00:00Z", "age_ms": age_ms, "timeliness": timeliness}
    entry = Entry(Kind.RECEIVED, BEGAN, facts={"time": time})
    for zh, said in enumerate((english, chinese)):
        assert said in particulars(entry, zh) and "2026-11-24T08:00:00Z" in particulars(entry, zh)
    timely = Entry(Kind.RECEIVED, BEGAN, facts={"time": {**time, "timeliness": "timely"}})
    assert particulars(timely, 0) == ""
