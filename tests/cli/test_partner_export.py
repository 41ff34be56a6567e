"""`partner export`: an agreement as another product's file, and what it cannot say."""

from pathlib import Path
from typing import Any

import pytest

from tests.homes import Side, make_pair


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Side, Side]:
    return make_pair(tmp_path)


@pytest.mark.parametrize(("form", "first"), [("domibus", b"<?xml"), ("cppa3", b"<?xml"), ("phase4", b"[")])
def test_one_file(n2n: Any, pair: tuple[Side, Side], tmp_path: Path, form: str, first: bytes) -> None:
    tw, _ = pair
    words = ("--home", tw.folder, "partner", "export", "kr", "--format", form, "--our-url", tw.url)
    ended = n2n(*words, "-o", tmp_path / "out")
    assert ended.code == 0, ended.err
    assert (tmp_path / "out").read_bytes().startswith(first)
    assert "NOT SAID BY THE FILE" in ended.err
    assert n2n(*words).out.encode().startswith(first)


def test_a_folder_of_pmodes(n2n: Any, pair: tuple[Side, Side], tmp_path: Path) -> None:
    words = ("--home", pair[0].folder, "partner", "export", "kr", "--format", "holodeck")
    assert n2n(*words).code == 2
    ended = n2n(*words, "-o", tmp_path / "pmodes", "--json")
    assert ended.code == 0, ended.err
    assert sorted(Path(one).name for one in ended.document["files"]) == sorted(
        one.name for one in (tmp_path / "pmodes").iterdir()
    )
    (tmp_path / "file").touch()
    assert n2n(*words, "-o", tmp_path / "file").code == 8


@pytest.mark.parametrize("form", ["domibus", "holodeck", "cppa3", "phase4"])
def test_the_partner_imports_what_we_export(n2n: Any, pair: tuple[Side, Side], tmp_path: Path, form: str) -> None:
    tw, kr = pair
    out = tmp_path / ("pmodes" if form == "holodeck" else "out")
    n2n("--home", tw.folder, "partner", "export", "kr", "--format", form, "--our-url", tw.url, "-o", out)
    imported = n2n("--home", kr.folder, "partner", "import", out, "--as", "tw-again", "--json")
    assert imported.code == 0, imported.err
    (draft,) = imported.document["drafts"]
    compared = n2n("--home", kr.folder, "partner", "compare", "tw", Path(draft["folder"]) / "agreement.toml", "--json")
    differing = {one["key"] for one in compared.document["rows"] if one["matters"]}
    # The certificates are elliptic, of which Domibus and its policies know little.
    assert compared.code == (1 if differing else 0)
    assert differing <= {
        "leg.x.encryption.key_transport",
        "leg.x.encryption.kdf",
        "leg.x.encryption.key_identifier",
        "partner.url",
    }


def test_the_account_in_json(n2n: Any, pair: tuple[Side, Side]) -> None:
    document = n2n("--home", pair[0].folder, "partner", "export", "kr", "--format", "domibus", "--json").document
    assert list(document["files"]) == ["pmode.xml"]
    assert {"parameter", "value", "reason"} == set(document["lost"][0])


def test_a_partner_that_is_not_there(n2n: Any, pair: tuple[Side, Side]) -> None:
    ended = n2n("--home", pair[0].folder, "partner", "export", "jp", "--format", "domibus")
    assert ended.code == 7
    assert n2n("--home", pair[0].folder, "partner", "export", "kr", "--format", "x").code == 2
