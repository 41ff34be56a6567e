"""The lists of nights on both databases: what is made once, what is caught up with, and when two lists can be compared."""

import logging
from datetime import timedelta

import pytest

from node.app import Node
from node.customs.filing.registration import IN, Carried, unjudged
from node.customs.finding import Outcome
from node.customs.making.heading import Heading
from node.customs.making.manifest import make_manifest
from node.customs.making.response import Answered, make_response
from node.customs.reconciling.entry import Period, View
from node.customs.reconciling.nights import manifest_id
from node.msh.octets import HeldOctets
from node.msh.submit import Payload, Submission
from node.reconciling import NoNight, partners
from tests.customs_pair import make_customs_pair
from tests.exchanges.test_documents import fresh
from tests.two_nights import ENDS, after, set_dial

DAY = timedelta(days=1)


@pytest.fixture
def dial(monkeypatch):
    return set_dial(monkeypatch)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def side(request, tmp_path, dial):
    tw, _ = make_customs_pair(tmp_path)
    if request.param == "postgres":
        toml = tw.folder / "node.toml"
        url = request.getfixturevalue("postgres").database()
        toml.write_text(toml.read_text().replace("[store]\n", f'[store]\ndatabase = "{url}"\n'))
    return tw


@pytest.fixture
def node(side):
    opened = Node.open(side.folder)
    yield opened
    opened.close()


def notice(number: str) -> bytes:
    octets = fresh("not-normal-outage", SenderAuthority="TW-CUSTOMS", RecipientAuthority="KR-KCS")
    return octets.replace(b"KR-N-2026-0044", number.encode())


def send(node, number="TW-N-1") -> str:
    payload = Payload(HeldOctets(notice(number)), "application/xml")
    return node.submit(Submission("kr", "not.notice", (payload,))).message_id


def sent(node) -> list[str]:
    """The numbers of our manifests, the latest first."""
    found = [one for one in node.documents.entries(999) if one.about.type_id == "rec.manifest"]
    return [one.about.number for one in found if one.carried.direction == "out"]


def came(node, period: Period, entries=(), seen=None, most: int = 10_000) -> list[str]:
    """Their manifest comes; the outcome of each part."""
    at = node.clock.now()
    seen = (seen or at).replace(microsecond=0)
    heading = Heading(f"urn:uuid:{seen.timestamp()}-{period.begins.timestamp()}", "9", at, "KR-KCS", "TW-CUSTOMS")
    parts = make_manifest(heading, manifest_id(period), View("KR-KCS", period, seen, list(entries)), most=most)
    return [part_came(node, octets, f"{heading.message_id[9:]}-{number}") for number, octets in enumerate(parts)]


def part_came(node, octets: bytes, name: str) -> str:
    return node.checking._registered(
        octets, Carried(IN, f"{name}@kr.example", "kr"), "rec.manifest", node.clock.now()
    ).entry.outcome


def theirs(node, period: Period):
    """What the partner has on file, if it has everything."""
    from dataclasses import replace

    found = node.reconciling.entries("kr", period, node.clock.now())
    return [replace(one, direction=one.direction.mirrored, level="L1", outcome="", level_at=one.registered_at) for one in found]


def receipts(node, message_id: str) -> None:
    """The register is told that a message was received, as the push worker would."""
    values = {"id": message_id, "event": "RECEIPT_MATCHED", "at": node.clock.now().isoformat(timespec="microseconds")[:-6] + "Z"}

    def work(cursor):
        (row,) = cursor.execute(f"SELECT id FROM exchange WHERE message_id = '{values['id']}'", {}).fetchall()
        cursor.execute(
            "INSERT INTO history (direction, owner_id, at, from_state, event, to_state, detail)"
            f" VALUES ('out', {row[0]}, '{values['at']}', 'A', '{values['event']}', 'B', '')",
            {},
        )

    node.messages.writer.run(work)


