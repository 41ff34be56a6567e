"""Lists are imported whole with their days, refused with every bad row, and shown in all their versions."""

from pathlib import Path
from typing import Any

HEAD = "country,location,name,function\n"


def make(n2n: Any, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    assert n2n("init", home, "--party-id", "urn:tw").code == 0
    return home


def test_an_import_is_shown_before_what_came_with_the_node(n2n: Any, tmp_path: Path) -> None:
    home, file = make(n2n, tmp_path), tmp_path / "places.csv"
    file.write_text(f"{HEAD}TW,KHH,Kaohsiung,1-3-----\n")
    done = n2n("--home", home, "codelist", "import", "un-locode", file, "--version", "2026-1", "--from", "2026-07-01", "--json")
    assert (done.code, done.document["entries"], done.document["from"]) == (0, 1, "2026-07-01")
    assert Path(done.document["origin"]) == home / "profiles" / "codelists" / "un-locode" / "2026-1.csv"
    assert "places.csv, sha256 " in done.document["source"]
    rows = n2n("--home", home, "codelist", "list", "--json").document["codelists"]
    shown = {(row["name"], row["version"]): row for row in rows}
    assert shown["un-locode", "2026-1"]["complete"] == "yes"
    assert "TW" in shown["un-locode", "2024-2.part"]["complete"].split()
    assert shown["iso-3166-1", "package"]["entries"] > 240
    assert "2026-1" in n2n("--home", home, "codelist", "list").out


def test_every_bad_row_is_told_and_nothing_is_kept(n2n: Any, tmp_path: Path) -> None:
    home, file = make(n2n, tmp_path), tmp_path / "places.csv"
    file.write_text(f"{HEAD}T,KHH,K,1\nTW,KEL,K,1\nTW,T,K,1\n")
    failed = n2n("--home", home, "codelist", "import", "un-locode", file, "--version", "1", "--from", "2026-07-01")
    assert failed.code == 1
    assert "line 2" in failed.err
    assert "line 4" in failed.err
    assert not (home / "profiles" / "codelists").exists()


def test_days_and_names_are_checked_first(n2n: Any, tmp_path: Path) -> None:
    home, file = make(n2n, tmp_path), tmp_path / "places.csv"
    file.write_text(f"{HEAD}TW,KHH,K,1\n")
    take = ("--home", home, "codelist", "import")
    assert n2n(*take, "un-locode", file, "--version", "1", "--from", "soon").code == 2
    assert n2n(*take, "un-locode", file, "--version", "1", "--from", "2026-07-01", "--to", "2026-06-01").code == 2
    assert n2n(*take, "../out", file, "--version", "1", "--from", "2026-07-01").code == 3
    assert not (home / "profiles" / "codelists").exists()


def test_lists_are_shown_without_a_home(n2n: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert {row["origin"] for row in n2n("codelist", "list", "--json").document["codelists"]} == {"core", "iso3166"}
