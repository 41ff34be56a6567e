"""`n2n reconcile compare`; with seals it is run by the test of the page."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from node.customs.reconciling.nights import manifest_id
from tests.documents import sample
from tests.manifests import NIGHT, THEM, US, entry, mirrored, octets_of, ours, theirs

IGNORE = ("--signatures", "ignore", "--now", "2026-11-20T12:00:00Z")
TW, KR = sample("rec-night-tw"), sample("rec-night-kr")


@pytest.fixture
def pair(tmp_path):
    """A way to write both sides' manifests."""

    def write(mine, other, most=10_000):
        folders = []
        for view, to, name in ((ours(mine, NIGHT), THEM, "ours"), (theirs(other, NIGHT), US, "theirs")):
            folder = tmp_path / name
            folder.mkdir()
            folders.append(folder)
            for number, octets in enumerate(octets_of(view, to, most=most), 1):
                (folder / f"{number:04}.xml").write_bytes(octets)
        return folders

    return write


def test_two_manifests_that_differ_end_with_1_and_say_why_in_both_languages(n2n):
    ended = n2n("reconcile", "compare", TW, KR, *IGNORE)
    lines = ended.out.splitlines()
    assert ended.code == 1
    assert [line[:6] for line in lines[::2][:3]] == ["REC-22", "REC-24", "REC-21"]
    assert "查無" in lines[1]
    assert lines[-1].endswith("5 agree, 3 differ, 0 cannot be told yet")


def test_the_same_as_json(n2n):
    ended = n2n("reconcile", "compare", TW, KR, *IGNORE, "--json")
    told = ended.document
    assert (ended.code, told["us"], told["them"], told["agrees"], told["outcome"]) == (1, US, THEM, False, "AJ")
    assert [(one["what"], one["direction"], one["remedy"], one["actor"]) for one in told["differences"]] == [
        ("missing there", "SENT", "resend", US),
        ("other level", "SENT", "answer again", THEM),
        ("missing here", "RECEIVED", "resend", THEM),
    ]
    assert (told["differences"][1]["ours"], told["differences"][1]["theirs"]) == ("L4 AP", "L4 RE")


def test_both_ways_round_find_the_same(n2n):
    there = n2n("reconcile", "compare", KR, TW, *IGNORE, "--json").document
    here = n2n("reconcile", "compare", TW, KR, *IGNORE, "--json").document
    assert {one["document"] for one in there["differences"]} == {one["document"] for one in here["differences"]}


def test_two_sides_that_agree_end_with_0_whatever_the_number_of_parts(n2n, pair):
    entries = [entry(f"{number}") for number in range(7)]
    folders = pair(entries, map(mirrored, entries), most=3)
    ended = n2n("reconcile", "compare", *folders, *IGNORE)
    assert ended.code == 0
    assert ended.out.endswith(": 7 agree, 0 differ, 0 cannot be told yet\n")


def test_what_cannot_be_told_yet_is_no_difference(n2n, pair):
    folders = pair([entry("a", at=NIGHT.begins)], [])
    ended = n2n("reconcile", "compare", *folders, *IGNORE)
    assert (ended.code, ended.out[:6]) == (0, "REC-25")
    ended = n2n("reconcile", "compare", *folders, *IGNORE, "--grace", "0")
    assert (ended.code, ended.out[:6]) == (1, "REC-22")


def test_a_missing_part_is_told(n2n, pair):
    folders = pair([entry("a"), entry("b")], [], most=1)
    (folders[0] / "0002.xml").unlink()
    ended = n2n("reconcile", "compare", *folders, *IGNORE)
    assert (ended.code, ended.out) == (2, "")
    assert "of 2 parts 1 are missing: 2" in ended.err


def test_a_seal_is_demanded(n2n):
    ended = n2n("reconcile", "compare", TW, KR, *IGNORE[2:])
    assert ended.code == 2
    assert f"{TW}: SIG-01: " in ended.err
    assert f"n2n document check {TW}" in ended.err


