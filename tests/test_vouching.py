"""Who vouches for partners' certificates, until when, and from when on they are refused: as the keyring itself would refuse them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from node.home import put_certificate
from node.keyring.revocations import Revocations
from node.security.certificates import load_certificates
from node.security.trust import Purpose
from node.setting import Setting
from node.vouching import Standing, own_taken_back, standings_of
from tests.homes import Side, agree, make_side
from tests.revoking import Telling

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
ADDRESS = "http://127.0.0.1:9"


class World:
    """tw, which judges kr's certificates by this policy; their authority tells by lists, by OCSP or nowhere."""

    def __init__(self, root: Path, policy: str, kind: str = "list", trust: str = "path") -> None:
        self.authority = Telling(NOW, ADDRESS, kind, 4000)
        self.tw, kr = make_side(root, "tw", self.authority), make_side(root, "kr", self.authority)
        agree(self.tw, kr, trust=trust)
        self.kr: Side = kr
        file = self.tw.folder / "partners" / "kr" / "agreement.toml"
        file.write_text(file.read_text().replace(f'trust   = "{trust}"', f'trust   = "{trust}"\n{policy}', 1))
        self.revocations = Revocations(self.tw.folder / "data" / "revocations")

    @property
    def setting(self) -> Setting:
        found = Setting(self.tw.folder)
        assert found.problems.found == []
        return found

    def serial(self, side: Side, use: str = "sign") -> int:
        return load_certificates(side.issued[use].certificate)[0].serial

    def list(self, age: float, holds: float, *revoked: int) -> None:
        since = NOW - age * DAY
        octets = self.authority.list(dict.fromkeys(revoked, since), since, holds * DAY, 1)
        self.revocations.take_list(octets, load_certificates(self.authority.certificate), "ca.crl", NOW)

    def answer(self, age: float, holds: float, use: str = "sign") -> None:
        """An OCSP answer about one certificate of kr."""
        (certificate,) = load_certificates(self.kr.issued[use].certificate)
        (ca,) = load_certificates(self.authority.certificate)
        asked = ocsp.OCSPRequestBuilder().add_certificate(certificate.x509, ca.x509, hashes.SHA1()).build()
        octets = self.authority.answer(asked.public_bytes(Encoding.DER), {}, NOW - age * DAY, holds * DAY)
        self.revocations.take_answer(octets, certificate, ca, f"{ADDRESS}/ocsp", NOW)

    def asked(self, problem: str = "") -> None:
        self.revocations.want([f"{ADDRESS}/ca.crl"], NOW - DAY)
        self.revocations.asked(f"{ADDRESS}/ca.crl", NOW, NOW + DAY, problem)

    def standing(self, now: datetime = NOW) -> Standing:
        (found,) = standings_of(self.setting, now)
        return found


@pytest.mark.parametrize("age", [0, 20, 40])
@pytest.mark.parametrize("policy", ['policy = "customs"', 'revocation = "soft"', 'revocation = "soft"\nrevocation_age = "3d"'])
def test_it_is_refused_when_the_keyring_refuses_it(tmp_path: Path, policy: str, age: float) -> None:
    world = World(tmp_path, policy)
    world.asked()
    world.list(age, 30)
    one, setting = world.standing(), world.setting
    assert (one.partner, set(one.names)) == ("kr", {"kr-sign", "kr-encrypt"})
    assert one.refused_from is not None
    for at in (NOW, one.refused_from - timedelta(seconds=5), one.refused_from + timedelta(seconds=5), NOW + 90 * DAY):
        if at >= NOW:
            refused = bool(setting.keyring.why_not(["kr-sign"], at))
            assert refused == (at > one.refused_from) == world.standing(at).is_refused(at)


def test_what_never_had_a_word_is_refused_at_once_or_after_its_grace(tmp_path: Path) -> None:
    hard = World(tmp_path / "hard", 'policy = "customs"')
    one = hard.standing()
    assert (one.state, one.is_refused(NOW), one.until) == ("unknown", True, None)
    # Whoever asks again is told the same instant.
    assert one.refused_from == hard.standing(NOW + DAY).refused_from
    soft = World(tmp_path / "soft", 'revocation = "soft"')
    assert standings_of(soft.setting, NOW) == []
    soft.asked("connection refused")
    one = soft.standing()
    assert (one.is_refused(NOW), one.refused_from) == (False, NOW + 29 * DAY)
    assert [place.problem for place in one.failing] == ["connection refused"]


