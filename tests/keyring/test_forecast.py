"""When everything in certs/ ends, and what is to be told of it."""

from datetime import UTC, datetime, timedelta

import pytest

from node.keyring.folder import CertificateFolder, PartnerCertificate
from node.keyring.forecast import ALARMS, Ending, endings

END = datetime(2027, 6, 1, tzinfo=UTC)
ONE = Ending("own", "sign", "CN=tw", END)


@pytest.mark.parametrize(
    ("days", "alarm"),
    [(90.01, None), (90, 90), (60, 60), (59, 60), (30, 30), (14, 14), (8, 14), (7, 7), (1, 1), (0.5, 1), (0, 0), (-9, 0)],
)
def test_the_last_alarm_that_was_reached(days, alarm):
    assert ONE.alarm(END - timedelta(days=days)) == alarm


def test_the_days_that_are_left():
    assert [ONE.days(END - timedelta(hours=hours)) for hours in (49, 48, 1, 0, -1)] == [2, 2, 0, 0, -1]
    assert ALARMS == (90, 60, 30, 14, 7, 1)


def test_what_ends_first_comes_first_and_each_has_a_name_of_its_own(pki):
    keys = [
        pki.make(name, pki.key("a", "p256").private_key, not_after=END + timedelta(days=days))
        for name, days in (("x", 9), ("y", 1))
    ]
    folder = CertificateFolder(
        {"sign": keys[0]}, {"kr": PartnerCertificate("kr", keys[1].certificate)}, {"both": (pki.ca, pki.other_ca)}
    )
    more = Ending("crl", "ca", "list of CN=ca", END, key="crl-ca")
    found = endings(folder, [more])
    assert [one.place for one in found] == [
        "certs/crl/ca",
        "certs/partners/kr",
        "certs/own/sign",
        "certs/trust/both",
        "certs/trust/both",
    ]
    assert len({one.key for one in found}) == 5
