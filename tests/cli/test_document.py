"""`n2n document check`, as judges and samples call it."""

import json

import pytest

from tests.documents import sample

IGNORE = ("--signatures", "ignore", "--now", "2026-11-20T12:00:00Z")


def judged(n2n, file, *words):
    ended = n2n("document", "check", file, *IGNORE, *words)
    return ended.code, json.loads(ended.out)


def test_a_good_document_is_accepted(n2n):
    assert judged(n2n, sample("co-rcep-multi-item")) == (
        0,
        {"type": "co.certificate", "accepted": True, "outcome": "AP", "findings": []},
    )


def test_a_warning_is_told_and_accepts(n2n):
    code, told = judged(n2n, sample("man-sea-amendment"), "--prior", sample("man-sea-amendment").with_suffix(".prior"))
    assert (code, told["outcome"], [one["rule"] for one in told["findings"]]) == (0, "CA", ["MAN-16"])


def test_a_bad_document_is_refused_with_rule_place_and_both_languages(n2n):
    code, told = judged(n2n, sample("co-hs-too-short", "bad"))
    (found,) = told["findings"]
    assert (code, told["accepted"], told["outcome"]) == (1, False, "RE")
    assert (found["rule"], found["severity"], found["stage"]) == ("CO-08", "F", 6)
    assert found["location"] == "/CertificateOfOrigin/GoodsItem[1]/Classification/ID"
    assert found["args"] == ["540752", "2022"]
    assert "540752" in found["en"]
    assert "540752" in found["zh"]


def test_profiles_of_a_folder_come_first(n2n, tmp_path):
    from node.library import shipped_documents

    strict = json.loads((shipped_documents() / "n2n-co" / "profiles" / "rcep.1.json").read_text())
    strict["typeCodes"] = ["862"]
    (tmp_path / "rcep.1.json").write_text(json.dumps(strict))
    code, told = judged(n2n, sample("co-rcep-multi-item"), "--profiles", tmp_path)
    assert (code, [one["rule"] for one in told["findings"]]) == (1, ["CO-28"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("no-such-file.xml",), "no-such-file.xml"),
        (("--prior", "nowhere"), "is no folder"),
        (("--now", "yesterday"), "is no instant"),
        (("--profiles", "nowhere"), "is no folder"),
        (("--signatures", "maybe"), "maybe"),
    ],
)
def test_wrong_use_ends_with_2(n2n, words, told):
    file = [] if words[0].endswith(".xml") else [sample("co-query")]
    ended = n2n("document", "check", *file, *words)
    assert ended.code == 2
    assert told in ended.err


def test_a_prior_that_cannot_have_been_accepted_is_told(n2n, tmp_path):
    (tmp_path / "a.xml").write_text("<a/>")
    ended = n2n("document", "check", sample("co-query"), "--prior", tmp_path)
    assert ended.code == 2
    assert "a.xml: unknown document type" in ended.err


def test_what_no_list_knows_is_a_remark_and_no_finding(n2n, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "elsewhere.xml"
    file.write_text(sample("co-rcep-multi-item").read_text("utf-8").replace("VNHPH", "USZZZ"))
    ended = n2n("document", "check", file, *IGNORE)
    assert (ended.code, json.loads(ended.out)["findings"]) == (0, [])
    assert ended.err == "remark: un-locode does not say whether USZZZ exists; n2n codelist import un-locode would\n"
    file.write_text(sample("co-rcep-multi-item").read_text("utf-8").replace("VNHPH", "VNZZZ"))
    code, told = judged(n2n, file)
    assert (code, [one["rule"] for one in told["findings"]]) == (1, ["CO-16"])


def test_a_code_of_another_edition_is_told_with_what_it_became(n2n, tmp_path):
    file = tmp_path / "older.xml"
    file.write_text(sample("co-rcep-multi-item").read_text("utf-8").replace("<ID>846693<", "<ID>030510<"))
    code, told = judged(n2n, file)
    (found,) = told["findings"]
    assert (code, told["outcome"], found["rule"], found["args"]) == (0, "CA", "CO-22", ["030510", "2017: 030910; 2012: 030910"])
    file.write_text(sample("co-rcep-multi-item").read_text("utf-8").replace("<ID>846693<", "<ID>392499<"))
    assert [one["rule"] for one in judged(n2n, file)[1]["findings"]] == ["CO-08"]