def test_a_refused_manifest_is_told_with_every_rule(n2n, tmp_path):
    bad = tmp_path / "bad.xml"
    bad.write_text(TW.read_text().replace("<LevelCode>L3<", "<LevelCode>L0<"))
    ended = n2n("reconcile", "compare", TW, bad, *IGNORE)
    assert ended.code == 2
    assert [line.split(": ")[2] for line in ended.err.splitlines()] == ["REC-09", "REC-08"]


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (TW, TW, "give the two manifests of one pair of authorities"),
        (TW, sample("co-rcep-multi-item"), "is a co.certificate"),
        (TW, "nowhere.xml", "nowhere.xml"),
    ],
)
def test_what_cannot_be_compared_is_wrong_use(n2n, first, second, told):
    ended = n2n("reconcile", "compare", first, second, *IGNORE)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err


def test_an_empty_folder_and_another_period_are_wrong_use(n2n, tmp_path, pair):
    (tmp_path / "empty").mkdir()
    ended = n2n("reconcile", "compare", TW, tmp_path / "empty", *IGNORE)
    assert (ended.code, "no part of a manifest" in ended.err) == (2, True)
    day = NIGHT.ends - NIGHT.begins
    (octets,) = octets_of(theirs([], NIGHT.earlier(day)), US)
    other = tmp_path / "other.xml"
    other.write_bytes(octets)
    ended = n2n("reconcile", "compare", TW, other, *IGNORE)
    assert (ended.code, "give two manifests of one period" in ended.err) == (2, True)


def test_several_nights_of_a_folder_leave_nothing_undecided_between_them(n2n, tmp_path):
    day = NIGHT.ends - NIGHT.begins
    crossing = entry("a", at=NIGHT.begins - timedelta(seconds=1))
    arrived = replace(mirrored(crossing), registered_at=NIGHT.begins + timedelta(seconds=1))
    lost = entry("b", at=NIGHT.begins)
    for side, to, entries in ((ours, THEM, [crossing, lost]), (theirs, US, [arrived])):
        folder = tmp_path / side.__name__
        folder.mkdir()
        for period in (NIGHT.earlier(day), NIGHT):
            (octets,) = octets_of(side(entries, period), to, manifest_id=manifest_id(period))
            (folder / f"{manifest_id(period)}.xml").write_bytes(octets)
    ended = n2n("reconcile", "compare", tmp_path / "ours", tmp_path / "theirs", *IGNORE)
    assert (ended.code, ended.out[:6]) == (1, "REC-22")
    assert ended.out.endswith("2026-11-17T16:00:00.000Z to 2026-11-19T16:00:00.000Z: 1 agree, 1 differ, 0 cannot be told yet\n")
    (octets,) = octets_of(theirs([], NIGHT.earlier(3 * day)), US, manifest_id="other")
    (tmp_path / "theirs" / "other.xml").write_bytes(octets)
    ended = n2n("reconcile", "compare", tmp_path / "ours", tmp_path / "theirs", *IGNORE)
    assert (ended.code, "one ends at 2026-11-16T16:00:00.000Z, the next begins at 2026-11-17T16" in ended.err) == (2, True)


def test_a_folder_is_of_one_pair_of_authorities(n2n, tmp_path):
    for file in (TW, KR):
        shutil.copy(file, tmp_path)
    ended = n2n("reconcile", "compare", tmp_path, KR, *IGNORE)
    assert (ended.code, "manifests of several pairs of authorities" in ended.err) == (2, True)


def test_a_partner_cannot_write_on_the_terminal(n2n, pair):
    folders = pair([], [entry("a\u202e\u0085b")])
    ended = n2n("reconcile", "compare", *folders, *IGNORE)
    assert (ended.code, ended.out[:18]) == (1, "REC-21 Document a ")
    assert "\u202e" not in ended.out


def test_the_folder_may_hold_other_files(n2n, tmp_path):
    folder = tmp_path / "ours"
    folder.mkdir()
    shutil.copy(TW, folder)
    (folder / "note.txt").write_text("from the night shift")
    assert n2n("reconcile", "compare", folder, KR, *IGNORE).code == 1