def test_the_first_night_is_one_in_which_something_was_exchanged(node, dial):
    assert partners(node.setting.agreements) == ["kr"]
    dial.turn(after(dial.now()))
    assert (node.reconcile(), sent(node)) == (0, [])
    send(node)
    assert node.reconcile() == 0
    dial.turn(dial.now() + DAY)
    assert node.reconcile() == 1
    (number,) = sent(node)
    assert number.endswith("T1600Z/1")
    # From then on a night of nothing is a list too; after a long stop all are made.
    dial.turn(dial.now() + 3 * DAY)
    assert node.reconcile() == 3
    # Each is of another night, and one after the other.
    found = node.reconciling.nights.nights("kr", 9)
    assert [one.period.ends for one in found[1:]] == [one.period.begins for one in found[:-1]]
    assert node.reconcile() == 0
    assert all(one.period.ends.time() == ENDS for one in found)


def test_whoever_makes_it_and_however_often_it_goes_out_once(side, dial):
    node = Node.open(side.folder)
    send(node)
    dial.turn(after(dial.now()))
    # The process dies after it has made the list and before anything was submitted.
    assert node.reconciling.sweep() == 1
    (owed,) = node.documents.owed(9)
    assert node.messages.exchange(owed.entry.carried.message_id) is None
    node.close()
    node, other = Node.open(side.folder), Node.open(side.folder)
    dial.turn(dial.now() + timedelta(minutes=1))
    assert (node.reconciling.sweep(), other.reconciling.sweep()) == (0, 0)
    assert node.answer() == 1
    assert (other.answer(), node.answer()) == (0, 0)
    assert len(sent(node)) == 1
    exchange = node.messages.exchange(owed.entry.carried.message_id)
    assert exchange.user_message.collaboration_info.action == "rec.manifest"
    assert exchange.user_message.message_info.ref_to_message_id is None
    other.close()
    node.close()


def test_a_list_of_many_goes_out_in_parts_whole_or_not_at_all(node, dial, monkeypatch):
    monkeypatch.setattr("node.store.documents._PAGE", 2)
    monkeypatch.setattr("node.reconciling.make_manifest", lambda *how: make_manifest(*how, most=2))
    for number in range(5):
        send(node, f"TW-N-{number}")
    dial.turn(after(dial.now()))
    assert node.reconcile() == 1
    assert [number.rpartition("/")[2] for number in sent(node)] == ["3", "2", "1"]


def test_theirs_is_compared_when_every_part_has_come(node, dial):
    message_ids = [send(node, f"TW-N-{number}") for number in range(3)]
    for message_id in message_ids:
        receipts(node, message_id)
    dial.turn(after(dial.now()))
    assert node.reconcile() == 1
    (night,) = node.reconciling.nights.nights("kr", 9)
    entries = theirs(node, night.period)
    heading = Heading("urn:uuid:theirs", "9", node.clock.now(), "KR-KCS", "TW-CUSTOMS")
    view = View("KR-KCS", night.period, node.clock.now().replace(microsecond=0), entries)
    first, second = make_manifest(heading, night.number, view, most=2)
    assert part_came(node, first, "p1") == "AP"
    assert node.reconciling.compare(night) is None
    assert part_came(node, second, "p2") == "AP"
    assert node.reconciling.compare(night).agrees
    # Both parts are told so: the step L2 when they came, L4 when that has arrived.
    node.answer()
    answers = [one for one in node.documents.entries() if one.about.type_id == "gen.response"]
    assert len(answers) == 4
    assert [one.sending for one in answers] == ["DUE"] * 2 + ["SENT"] * 2
    assert node.documents.standing("KR-KCS", "urn:uuid:theirs").level == "L4"
    # Compared again, nothing more is owed.
    assert node.reconciling.compare(night).agrees
    assert node.answer() == 0