def test_a_list_is_late_when_its_successor_should_be_here(tmp_path: Path) -> None:
    world = World(tmp_path, 'policy = "customs"')
    world.list(0, 30)
    by_hand = world.standing()
    late = [day for day in range(30) if by_hand.is_late(NOW + day * DAY)]
    assert (late[0], by_hand.is_renewed) == (20, False)
    world.asked()
    fetched = world.standing()
    assert fetched.is_renewed
    assert [day for day in range(30) if fetched.is_late(NOW + day * DAY)] == [29]
    settings = world.tw.folder / "node.toml"
    settings.write_text(settings.read_text() + "\n[revocation]\nfetch = false\n")
    assert not world.standing().is_renewed
    # A list of a year is told a month before, not four.
    long = replace(by_hand, until=NOW + 365 * DAY)
    assert not long.is_late(NOW + 300 * DAY)
    assert long.is_late(NOW + 336 * DAY)


def test_a_certificate_that_was_taken_back_is_told_for_whatever_it_is_used(tmp_path: Path) -> None:
    world = World(tmp_path, 'revocation = "soft"')
    world.list(1, 30, *(world.serial(world.kr, use) for use in ("sign", "tls")))
    by_state = {one.state: one for one in standings_of(world.setting, NOW)}
    told = {name for one in standings_of(world.setting, NOW) if one.state == "revoked" for name in one.names}
    assert told == {"kr-sign", "kr-tls"}
    assert by_state["good"].names == ("kr-encrypt",)
    assert world.setting.keyring.why_not(["kr-sign"], NOW)


def test_of_a_list_and_an_answer_the_one_that_holds_longer_counts(tmp_path: Path) -> None:
    world = World(tmp_path, 'policy = "customs"', "ocsp")
    world.list(10, 30)
    world.answer(0, 5)
    ends = {name: one.until for one in standings_of(world.setting, NOW) for name in one.names}
    assert ends["kr-sign"] == ends["kr-encrypt"] == NOW + 20 * DAY
    world.answer(0, 40)
    ends = {name: one.until for one in standings_of(world.setting, NOW) for name in one.names}
    assert ends == {"kr-sign": NOW + 40 * DAY, "kr-encrypt": NOW + 20 * DAY}


def test_pinned_certificates_are_asked_about_only_where_the_policy_says_so(tmp_path: Path) -> None:
    world = World(tmp_path / "off", "", trust="pinned")
    world.list(1, 30)
    assert standings_of(world.setting, NOW) == []
    hard = World(tmp_path / "hard", 'policy = "customs"', trust="pinned")
    (hard.tw.folder / "certs" / "trust" / "ca.pem").unlink()
    put_certificate(hard.tw.folder, "trust", "ca", Telling(NOW, ADDRESS, "list", 30).certificate)
    found = [one.why for one in standings_of(hard.setting, NOW)]
    assert found == ["the certificate of its issuer is not here"]
    with pytest.raises(Exception, match="nobody can vouch"):
        hard.setting.keyring.judging.check(hard.setting.certificates.partners["kr-sign"], Purpose.SIGN, NOW)


def test_our_own_key_is_told_when_a_list_here_says_so(tmp_path: Path) -> None:
    world = World(tmp_path, "")
    assert own_taken_back(world.setting, NOW) is None
    world.list(1, 30, world.serial(world.tw, "tls"))
    told: Any = own_taken_back(world.setting, NOW)
    assert set(told) == {"tls"}
    assert "revoked" in told["tls"]


def test_a_certificate_that_does_not_count_now_rests_on_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, 'policy = "customs"')
    assert len(standings_of(world.setting, NOW)) == 1
    assert standings_of(world.setting, NOW + 5000 * DAY) == []
