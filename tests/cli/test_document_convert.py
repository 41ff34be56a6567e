"""`n2n document convert`: there, back, and every loss on standard error."""

import json
import re
from pathlib import Path

import pytest

GOOD = Path(__file__).parents[2] / "profiles" / "documents"
CERTIFICATE = GOOD / "n2n-co" / "samples" / "good" / "co-rcep-multi-item.xml"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def losses(ended):
    return [json.loads(line) for line in ended.err.splitlines()]


def test_a_certificate_goes_to_ubl_and_back(n2n, tmp_path):
    out = n2n("document", "convert", CERTIFICATE, "--to", "ubl", "--out", tmp_path / "ubl")
    assert out.code == 0
    assert out.out == f"{tmp_path / 'ubl' / '0001.xml'}\n"
    assert [loss["location"] for loss in losses(out)] == ["/CertificateOfOrigin/Invoice/Amount"]
    assert losses(out)[0]["value"] == "86420.00 USD"
    back = n2n("document", "convert", tmp_path / "ubl" / "0001.xml", "--to", "canonical", "--out", tmp_path / "back", "--json")
    assert (back.code, back.document["files"]) == (0, [str(tmp_path / "back" / "0001.xml")])
    checked = n2n("document", "check", tmp_path / "back" / "0001.xml", "--signatures", "ignore", "--now", "2026-11-20T12:00:00Z")
    assert (checked.code, checked.document["findings"]) == (0, [])


def test_a_manifest_goes_to_the_wco_model(n2n, tmp_path):
    sample = GOOD / "n2n-man" / "samples" / "good" / "man-air.xml"
    out = n2n("document", "convert", sample, "--to", "wco-dms", "--out", tmp_path / "wco")
    assert out.code == 0
    assert "goes with the message" in {loss["note"] for loss in losses(out)}


def test_a_comment_cuts_no_text_in_two(n2n, tmp_path):
    file = tmp_path / "comment.xml"
    file.write_text(CERTIFICATE.read_text("utf-8").replace("SAKURA MERIDIAN", "SAKURA<!-- x --> MERIDIAN"))
    assert n2n("document", "convert", file, "--to", "ubl", "--out", tmp_path / "ubl").code == 0
    assert "<cbc:VesselName>SAKURA MERIDIAN</cbc:VesselName>" in (tmp_path / "ubl" / "0001.xml").read_text("utf-8")


def test_our_own_form_stays_what_it_is(n2n, tmp_path):
    assert n2n("document", "convert", CERTIFICATE, "--to", "canonical", "--out", tmp_path / "same").code == 0
    assert (tmp_path / "same" / "0001.xml").read_bytes() == CERTIFICATE.read_bytes()


def test_nothing_is_written_when_something_is_missing(n2n, tmp_path):
    broken = tmp_path / "broken.xml"
    broken.write_text(CERTIFICATE.read_text("utf-8").replace("<VersionID>1</VersionID>", ""))
    out = n2n("document", "convert", broken, "--to", "ubl", "--out", tmp_path / "none")
    assert out.code == 1
    assert {"problem": "/CertificateOfOrigin: VersionID is needed and missing"} in losses(out)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("text", "to", "code", "said"),
    [
        (None, "edifact", 2, "there are canonical, ubl, wco-dms"),
        ("<x/>", "canonical", 2, "no map reads x"),
        ("<!DOCTYPE x><x/>", "ubl", 1, "no safe XML"),
        ("UNB+UNOC:3'", "ubl", 2, "an interchange becomes canonical first"),
        (None, "cuscar", 1, "only a cargo report goes out as CUSCAR"),
    ],
)
def test_what_cannot_be_is_told(n2n, tmp_path, text, to, code, said):
    file = CERTIFICATE
    if text is not None:
        file = tmp_path / "x.xml"
        file.write_text(text)
    ended = n2n("document", "convert", file, "--to", to, "--out", tmp_path / "none")
    assert (ended.code, said in ended.err) == (code, True)
    assert not (tmp_path / "none").exists()


def test_an_interchange_becomes_its_twin_and_goes_back(n2n, tmp_path):
    manifests = GOOD / "n2n-man" / "samples" / "good"
    inward = n2n("document", "convert", manifests / "cuscar-sea.edi", "--to", "canonical", "--out", tmp_path)
    assert inward.code == 0, inward.err
    assert (tmp_path / "0001.xml").read_bytes() == (manifests / "cuscar-sea.xml").read_bytes()
    outward = n2n("document", "convert", tmp_path / "0001.xml", "--to", "cuscar", "--out", tmp_path)
    assert (outward.code, outward.err) == (0, "")
    again = n2n("document", "convert", tmp_path / "0001.edi", "--to", "canonical", "--out", tmp_path / "again")
    assert again.code == 0
    same = (tmp_path / "again" / "0001.xml").read_text(), (tmp_path / "0001.xml").read_text()
    assert len({re.sub(r"<MessageID>[^<]*", "", text) for text in same}) == 1


def test_a_broken_interchange_is_told_and_nothing_is_written(n2n, tmp_path):
    text = (GOOD / "n2n-man" / "samples" / "good" / "cuscar-sea.edi").read_text()
    (tmp_path / "broken.edi").write_text(text.replace("DTM+137", "FTX+AAI+++Hello'\nDTM+137", 1))
    ended = n2n("document", "convert", tmp_path / "broken.edi", "--to", "canonical", "--out", tmp_path / "out")
    assert ended.code == 1
    # The count of segments is wrong now.
    assert '"EDI-01"' in ended.err
    assert not (tmp_path / "out").exists()
