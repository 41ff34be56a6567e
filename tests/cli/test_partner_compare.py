"""`partner compare`: 0 where nothing that matters differs, 1 and each difference with its risk where it does."""

from pathlib import Path
from typing import Any

import pytest

from tests.homes import Side, make_pair


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Side, Side]:
    return make_pair(tmp_path)


def theirs(kr: Side) -> Path:
    return kr.folder / "partners" / "tw" / "agreement.toml"


def test_the_partners_own_view_is_turned_round(n2n: Any, pair: tuple[Side, Side]) -> None:
    tw, kr = pair
    ended = n2n("--home", tw.folder, "partner", "compare", "kr", theirs(kr), "--json")
    assert ended.code == 0, ended.err
    assert ended.document["matters"] == 0
    assert ended.document["counts"]["differ"] == 0


def test_differences_are_told_with_risk_and_effect(n2n: Any, pair: tuple[Side, Side]) -> None:
    tw, kr = pair
    with theirs(kr).open("a") as file:
        file.write(
            '\n[leg]\nsecurity.x509.encryption.encrypt = false\npayload_service.compression_type = "none"\nx.http.read_timeout = 7\n'
            '[[weakened]]\nparameter = "leg.security.x509.encryption.encrypt"\nreason = "TLS alone"\n'
        )
    ended = n2n("--home", tw.folder, "partner", "compare", "kr", theirs(kr))
    assert ended.code == 1
    rows = [line for line in ended.out.splitlines() if "  differ  " in line]
    assert [line.split()[0] for line in rows] == ["high", "medium", "low"]
    assert "unencrypted messages are refused" in rows[0]
    assert "2 that matter" in ended.out


def test_a_file_of_another_product(n2n: Any, pair: tuple[Side, Side], tmp_path: Path) -> None:
    tw, kr = pair
    # What the partner's hub would hold.
    n2n(
        "--home",
        kr.folder,
        "partner",
        "export",
        "tw",
        "--format",
        "cppa3",
        "--our-url",
        kr.url,
        "--ours",
        "-o",
        tmp_path / "kr.xml",
    )
    same = n2n("--home", tw.folder, "partner", "compare", "kr", tmp_path / "kr.xml", "--json")
    assert same.document["matters"] == 1, same.out
    (address,) = [one for one in same.document["rows"] if one["matters"]]
    # Our agreement names localhost, and the file what the partner calls itself.
    assert address["key"] == "partner.url"
    (tmp_path / "kr.xml").write_text((tmp_path / "kr.xml").read_text().replace("co.certificate", "co.cert"))
    other = n2n("--home", tw.folder, "partner", "compare", "kr", tmp_path / "kr.xml", "--all")
    assert other.code == 1
    assert "only ours" in other.out
    assert "only theirs" in other.out


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("= not toml", 2, "is not TOML"),
        ('profile = "edelivery-as4-2.0-ecdsa"\n[us]\nsign = ["a"]\n', 2, "us.sign"),
        ('profile = "edelivery-as4-2.0-ecdsa"\n[certificates]\nsign = [{ a = 1 }]\n', 2, "certificates.sign"),
        ('profile = "edelivery-as4-1.51"\n[partner]\nparty_id = "urn:x"', 2, "did you mean"),
        ("", 2, "holds nothing of an agreement"),
    ],
)
def test_a_file_that_is_no_agreement(n2n: Any, pair: tuple[Side, Side], tmp_path: Path, text: str, code: int, said: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    ended = n2n("--home", pair[0].folder, "partner", "compare", "kr", tmp_path / "a.toml")
    assert ended.code == code
    assert said in ended.err


def test_a_file_about_others(n2n: Any, pair: tuple[Side, Side]) -> None:
    from tests.foreign.conftest import SAMPLES

    ended = n2n("--home", pair[0].folder, "partner", "compare", "kr", SAMPLES / "domibus.xml", "--we", "hub_gw")
    assert ended.code == 1
    assert "says nothing of an exchange between us and kr" in ended.err
