"""What would only fail at sending is told before: own keys, partners' certificates, the floor of libxml2."""

from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

from node import preflight
from node.configuration import ConfigurationError
from node.preflight import check_sending, check_serving, unfit, why_not
from node.setting import Setting
from tests.doctor.homes import NOW, Home, copy, key, make_demo, pki


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_demo(tmp_path_factory.mktemp("demo") / "demo")


@pytest.fixture
def home(whole: Home, tmp_path: Any) -> Home:
    one = copy(whole, tmp_path / "demo")
    one.put_trust("test-ca", pki().ca)
    return one


def test_a_healthy_home_flies(home: Home) -> None:
    setting = Setting(home.folder)
    check_serving(setting, NOW)
    check_sending(setting, "kr", NOW)
    # Somebody else says that there is no such partner.
    check_sending(setting, "nobody", NOW)


@pytest.mark.parametrize(
    ("name", "shape", "said"),
    [
        ("sign", {"days": -1}, "certs/own/sign: sign: expired"),
        ("sign", {"use": "enc"}, "keyUsage lacks digitalSignature"),
        ("tls", {"days": -1}, "certs/own/tls: tls: expired"),
        ("tls", {"use": "enc"}, "certs/own/tls: tls: "),
    ],
)
def test_an_own_key_that_cannot_be_used_stops_both(home: Home, name: str, shape: Any, said: str) -> None:
    home.put_own(name, key(**shape))
    setting = Setting(home.folder)
    for flight in (lambda: check_serving(setting, NOW), lambda: check_sending(setting, "kr", NOW)):
        with pytest.raises(ConfigurationError, match=said):
            flight()


def test_an_own_key_that_is_not_valid_yet_stops_what_is_sent_alone(home: Home) -> None:
    home.put_own("sign", key(begins=1, days=9))
    setting = Setting(home.folder)
    check_serving(setting, NOW)
    with pytest.raises(ConfigurationError, match="certs/own/sign: sign: is not valid before"):
        check_sending(setting, "kr", NOW)


@pytest.mark.parametrize(
    ("name", "shape", "said"),
    [
        ("kr-encrypt", {"use": "enc", "days": -1}, "certs/partners/kr-encrypt: encrypt: .*expired"),
        ("kr-encrypt", {"use": "enc", "stranger": True}, "not among the anchors"),
        ("kr-encrypt", {"use": "sign"}, "keyUsage lacks keyAgreement"),
        ("kr-sign", {"days": -1}, "certs/partners/kr-sign: sign: .*expired"),
    ],
)
def test_a_certificate_of_a_partner_stops_what_goes_to_it_alone(home: Home, name: str, shape: Any, said: str) -> None:
    home.put_partner(name, key(**shape))
    setting = Setting(home.folder)
    check_serving(setting, NOW)
    with pytest.raises(ConfigurationError, match=said):
        check_sending(setting, "kr", NOW)


def test_one_certificate_of_several_is_enough(home: Home) -> None:
    home.put_partner("kr-old", key(days=-1))
    home.agree('["kr-sign"]', '["kr-old", "kr-sign"]')
    setting = Setting(home.folder)
    assert list(unfit(setting, setting.agreements.agreements["kr"], NOW)) == []
    assert list(unfit(setting, setting.agreements.agreements["kr"], NOW + timedelta(days=60))) != []


def test_an_old_libxml2_does_not_serve(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.check_libxml2, "__defaults__", ((2, 9, 14),))
    with pytest.raises(ConfigurationError, match=r"libxml2 2\.9\.14"):
        check_serving(Setting(home.folder), NOW)
    assert etree.LIBXML_VERSION > (2, 9, 14)


def test_a_certificate_without_bits_may_do_all(home: Home) -> None:
    own = Setting(home.folder).certificates.own
    assert [why_not(own[one].certificate, one) for one in ("sign", "encrypt", "tls")] == ["", "", ""]
    assert why_not(own["encrypt"].certificate, "seal") != ""
