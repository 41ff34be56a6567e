"""A partner is added whole or not at all, and every doubt is told before the first message."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from node.cli.problems import ExitCode
from tests.homes import make_pair
from tests.two_homes import Two

PROFILE = "edelivery-as4-2.0-ecdsa"


@pytest.fixture
def home(n2n: Any, files: Path, tmp_path: Path) -> Path:
    keys = [word for use in ("sign", "encrypt", "tls") for word in (f"--{use}", files / f"tw-{use}.key.pem")]
    n2n("init", tmp_path / "tw", "--party-id", "TW-CUSTOMS", *keys, "--trust", files / "ca.pem")
    return tmp_path / "tw"


def options(files: Path, **changed: object) -> list[object]:
    words: dict[str, object] = {
        "--party-id": "KR-CUSTOMS",
        "--url": "https://localhost:9443/as4",
        "--profile": PROFILE,
        "--service": "urn:n2n:customs:svc:co",
        "--action": "co.certificate",
        "--sign-cert": files / "kr-sign.pem",
        "--encrypt-cert": files / "kr-encrypt.pem",
    }
    words |= {f"--{name.replace('_', '-')}": value for name, value in changed.items()}
    return [word for name, value in words.items() if value is not None for word in (name, value)]


def snapshot(home: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and home / "data" not in path.parents}


def test_a_partner_from_options_is_listed_explained_and_checked(n2n: Any, files: Path, home: Path) -> None:
    added = n2n(
        "--home", home, "partner", "add", "kr", *options(files, agreement="urn:agreement:tw-kr", tls_cert=files / "kr-tls.pem")
    )
    assert added.code == 0, added.err
    assert "compare these fingerprints" in added.out
    assert "n2n submit --partner kr --action co.certificate" in added.out
    (line,) = n2n("--home", home, "partner", "list", "--json").document["partners"]
    assert (line["name"], line["party_id"], line["profile"]) == ("kr", "KR-CUSTOMS", PROFILE)
    assert line["services"][0]["actions"] == ["co.certificate"]
    explained = n2n("--home", home, "partner", "explain", "kr", "--json").document["parameters"]
    assert [one for one in explained if one["value"] == "urn:agreement:tw-kr" and "partners/kr/agreement.toml" in one["origin"]]
    assert [one for one in explained if f"profiles/messaging/{PROFILE}.toml" in one["origin"]]
    assert n2n("--home", home, "partner", "check").code == 0


def test_what_the_network_recommends_otherwise_is_explained(n2n: Any, files: Path, home: Path) -> None:
    assert n2n("--home", home, "partner", "add", "kr", *options(files, party_id="urn:kr", party_type="")).code == 0
    explained = n2n("--home", home, "partner", "explain", "kr")
    assert "advice: party.type is not said; recommended is present (ED2 Common Usage)" in explained.out
    [advice] = n2n("--home", home, "partner", "explain", "kr", "--json").document["advice"]
    assert (advice["fact"], advice["is"]) == ("party.type", "is not said")


def test_a_partner_from_a_file(n2n: Any, files: Path, home: Path, tmp_path: Path) -> None:
    n2n("--home", home, "partner", "add", "kr", *options(files))
    text = (home / "partners" / "kr" / "agreement.toml").read_text()
    (tmp_path / "agreement.toml").write_text(
        text.replace("KR-CUSTOMS", "JP-CUSTOMS").replace("kr-sign", "jp-sign").replace("kr-encrypt", "jp-encrypt")
    )
    certificates = ["--sign-cert", files / "kr-sign.pem", "--encrypt-cert", files / "kr-encrypt.pem"]
    ended = n2n("--home", home, "partner", "add", "jp", "--file", tmp_path / "agreement.toml", *certificates, "--json")
    assert ended.code == 0, ended.err
    assert ended.document["partner"] == "jp"


@pytest.mark.parametrize(
    ("changed", "code", "said"),
    [
        ({"party_id": None}, 2, "--party-id"),
        ({"policy": "custums"}, 3, "policy: "),
        ({"action": None}, 2, "--action"),
        ({"profile": "edelivery-as4-1.51"}, 3, "did you mean"),
        # The preset of 1.15 wants RSA, and these keys are elliptic.
        ({"profile": "edelivery-as4-1.15"}, 3, "RSA"),
        ({"url": "http://kr.example/as4"}, 3, "https"),
        ({"trust": "blindly"}, 3, "path, pinned"),
        ({"direction": "sideways"}, 3, "both, send, receive"),
        ({"sign_cert": "document.xml"}, 3, "document.xml"),
    ],
)
def test_what_does_not_fit_leaves_nothing_behind(
    n2n: Any, files: Path, home: Path, changed: dict[str, Any], code: int, said: str
) -> None:
    changed = {name: files / value if name == "sign_cert" else value for name, value in changed.items()}
    before = snapshot(home)
    ended = n2n("--home", home, "partner", "add", "kr", *options(files, **changed))
    assert (ended.code, said in ended.err) == (code, True), ended.err
    assert snapshot(home) == before
    assert not (home / "partners" / "kr").exists()


def test_the_policy_of_paths_is_an_option(n2n: Any, files: Path, home: Path) -> None:
    assert n2n("--home", home, "partner", "add", "kr", *options(files, policy="customs")).code == 0
    explained = n2n("--home", home, "partner", "explain", "kr", "--json").document["parameters"]
    assert [one["value"] for one in explained if "policy" in one["parameter"].lower()] == ["customs (revocation hard)"]


def test_an_existing_partner_is_not_overwritten(n2n: Any, files: Path, home: Path) -> None:
    n2n("--home", home, "partner", "add", "kr", *options(files))
    before = snapshot(home)
    assert n2n("--home", home, "partner", "add", "kr", *options(files)).code == 8
    assert snapshot(home) == before


@pytest.mark.parametrize("name", ["../kr", "", ".kr", "k r"])
def test_a_name_that_is_no_folder_is_refused(n2n: Any, files: Path, home: Path, name: str) -> None:
    assert n2n("--home", home, "partner", "add", name, *options(files)).code == 2


def test_check_finds_what_is_wrong_and_answers_1(n2n: Any, files: Path, home: Path) -> None:
    n2n("--home", home, "partner", "add", "kr", *options(files))
    agreement = home / "partners" / "kr" / "agreement.toml"
    agreement.write_text(agreement.read_text().replace("kr-encrypt", "kr-other"))
    ended = n2n("--home", home, "partner", "check", "kr", "--json")
    assert ended.code == 1
    assert any("kr-other" in one for one in ended.document["problems"])


def test_check_draws_attention_to_a_certificate_that_nobody_vouches_for(n2n: Any, files: Path, home: Path) -> None:
    n2n("--home", home, "partner", "add", "kr", *options(files))
    text = (home / "node.toml").read_text()
    (home / "node.toml").write_text(text.replace('["ca"]', "[]"))
    (home / "certs" / "trust" / "ca.pem").unlink()
    ended = n2n("--home", home, "partner", "check")
    assert ended.code == 1
    assert "attention: certs/partners/kr-sign" in ended.out


@pytest.mark.parametrize("command", ["explain", "check"])
def test_an_unknown_partner_is_not_found_and_the_near_one_is_named(n2n: Any, files: Path, home: Path, command: str) -> None:
    n2n("--home", home, "partner", "add", "korea", *options(files))
    ended = n2n("--home", home, "partner", command, "koera")
    assert ended.code == 7
    assert "did you mean 'korea'" in ended.err


def test_an_agreement_that_is_no_text_is_told_and_leaves_nothing(n2n: Any, home: Path, tmp_path: Path) -> None:
    (tmp_path / "agreement.toml").write_bytes(b"\xff\xfe\x00")
    before = snapshot(home)
    ended = n2n("--home", home, "partner", "add", "kr", "--file", tmp_path / "agreement.toml")
    assert (ended.code, "is no text in UTF-8" in ended.err) == (3, True), ended.err
    assert snapshot(home) == before


def test_a_store_that_does_not_say_what_was_signed_is_no_home_without_partners(n2n: Any, tmp_path: Path) -> None:
    two = Two(tmp_path, n2n)
    two.agree()
    assert two.run(two.tw, "check").document["checked"] == ["kr"]
    with closing(sqlite3.connect(two.tw.folder / "data" / "node.db")) as database:
        database.execute("UPDATE agreed_version SET side = 'c'")
        database.commit()
    for words, code in ((("list",), 4), (("explain", "kr"), 4), (("check",), 1), (("versions", "kr"), 4)):
        ended = two.run(two.tw, *words)
        assert (ended.code, "is damaged" in ended.out + ended.err) == (code, True), words


@pytest.mark.parametrize("url", ["mysql://n2n:{}@h/n2n", "postgresql://n2n:{}@[::1/n2n", "postgresql://n2n@h/n2n?wrong={}", "{}"])
def test_the_password_of_a_database_is_in_no_output(n2n: Any, home: Path, url: str) -> None:
    word = "never-to-be-shown-7"
    settings = home / "node.toml"
    settings.write_text(settings.read_text().replace("[store]\n", f'[store]\ndatabase = "{url.format(word)}"\n'))
    assert word in settings.read_text()
    for words in (
        ("partner", "list"),
        ("partner", "check"),
        ("doctor",),
        ("message", "list"),
        ("partner", "versions", "kr", "--json"),
    ):
        ended = n2n("--home", home, *words)
        assert ended.code in (1, 3), (words, ended.err.replace(word, "..."))
        assert word not in ended.out + ended.err, words


def test_what_a_command_that_was_killed_left_behind_is_no_partner(n2n: Any, files: Path, home: Path) -> None:
    left = home / "partners" / "kr"
    left.mkdir(parents=True)
    (left / ".agreement.toml").write_text("half")
    assert n2n("--home", home, "partner", "add", "kr", *options(files)).code == 0
    assert [one.name for one in left.iterdir()] == ["agreement.toml"]
    assert n2n("--home", home, "partner", "add", "kr", *options(files)).code == 8


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "\ufeff"])
def test_an_agreement_that_says_nothing_is_no_partner_that_is_gone(n2n: Any, files: Path, home: Path, text: str) -> None:
    assert n2n("--home", home, "partner", "add", "kr", *options(files)).code == 0
    (home / "partners" / "kr" / "agreement.toml").write_text(text)
    checked = n2n("--home", home, "partner", "check")
    assert (checked.code, "partners/kr/agreement.toml: says nothing" in checked.out) == (1, True)
    (home / "empty.txt").write_text(text)
    added = n2n("--home", home, "partner", "add", "jp", "--file", home / "empty.txt")
    assert (added.code, "partners/jp/agreement.toml: says nothing" in added.err) == (3, True)
    assert not (home / "partners" / "jp").exists()


@pytest.mark.parametrize(
    "words",
    [
        "ping NAME",
        "explain NAME",
        "check NAME",
        "retry-plan NAME",
        "propose NAME FILE",
        "show NAME",
        "versions NAME",
        "diff NAME",
        "rollback NAME 1",
        "approve NAME 1",
        "reject NAME 1",
        "update NAME",
        "updates NAME",
        "gates NAME",
        "gate NAME 1",
        "export NAME --format phase4",
        "compare NAME FILE",
    ],
)
def test_each_command_about_a_partner_that_is_none_names_it_and_the_nearest(n2n: Any, tmp_path: Path, words: str) -> None:
    said: dict[str, Any] = {"NAME": "krr", "FILE": tmp_path / "terms.toml"}
    said["FILE"].write_text('title = "x"\n')
    ended = n2n("--home", make_pair(tmp_path)[0].folder, "partner", *(said.get(one, one) for one in words.split()))
    assert (ended.code, ended.out) == (ExitCode.NOT_FOUND, "")
    assert ended.err.startswith("error: partner 'krr': no")
    assert ended.err.endswith(": did you mean 'kr'?\n")
