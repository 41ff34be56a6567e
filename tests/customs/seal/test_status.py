"""The status of a certificate at an instant."""

from datetime import timedelta

import pytest

from node.customs.seal.memory import Memory
from node.customs.seal.status import check_revocation, trusted_path
from node.security.path import Untrusted
from node.security.revocation import RevocationList
from tests.seals import NOW, SIGN, Authority, private_key


def test_a_path_once_found_is_kept_for_the_time_in_which_it_is_right(world):
    memory = Memory()
    leaf = world.root.issue("leaf", private_key("p256"), SIGN, until=NOW + timedelta(days=1))
    anchors = (world.root.certificate,)
    path = trusted_path(leaf, (), anchors, NOW, memory, "KR")
    assert trusted_path(leaf, (), (), NOW, memory, "KR") is path
    with pytest.raises(Untrusted, match="expired"):
        trusted_path(leaf, (), anchors, NOW + timedelta(days=2), memory, "KR")
    with pytest.raises(Untrusted, match="anchors"):
        trusted_path(leaf, (), (), NOW, memory, "XX")


def test_every_certificate_below_the_anchor_must_stand(world):
    middle = Authority("middle", world.root)
    leaf = middle.issue("leaf", private_key("p256"), SIGN)
    path = (leaf, middle.certificate, world.root.certificate)
    world.root.revoke(middle.certificate, NOW)
    lists = [RevocationList(world.root.crl()), RevocationList(middle.crl())]
    assert check_revocation(path, NOW - timedelta(seconds=1), lists) == []
    with pytest.raises(Untrusted, match="CN=middle"):
        check_revocation(path, NOW, lists)


def test_who_says_nothing_is_told(world):
    path = (world.key().certificate, world.root.certificate)
    assert "no revocation list" in check_revocation(path, NOW, [])[0]
    assert "held until" in check_revocation(path, NOW + timedelta(days=31), [RevocationList(world.root.crl())])[0]
