"""The demo's two homes: whole, in agreement with each other, and never made over something that is not a demo's."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.cli.demo_homes import AGREEMENT, ANSWERS, CHAMBER, KEY_KINDS, Side, clear, free_ports, make_sides, packs
from node.cli.problems import CommandFailed, ExitCode
from node.setting import Setting


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Side, Side]:
    return make_sides(tmp_path_factory.mktemp("demo"), "edelivery-as4-2.0-ecdsa", datetime.now(UTC))


def test_nothing_in_either_home_is_wrong(sides: tuple[Side, Side]) -> None:
    for side in sides:
        setting = Setting(side.home, lambda name: None)
        assert [str(one) for one in setting.problems.found] == []
        (agreement,) = setting.agreements.partners()
        now = datetime.now(UTC)
        assert setting.keyring.why_not(agreement.certificates.sign, now) == {}


def test_every_type_can_be_sent_both_ways_under_the_agreement(sides: tuple[Side, Side]) -> None:
    homes = {side.who.name: Setting(side.home, lambda name: None).agreements for side in sides}
    for pack, _ in packs():
        for type_id in pack["adds"]:
            for side, other in (sides, sides[::-1]):
                sending = homes[side.who.name].for_submission(other.who.name, pack["service"], type_id)
                assert sending.agreement is not None
                assert sending.agreement.value == AGREEMENT
                # An answer goes back on the connection of its query.
                assert sending.answers == ANSWERS.get(type_id, "")


def test_who_seals_for_whom_is_agreed_on_both_sides(sides: tuple[Side, Side]) -> None:
    tw, kr = (Setting(side.home, lambda name: None) for side in sides)
    korean = tw.agreements.agreements["kr"].documents.partners.bindings
    assert {CHAMBER, "KR-KCS", "KR-CUSTOMS", "TW-CUSTOMS"} == set(korean)
    assert korean[CHAMBER] == {kr.certificates.own["chamber"].certificate.sha256}
    assert korean["TW-CUSTOMS"] == {tw.certificates.own["seal"].certificate.sha256}


def test_private_keys_are_the_owners_alone(sides: tuple[Side, Side]) -> None:
    for side in sides:
        keys = list((side.home / "certs" / "own").glob("*.pem"))
        assert {key.stem for key in keys} - {"chamber"} == {"sign", "encrypt", "tls", "seal"}
        assert {key.stat().st_mode & 0o077 for key in keys} == {0}


def test_each_type_of_each_pack_is_named_once() -> None:
    types = [one for pack, _ in packs() for one in pack["adds"]]
    assert len(types) == len(set(types))


def test_every_preset_that_has_a_demo_ships_with_the_node() -> None:
    presets = {path.stem for path in (Path(__file__).parents[2] / "profiles" / "messaging").glob("*.toml")}
    assert set(KEY_KINDS) <= presets


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(CommandFailed) as caught:
        clear(tmp_path)
    assert caught.value.code == ExitCode.USAGE
    assert "--dir" in caught.value.told[0].remedy
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_what_a_demo_left_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    clear(folder)
    (folder / "old").write_text("of the run before")
    clear(folder)
    assert [path.name for path in folder.iterdir()] == [".n2n-demo"]


def test_two_ports_are_two_ports() -> None:
    assert len(set(free_ports(5))) == 5
