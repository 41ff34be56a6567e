"""Packs on the disk: shipped, active, being written."""

from datetime import UTC, datetime

import pytest

from node.cli.pack_new import write_pack
from node.codelists import open_lists
from node.configuration import ConfigurationError
from node.library import activate, digest_of, open_pack, open_packs, pack_folders, read_files, read_profiles, shipped_documents

AT = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def folder(home):
    made = home / "profiles" / "documents" / "inspection"
    write_pack(made, "inspection", "inspection.certificate", "urn:example:inspection:1", "Inspection")
    return made


def states(home):
    return {(one.folder.name, one.state) for one in pack_folders(home) if one.state != "shipped"}


def types(home):
    return {definition.id for definition in open_packs(home, open_lists(home)).types()}


def test_the_shipped_packs_are_used_without_a_home():
    assert {"co.certificate", "aeo.recordset", "man.cargo-report", "gen.response"} <= types(None)


def test_what_is_being_written_is_not_used(home, folder):
    assert states(home) == {("inspection", "home")}
    assert "inspection.certificate" not in types(home)


def test_what_was_made_active_is_used_as_it_was(home, folder):
    copy = activate(folder, home, AT)
    assert states(home) == {("inspection-1.0", "active"), ("inspection", "home")}
    assert "inspection.certificate" in types(home)
    (folder / "pack.toml").write_text("broken")
    assert "inspection.certificate" in types(home)
    assert {one.since for one in pack_folders(home) if one.folder == copy} == {"2026-11-20T00:00:00+00:00"}


def test_activating_the_same_again_changes_nothing(home, folder):
    first = activate(folder, home, AT)
    before = read_files(first)
    assert activate(folder, home, AT.replace(year=2027)) == first
    assert read_files(first) == before


def test_another_content_needs_another_version(home, folder):
    activate(folder, home, AT)
    rules = folder / "rules" / "inspection.toml"
    rules.write_text(rules.read_text().replace("has ended", "had ended"))
    with pytest.raises(ConfigurationError, match="of inspection is active with other content; raise `version`"):
        activate(folder, home, AT)
    pack = folder / "pack.toml"
    pack.write_text(
        pack.read_text().replace('version = "1.0"', 'version = "1.1"').replace("from = 2026-01-01", "from = 2026-07-01")
    )
    activate(folder, home, AT)
    assert states(home) >= {("inspection-1.0", "active"), ("inspection-1.1", "active")}
    library = open_packs(home, open_lists(home))
    latest = library.named("inspection.certificate")
    days = [datetime(2026, month, 1, tzinfo=UTC).date() for month in (6, 7)]
    texts = [library.on(latest, day).rules[0].text.en.split()[3] for day in days]
    assert texts == ["ended", "ended"]
    assert [library.on(latest, day) is latest for day in days] == [False, True]


def test_an_active_copy_is_not_for_editing(home, folder):
    copy = activate(folder, home, AT)
    rules = copy / "rules" / "inspection.toml"
    rules.write_text(rules.read_text() + "\n")
    with pytest.raises(ConfigurationError, match="has changed since it was made active"):
        open_packs(home, open_lists(home))


def test_a_crash_while_copying_leaves_nothing_active(home, folder, monkeypatch):
    def fail(*_):
        raise OSError("no space")

    monkeypatch.setattr("node.library.sync", fail)
    with pytest.raises(OSError, match="no space"):
        activate(folder, home, AT)
    monkeypatch.undo()
    assert states(home) == {("inspection", "home")}
    activate(folder, home, AT)
    assert ("inspection-1.0", "active") in states(home)


def test_every_problem_of_a_pack_is_told_with_its_file(folder):
    (folder / "profiles" / "inspection.1.json").write_text("{")
    (folder / "types" / "inspection.certificate.toml").write_text("rots = 1")
    with pytest.raises(ConfigurationError) as error:
        open_pack(folder)
    told = str(error.value)
    assert "inspection/profiles/inspection.1.json: not JSON" in told
    assert "inspection/types/inspection.certificate.toml: rots is no key of a type" in told


def test_hidden_files_do_not_belong_to_a_pack(folder):
    before = digest_of(read_files(folder))
    (folder / ".notes").write_text("x")
    assert digest_of(read_files(folder)) == before
    (folder / "notes").write_text("x")
    assert digest_of(read_files(folder)) != before


def test_profiles_of_a_folder_are_read_with_every_problem(tmp_path):
    good = (shipped_documents() / "n2n-co" / "profiles" / "rcep.1.json").read_text()
    (tmp_path / "a.json").write_text(good)
    assert [profile.id for profile in read_profiles(tmp_path)] == ["rcep.1"]
    (tmp_path / "b.json").write_text("[]")
    (tmp_path / "c.json").write_text("{}")
    with pytest.raises(ConfigurationError) as error:
        read_profiles(tmp_path)
    assert str(error.value).count("\n") == 1


def test_a_problem_names_the_file_in_its_folder_whatever_the_folder_is_called(folder):
    renamed = folder.rename(folder.parent / "draft")
    (renamed / "types" / "inspection.certificate.toml").unlink()
    with pytest.raises(ConfigurationError) as refused:
        open_pack(renamed)
    assert [problem.file for problem in refused.value.problems] == [str(renamed / "types" / "inspection.certificate.toml")]
    (renamed / "pack.toml").write_text("")
    with pytest.raises(ConfigurationError) as refused:
        open_pack(renamed)
    assert [problem.file for problem in refused.value.problems] == [str(renamed / "pack.toml")]
