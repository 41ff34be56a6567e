"""`partner import`: a file becomes drafts and an account, and nothing else in the home changes."""

import json
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from node.cli.partner_import import slug
from tests.foreign.conftest import FILES, SAMPLES


@pytest.fixture
def home(n2n: Any, files: Path, tmp_path: Path) -> Path:
    keys = [word for use in ("sign", "encrypt", "tls") for word in (f"--{use}", files / f"tw-{use}.key.pem")]
    n2n("init", tmp_path / "tw", "--party-id", "TW-CUSTOMS", *keys, "--trust", files / "ca.pem")
    return tmp_path / "tw"


def place(name: str) -> Path:
    return SAMPLES / "holodeck" if name == "holodeck" else SAMPLES / FILES[name][0]


@pytest.mark.parametrize("name", FILES)
def test_a_sample_is_drafted_and_accounted_for(n2n: Any, home: Path, name: str) -> None:
    ended = n2n("--home", home, "partner", "import", place(name), "--as", "hub", "--json")
    assert ended.code == 0, ended.err
    document = ended.document
    assert document["format"] == name
    assert {one["fate"] for one in document["account"]} >= {"used", "default", "ignored", "unsupported"}
    for one in document["drafts"]:
        folder = Path(one["folder"])
        assert folder.parent == home / "partners" / ".drafts"
        assert tomllib.loads((folder / "agreement.toml").read_text())["profile"] == one["profile"]
        assert json.loads((folder / "account.json").read_text()) == document["account"]
        assert one["next"].startswith(f"n2n partner add {one['name']} --file {folder}/agreement.toml")
    # Nothing became active.
    assert n2n("--home", home, "partner", "list", "--json").document["partners"] == []


def test_the_table_tells_every_fate(n2n: Any, home: Path) -> None:
    ended = n2n("--home", home, "partner", "import", place("domibus"))
    assert ended.code == 0, ended.err
    assert "houseRules" in ended.out
    assert "Splitting" in ended.out
    assert "preset edelivery-as4-" in ended.out
    assert "never-shown" not in ended.out
    assert "316 elements and attributes" in ended.out


def test_a_weaker_agreement_is_told(n2n: Any, home: Path, tmp_path: Path) -> None:
    text = place("domibus").read_text().replace("eDeliveryAS4Policy_BST.xml", "signOnly.xml")
    (tmp_path / "weak.xml").write_text(text)
    ended = n2n("--home", home, "partner", "import", tmp_path / "weak.xml", "--profile", "edelivery-as4-1.15")
    assert "attention: Security.X509.Encryption.Encrypt = false is weaker than the preset's true" in ended.out


def test_what_a_draft_lacks_is_told(n2n: Any, home: Path) -> None:
    # The P-Mode of phase4 says nothing of where the partner receives, and it need not: it sends.
    (one,) = n2n("--home", home, "partner", "import", place("phase4"), "--json").document["drafts"]
    assert one["doubts"] == []
    text = (SAMPLES / "phase4.json").read_text().replace('"push"', '"pull"')
    (home / "pull.json").write_text(text)
    (other,) = n2n("--home", home, "partner", "import", home / "pull.json", "--as", "p", "--json").document["drafts"]
    assert any("mpc: is required" in doubt for doubt in other["doubts"])


def test_a_draft_becomes_a_partner(n2n: Any, home: Path, files: Path) -> None:
    n2n("--home", home, "partner", "import", place("phase4"), "--as", "hub", "--profile", "edelivery-as4-2.0-ecdsa")
    draft = home / "partners" / ".drafts" / "hub" / "agreement.toml"
    certificates = ["--sign-cert", files / "kr-sign.pem", "--encrypt-cert", files / "kr-encrypt.pem"]
    added = n2n("--home", home, "partner", "add", "hub", "--file", draft, *certificates)
    assert added.code == 0, added.err
    assert n2n("--home", home, "partner", "check").code == 0
    (line,) = n2n("--home", home, "partner", "list", "--json").document["partners"]
    assert (line["party_id"], line["profile"]) == ("HUB-CUSTOMS", "edelivery-as4-2.0-ecdsa")


def test_certificates_of_a_cpa_lie_beside_the_draft(n2n: Any, home: Path) -> None:
    (one,) = n2n("--home", home, "partner", "import", place("cppa3"), "--json").document["drafts"]
    folder = Path(one["folder"])
    assert (folder / "sign.pem").read_text().startswith("-----BEGIN CERTIFICATE-----\nMAMCAQE=")
    assert f"--sign-cert {folder}/sign.pem --encrypt-cert {folder}/encrypt.pem" in one["next"]
    # A draft that is written over keeps nothing of the one before.
    n2n("--home", home, "partner", "import", place("phase4"), "--as", one["name"], "--replace")
    assert not (folder / "sign.pem").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--we", "green_gw"], 2, "say --we with one of hub_gw, island_gw, coast_gw"),
        (["--format", "edifact"], 2, "the formats are domibus"),
        (["--format", "phase4"], 2, "no JSON"),
        (["--profile", "edelivery-as4-1.51"], 2, "did you mean"),
        (["--as", "../up"], 2, "is no name"),
    ],
)
def test_what_cannot_be_done_says_what_can(n2n: Any, home: Path, words: list[str], code: int, said: str) -> None:
    ended = n2n("--home", home, "partner", "import", place("domibus"), *words)
    assert ended.code == code
    assert said in ended.err
    assert not (home / "partners" / ".drafts").exists()


def test_a_draft_is_not_written_over_unasked(n2n: Any, home: Path) -> None:
    words = ("--home", home, "partner", "import", place("phase4"))
    assert n2n(*words).code == 0
    draft = home / "partners" / ".drafts" / "hub-customs" / "agreement.toml"
    draft.write_text("# worked on\n")
    assert n2n(*words).code == 8
    assert draft.read_text() == "# worked on\n"
    assert n2n(*words, "--replace").code == 0


def test_a_folder_without_pmodes(n2n: Any, home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no file in it ends with" in n2n("--home", home, "partner", "import", tmp_path / "empty").err


def test_the_next_command_can_be_pasted(n2n: Any, files: Path, tmp_path: Path) -> None:
    home = tmp_path / "our home"
    n2n("init", home, "--party-id", "TW-CUSTOMS")
    (one,) = n2n("--home", home, "partner", "import", place("phase4"), "--as", "hub", "--json").document["drafts"]
    assert shlex.split(one["next"])[:6] == [
        "n2n",
        "partner",
        "add",
        "hub",
        "--file",
        f"{home}/partners/.drafts/hub/agreement.toml",
    ]


@pytest.mark.parametrize(("name", "found"), [("hub_gw", "hub-gw"), ("Hub Customs (T)", "hub-customs-t"), ("關務署", "partner")])
def test_names_of_folders(name: str, found: str) -> None:
    assert slug(name) == found
