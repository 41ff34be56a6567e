"""Switches of our own keys: who sees them, who has accepted them, and what is to be done before."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node.app import Node
from node.home import put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.store.people import Acted
from node.switching import switches_of, warnings_of
from node.updates.states import UpdateEvent
from node.updates.update import CONFIRM, REJECT, REQUEST, SERVICE
from tests.homes import agree, make_side

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
BOTH = f'\n[[service]]\nvalue = "{SERVICE}"\nactions = ["{REQUEST}", "{CONFIRM}", "{REJECT}"]\n'
ANN = Acted("ann", NOW)


class World:
    """tw, whose agreement with kr has the service of updates and that with jp has not."""

    def __init__(self, root: Path) -> None:
        self.authority = DemoAuthority(NOW, days=400)
        self.tw, kr, jp = (make_side(root, name, self.authority) for name in ("tw", "kr", "jp"))
        agree(self.tw, kr, more=BOTH)
        agree(self.tw, jp)

    def follows(self, days: float, purpose: str = "sign") -> None:
        issued = self.authority.issue("tw", "ecdsa", purpose)
        put_own_key(self.tw.folder, f"{purpose}-2027", issued.private_key + issued.certificate)
        with (self.tw.folder / "node.toml").open("a") as toml:
            since = (NOW + days * DAY).isoformat()
            toml.write(f'\n[[keys.next]]\npurpose = "{purpose}"\nname = "{purpose}-2027"\nfrom = {since}\n')


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    world.follows(40)
    opened = Node.open(world.tw.folder)
    yield opened
    opened.close()


def test_without_a_next_key_there_is_nothing_to_tell(world: World) -> None:
    node = Node.open(world.tw.folder)
    try:
        assert switches_of(node.setting, []) == []
        assert warnings_of(node.setting, [], NOW) == []
    finally:
        node.close()


def test_whoever_can_be_asked_is_to_be_asked_and_the_others_are_called_in_the_last_month(node: Node) -> None:
    (switch,) = switches_of(node.setting, [])
    assert (switch.purpose, switch.before, switch.name, switch.since) == ("sign", "sign", "sign-2027", NOW + 40 * DAY)
    assert [(one.partner, one.may_be_asked) for one in switch.partners] == [("jp", False), ("kr", True)]
    (asked,) = warnings_of(node.setting, [], NOW)
    assert asked.endswith("kr was not asked by message: n2n partner update kr")
    called, _ = warnings_of(node.setting, [], NOW + 11 * DAY)
    assert called.endswith("jp was not asked by message: n2n cert try --name sign-2027 jp")
    assert warnings_of(node.setting, [], NOW + 41 * DAY) == []
    assert warnings_of(node.setting, [], NOW + 11 * DAY, "jp") == [called]


@pytest.mark.parametrize("event", [None, UpdateEvent.REJECT, UpdateEvent.EXPIRE, UpdateEvent.ACCEPT])
def test_a_partner_is_warned_of_until_it_has_accepted(node: Node, event: UpdateEvent | None) -> None:
    (one,) = node.updating.propose("kr", ("sign",), None, ANN)
    if event is UpdateEvent.EXPIRE:
        node.updates.expire(NOW + 50 * DAY)
    elif event is not None:
        node.updates.answered(one.kept.id, event, Acted("kr", NOW), b"answer")
    warned = warnings_of(node.setting, node.updates.of(), NOW)
    assert [said.partition(" has not accepted it")[0] for said in warned] == (
        [] if event is UpdateEvent.ACCEPT else ["update 1: kr"]
    )


def test_what_was_asked_again_counts_and_not_what_was_refused_before(node: Node) -> None:
    (first,) = node.updating.propose("kr", ("sign",), None, ANN)
    node.updates.answered(first.kept.id, UpdateEvent.REJECT, Acted("kr", NOW), b"no")
    (second,) = node.updating.propose("kr", ("sign",), None, ANN)
    assert second.is_new
    node.updates.answered(second.kept.id, UpdateEvent.ACCEPT, Acted("kr", NOW), b"yes")
    assert warnings_of(node.setting, node.updates.of(), NOW) == []


def test_an_acceptance_for_another_time_is_none(world: World, node: Node) -> None:
    (one,) = node.updating.propose("kr", ("sign",), None, ANN)
    node.updates.answered(one.kept.id, UpdateEvent.ACCEPT, Acted("kr", NOW), b"yes")
    settings = world.tw.folder / "node.toml"
    settings.write_text(settings.read_text().replace((NOW + 40 * DAY).isoformat(), (NOW + 41 * DAY).isoformat()))
    again = Node.open(world.tw.folder)
    try:
        (said,) = warnings_of(again.setting, again.updates.of(), NOW)
        assert "kr was not asked by message" in said
    finally:
        again.close()


def test_a_partner_with_a_key_of_its_own_sees_no_switch(world: World) -> None:
    world.follows(20)
    put = world.authority.issue("tw", "ecdsa", "sign")
    put_own_key(world.tw.folder, "sign-jp", put.private_key + put.certificate)
    file = world.tw.folder / "partners" / "jp" / "agreement.toml"
    file.write_text(file.read_text() + '\n[us]\nsign = "sign-jp"\n')
    node = Node.open(world.tw.folder)
    try:
        (switch,) = switches_of(node.setting, [])
        assert [one.partner for one in switch.partners] == ["kr"]
    finally:
        node.close()


def test_all_see_our_key_for_tls(world: World) -> None:
    world.follows(20, "tls")
    node = Node.open(world.tw.folder)
    try:
        (switch,) = switches_of(node.setting, [])
        assert (switch.purpose, len(switch.partners)) == ("tls", 2)
    finally:
        node.close()