def test_with_the_night_before_nothing_is_left_undecided(node, dial):
    """A document that we sent a minute before the end, and that they have registered a minute after."""
    from dataclasses import replace

    receipts(node, send(node, "TW-N-1"))
    dial.turn(after(dial.now()) - timedelta(minutes=2))
    message_id = send(node, "TW-N-2")
    receipts(node, message_id)
    dial.turn(dial.now() + timedelta(minutes=2))
    assert node.reconcile() == 1
    (night,) = node.reconciling.nights.nights("kr", 9)
    everything = theirs(node, night.period)
    late = [one for one in everything if one.transport_id == message_id]
    moved = [
        replace(one, registered_at=one.registered_at + timedelta(minutes=2), level_at=one.level_at + timedelta(minutes=2))
        for one in late
    ]
    early = [one for one in everything if one not in late]
    dial.turn(dial.now() + timedelta(minutes=10))
    assert came(node, night.period, early) == ["AP"]
    result = node.reconciling.compare(night)
    # What was registered within the grace of the end is looked at with the next night.
    assert (result.verdict.outcome.value, result.agreed, result.differences) == ("AP", 1, ())
    dial.turn(dial.now() + DAY)
    assert node.reconcile() == 1
    following = node.reconciling.nights.nights("kr", 1)[0]
    ours = [one for one in theirs(node, following.period) if one.type_id in {"rec.manifest", "gen.response"}]
    assert came(node, following.period, [*moved, *ours]) == ["AP"]
    result = node.reconciling.compare(following)
    assert [one for one in result.differences if one.type_id == "not.notice"] == []
    assert result.period.begins == night.period.ends - timedelta(hours=1)


def test_a_partner_without_authorities_is_told_of_and_the_others_go_on(side, dial, caplog):
    agreement = side.folder / "partners" / "kr" / "agreement.toml"
    node = Node.open(side.folder)
    send(node)
    node.close()
    agreement.write_text(agreement.read_text().replace('theirs = ["KR-KCS"]\n', ""))
    node = Node.open(side.folder)
    dial.turn(after(dial.now()))
    with caplog.at_level(logging.ERROR):
        assert node.reconcile() == 0
    assert "the agreement with kr names no authorities" in caplog.text
    with pytest.raises(NoNight, match="has not ended"):
        node.reconciling.ending(node.clock.now() + DAY)
    node.close()


def test_without_the_action_nobody_is_sent_a_list_and_no_pack_is_read(side, dial):
    agreement = side.folder / "partners" / "kr" / "agreement.toml"
    agreement.write_text(agreement.read_text().replace('"rec.manifest"', '"rec.other"'))
    node = Node.open(side.folder)
    assert (node.reconcile(), partners(node.setting.agreements)) == (0, [])
    assert "checking" not in vars(node)
    node.close()


def test_a_list_tells_what_was_known_at_its_moment_and_of_no_later_one(node, dial):
    message_id = send(node)
    receipts(node, message_id)
    (document,) = node.documents.carried_by("out", message_id)
    period = Period(node.clock.now() - DAY, node.clock.now() + DAY)
    dial.turn(dial.now() + timedelta(minutes=10))
    before = node.clock.now()
    dial.turn(dial.now() + timedelta(minutes=10))
    heard = node.clock.now()
    # The clock of the partner is an hour ahead.
    heading = Heading("urn:uuid:r1", "11", heard + timedelta(hours=1), "KR-KCS", "TW-CUSTOMS", document.about.document_id)
    answered = Answered(document.about.document_id, "not.notice", document.digest)
    octets = make_response(heading, answered, "L2", Outcome.ACCEPTED)
    carried = Carried(IN, "r1@kr.example", "kr")
    node.documents.record(unjudged(octets, node.checking.packs, node.documents, carried, heard), None)

    def listed(at):
        found = {one.type_id: one for one in node.reconciling.entries("kr", period, at)}
        return found["not.notice"], set(found)

    one, types = listed(before)
    assert (one.standing, types) == ("L1", {"not.notice"})
    one, types = listed(heard)
    assert (one.standing, one.level_at, types) == ("L2 AP", heard, {"not.notice", "gen.response"})
