"""`n2n directory list` and `n2n directory find`."""

from pathlib import Path
from typing import Any

import pytest

from node.discovery.metadata import AS4
from tests.customs_pair import make_customs_pair
from tests.homes import Side

WHO = "iso6523-actorid-upis::0158:TW-CUSTOMS"


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Side, Side]:
    return make_customs_pair(tmp_path)


def test_who_sends_and_receives_what(n2n: Any, pair: tuple[Side, Side]) -> None:
    found = n2n("--home", pair[0].folder, "directory", "list", "--json").document["types"]
    (one,) = [line for line in found if line["type"] == "co.certificate"]
    assert (one["partner"], one["we_send"], one["we_receive"]) == ("kr", True, True)
    (answers,) = n2n("--home", pair[0].folder, "directory", "list", "--type", "aeo.query", "--json").document["types"]
    assert answers["type"] == "aeo.query"
    assert "co.certificate" in n2n("--home", pair[0].folder, "directory", "list").out


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_what_one_home_publishes_the_other_finds(n2n: Any, pair: tuple[Side, Side], version: str) -> None:
    tw, kr = pair
    published = n2n(
        *("--home", tw.folder, "directory", "publish", WHO, "--url", "https://as4.tw.example/as4", "--out", tw.folder / "smp"),
        *("--version", version, "--json"),
    ).document["files"]
    (file,) = [one for one in published if one.endswith("/co.certificate")]
    (kr.folder / "discovery.toml").write_text('anchors = ["ca"]\n')
    asked = ("--home", kr.folder, "directory", "find", WHO, "co.certificate", "--file", file)
    answer = n2n(*asked, "--save", kr.folder / "found", "--json")
    (endpoint,) = answer.document["endpoints"]
    assert (endpoint["url"], endpoint["transport_profile"], endpoint["counts_now"]) == ("https://as4.tw.example/as4", AS4, True)
    assert endpoint["processes"] == ["urn:n2n:customs:svc:co"]
    (pem,) = answer.document["files"]
    assert Path(pem).read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
    assert "https://as4.tw.example/as4" in n2n(*asked).out
    assert n2n(*asked, "--transport", "other").code == 1
    assert "asked for s::x, answered for" in n2n(*asked[:4], "s::x", *asked[5:]).err


def test_what_was_changed_or_is_signed_by_nobody_we_know_is_refused(n2n: Any, pair: tuple[Side, Side], tmp_path: Path) -> None:
    tw, kr = pair
    where = ("--url", "https://as4.tw.example/as4", "--out", tmp_path / "smp", "--json")
    file = Path(n2n("--home", tw.folder, "directory", "publish", WHO, *where).document["files"][0])
    what = file.name
    asked = ("--home", kr.folder, "directory", "find", WHO, what, "--file", file)
    # Without anchors nobody is believed.
    assert (n2n(*asked).code, "is not among the anchors" in n2n(*asked).err) == (5, True)
    (kr.folder / "discovery.toml").write_text('anchors = ["ca"]\n')
    assert n2n(*asked).code == 0
    file.write_bytes(file.read_bytes().replace(b"as4.tw", b"as4.xx"))
    assert "the signature does not hold" in n2n(*asked).err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("find", "s::", "x"), 2, "is no identifier"),
        (("find", WHO, "x", "--process", ""), 7, "names no publisher for it"),
        (("find", WHO, "x"), 7, "names no publisher for it"),
    ],
)
def test_what_cannot_be_asked_is_told(n2n: Any, pair: tuple[Side, Side], words: tuple[str, ...], code: int, said: str) -> None:
    answer = n2n("--home", pair[0].folder, "directory", *words)
    assert (answer.code, said in answer.err) == (code, True), answer.err
