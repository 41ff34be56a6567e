"""Two fresh nodes become partners by signed files, and say what is wrong where it is."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from node.keyring.demo_authority import DemoAuthority
from node.security.certificates import load_certificates
from node.sheets.fingerprint import grouped
from tests.bars.nodes import Process
from tests.homes import ACTION, SERVICE, agree
from tests.two_homes import OFFER, PROFILE, Two


@pytest.fixture
def two(tmp_path: Path, n2n: Any) -> Two:
    return Two(tmp_path, n2n)


@pytest.fixture
def serving(two: Two) -> Iterator[Any]:
    started: list[Process] = []

    def start() -> None:
        started.extend(Process(side.folder) for side in (two.tw, two.kr))

    yield start
    for one in started:
        one.stop()


def test_two_fresh_nodes_are_partners_after_two_commands_and_one_and_exchange_a_message(two: Two, n2n: Any, serving: Any) -> None:
    two.agree()
    serving()
    for side, other in ((two.tw, "kr"), (two.kr, "tw")):
        pinged = two.run(side, "ping", other)
        assert (pinged.code, pinged.document["answered"]) == (0, True), pinged.err
    document = two.file("certificate.xml")
    document.write_text("<certificate/>")
    sent = n2n("--home", two.tw.folder, "submit", "--partner", "kr", "--action", ACTION, document, "--wait", "30", "--json")
    assert sent.code == 0, sent.err


def test_nothing_is_signed_without_the_fingerprint_of_the_other_side(two: Two) -> None:
    offer = two.file("offer.json")
    assert two.run(two.tw, "offer", "--out", offer, *OFFER).code == 0
    for said in ("", two.print_of(two.kr), two.print_of(two.tw)[:9]):
        ended = two.run(two.kr, "accept", offer, "--as", "tw", "--fingerprint", said)
        assert ended.code == 8
        (error,) = json.loads(ended.err)["errors"]
        assert two.print_of(two.tw) in error["problem"]
    assert not (two.kr.folder / "accepted.json").exists()


def test_the_offer_and_its_acceptance_are_shown_with_what_to_read_out(two: Two, n2n: Any) -> None:
    told = two.run(two.tw, "offer", "kr", "--out", two.file("offer.json"), "--title", "Origin", *OFFER).document
    assert told["our_fingerprint"].startswith(two.print_of(two.tw))
    assert (told["state"], told["signed_by"], told["weaker"]) == ("OFFERED", ["a"], [])
    words = ("accept", two.file("offer.json"), "--as", "tw", "--fingerprint", two.print_of(two.tw), "--out", two.file("a.json"))
    out = n2n("--home", two.kr.folder, "partner", *words).out
    assert "tw: version 1 is ACTIVE" in out
    assert f"our fingerprint, to be read out over the telephone: {two.print_of(two.kr)}" in out
    assert "n2n partner activate a.json" in out


def test_what_is_no_sheet_is_refused_with_its_places(two: Two) -> None:
    file = two.file("bad.json")
    file.write_text('{"body": {"format": "x"}, "signatures": []}')
    ended = two.run(two.kr, "accept", file, "--as", "tw")
    assert ended.code == 1
    assert {"where": "sheet: body.format", "problem": "must be one of n2n-agreement/1", "remedy": ""} in json.loads(ended.err)[
        "errors"
    ]


def test_a_standard_name_is_not_written_over(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(two.root)
    assert two.run(two.tw, "offer", *OFFER).code == 0
    ended = two.run(two.tw, "offer", *OFFER)
    assert (ended.code, "is there already" in ended.err) == (8, True)


def test_terms_in_a_file_are_countered_and_proposed(two: Two) -> None:
    terms, ours = two.file("terms.toml"), two.file("ours.toml")
    terms.write_text(f'profile = "{PROFILE}"\n[[service]]\nvalue = "{SERVICE}"\nactions = ["{ACTION}"]\ndirection = "send"\n')
    ours.write_text('[ladder]\nL1 = "15m"\n')
    offer, counter, accepted = (two.file(f"{one}.json") for one in ("offer", "counter", "accepted"))
    assert two.run(two.tw, "offer", "kr", "--terms", terms, "--out", offer).code == 0
    told = ("--fingerprint", two.print_of(two.tw))
    assert two.run(two.kr, "counter", offer, "--as", "tw", *told, "--terms", ours, "--out", counter).code == 0
    assert two.run(two.tw, "accept", counter, "--fingerprint", two.print_of(two.kr), "--out", accepted).code == 0
    ended = two.run(two.kr, "activate", accepted, *told)
    assert (ended.code, ended.document["state"]) == (0, "ACTIVE"), ended.err
    proposed = two.run(two.kr, "propose", "tw", two.write("title.toml", 'title = "Origin"\n'), "--out", two.file("v2.json"))
    assert (proposed.code, proposed.document["version"], proposed.document["risk"]) == (0, 2, "low"), proposed.err
    terms.write_text("title = ")
    assert two.run(two.kr, "propose", "tw", terms, "--out", two.file("v3.json")).code == 3


def test_a_first_sheet_says_what_it_changes_of_the_file_and_waits_for_a_second_person(two: Two, n2n: Any) -> None:
    agree(two.kr, two.tw, trust="pinned")
    offer = two.file("offer.json")
    assert two.run(two.tw, "offer", "--out", offer, "--url", "https://as4.tw.example/as4", *OFFER).code == 0
    said = f"  high: partner.url: {two.tw.url} -> https://as4.tw.example/as4: messages go to an address where nobody waits"
    looked = n2n("--home", two.kr.folder, "partner", "accept", offer, "--as", "tw", "--dry-run").out
    assert "it takes the place of partners/tw/agreement.toml, and changes:" in looked
    assert said in looked
    words = ("--as", "tw", "--fingerprint", two.print_of(two.tw), "--out", two.file("a.json"), "--who", "ann")
    out = n2n("--home", two.kr.folder, "partner", "accept", offer, *words).out
    assert said in out
    assert "tw: version 1 is ACCEPTED; its risk is high, and only one person has seen it" in out
    approved = two.run(two.kr, "approve", "tw", 1, "--who", "ben").document
    assert (approved["state"], approved["risk"]) == ("ACTIVE", "high")


def test_where_the_file_cannot_be_written_nothing_is_signed(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(two.root)
    offer, taken = two.file("offer.json"), two.write("accepted.json", "another")
    two.run(two.tw, "offer", "kr", "--out", offer, *OFFER)
    before = offer.read_bytes()
    said = ("accept", offer, "--as", "tw", "--fingerprint", two.print_of(two.tw))
    for out, code in (((), 8), (("--out", offer), 8), (("--out", two.root / "none" / "a.json"), 2), (("--out", two.root), 2)):
        assert two.run(two.kr, *said, *out).code == code, out
    assert (offer.read_bytes(), taken.read_text()) == (before, "another")
    assert two.run(two.kr, "versions", "tw").code == 7
    # Said twice it writes the same file again.
    files = [two.file("first.json"), two.file("second.json")]
    assert [two.run(two.kr, *said, "--out", one).code for one in files] == [0, 0]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_file_that_was_re_serialised_on_its_way_is_the_same_sheet(two: Two) -> None:
    offer = two.file("offer.json")
    two.run(two.tw, "offer", "kr", "--out", offer, *OFFER)
    octets = offer.read_bytes()
    one_line = json.dumps(json.loads(octets), separators=(",", ":")).encode()
    for changed in (b"\xef\xbb\xbf" + octets, octets.replace(b"\n", b"\r\n"), one_line):
        offer.write_bytes(changed)
        assert two.run(two.kr, "accept", offer, "--as", "tw", "--dry-run").code == 0


def test_a_name_in_a_certificate_cannot_hide_the_fingerprint_beside_it(two: Two, n2n: Any) -> None:
    hostile = DemoAuthority(datetime.now(UTC)).issue("tw\x1b[2K\x9b1A\u202e\n  Compare by telephone: 0000-0000", "ecdsa", "sign")
    (two.tw.folder / "certs" / "own" / "sign.pem").write_bytes(hostile.private_key + hostile.certificate)
    offer, page = two.file("offer.json"), two.file("tw.html")
    assert two.run(two.tw, "offer", "kr", "--out", offer, *OFFER).code == 0
    (certificate,) = load_certificates(hostile.certificate)
    shown = []
    for words in (("--as", "tw"), ("--as", "tw", "--dry-run"), ("--as", "tw", "--fingerprint", certificate.sha256)):
        ended = n2n("--home", two.kr.folder, "partner", "accept", offer, *words, "--out", two.file("accepted.json"))
        shown += [*ended.out.splitlines(), *ended.err.splitlines()]
    n2n("--home", two.kr.folder, "partner", "show", "tw", "--html", page)
    shown += page.read_text("utf-8").splitlines()
    assert [one for one in shown if not one.replace("\t", "").isprintable()] == []
    assert not any(one.strip().startswith("Compare by telephone") for one in shown)
    assert any(grouped(certificate.sha256) in one for one in shown)
