"""What commands about versions of an agreement have in common."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.cli.problems import CommandFailed, ExitCode
from node.cli.sheet_steps import change_lines, change_row, check_out, moment, times
from node.sheets.changes import Change
from node.sheets.effects import Effect, Risk


def test_no_end_is_another_thing_than_none_said() -> None:
    said, unending, unsaid = times("", "2027-01-01T00:00Z", "24h", ""), times("", "Never", "24h", ""), times("", "", "24h", "")
    assert (said.until, said.unending) == (datetime(2027, 1, 1, tzinfo=UTC), False)
    assert (unending.until, unending.unending) == (None, True)
    assert (unsaid.until, unsaid.unending) == (None, False)


def test_an_instant_that_is_none_is_told_with_its_option() -> None:
    assert moment("--from", "") is None
    with pytest.raises(CommandFailed) as failed:
        moment("--from", "soon")
    assert (failed.value.code, failed.value.told[0].where) == (ExitCode.USAGE, "--from")


def test_a_file_is_written_over_only_where_it_was_named_and_never_the_one_that_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    came = tmp_path / "offer.json"
    came.write_text("{}")
    check_out(came, "accepted.json")
    check_out(None, "accepted.json", came)
    for out, standard, taking, said in (
        (None, "offer.json", None, "is there already"),
        (came, "accepted.json", came, "is the file that came"),
        (tmp_path, "accepted.json", None, "cannot be written"),
        (tmp_path / "none" / "x.json", "accepted.json", None, "cannot be written"),
    ):
        with pytest.raises(CommandFailed, match=said):
            check_out(out, standard, taking)


def test_the_riskiest_change_is_told_first() -> None:
    low, high = (Change(path, 1, 2, Effect(risk, "does it", "會")) for path, risk in (("a", Risk.LOW), ("b", Risk.HIGH)))
    assert change_lines([low, high], "version 1") == [
        "it takes the place of version 1, and changes:",
        "  high: b: 1 -> 2: does it",
        "  low: a: 1 -> 2: does it",
    ]
    assert change_lines([], "version 1") == ["it changes nothing of version 1"]
    assert change_lines([low], "") == []
    assert (change_row(low)["path"], change_row(low)["risk"]) == ("a", "low")
