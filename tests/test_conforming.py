"""The cases against a real node under agreements of each pattern; what is sent never reaches its business, and a defence that is off is found."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.conforming import Conforming, Surroundings
from node.ebms.states import InboundState, OutboundEvent
from node.msh.ports import HttpAnswer, Outgoing, TransportError
from node.onboarding.cases import CASES, Outcome
from node.probing import Post, Probing
from tests.bars.nodes import Process
from tests.homes import ACTION, Side, make_pair
from tests.services import submission

CALLBACK = '[leg.security.send_receipt]\nreply_pattern = "Callback"\n[leg.error_handling.report]\nas_response = false\n'
PULL = 'binding = "pull"\nmpc = "urn:n2n:mpc:test"\n'
#: A preset that encrypts nothing and compresses nothing, with what makes every other case apply.
PLAIN = (
    '[leg.security.x509.encryption]\nencrypt = false\n[leg.payload_service]\ncompression_type = "none"\n'
    '[[weakened]]\nparameter = "leg.security.x509.encryption.encrypt"\nreason = "a test"\n'
)
SIZE = "[leg.business_info]\npayload_profile_max_size = 300\n"


@contextmanager
def served(*sides: Side) -> Iterator[None]:
    running = [Process(one.folder) for one in sides]
    try:
        yield
    finally:
        for one in running:
            one.stop()


def conforming(node: Node, post: Post, *, served: bool = True, came: Any = None, **ports: Any) -> dict[str, Outcome]:
    around = Surroundings(post, time.sleep, node.messages, node.setting.agreements.pmodes("kr"), lambda: came, served)
    probing = Probing("kr", replace(node.ports, **ports))
    return {one.case.id: one for one in Conforming(probing, around).outcomes()}


def ran(tw: Side, kr: Side, *both: Side) -> dict[str, Outcome]:
    with served(kr, *both):
        node = Node.open(tw.folder)
        try:
            with node.posting_directly() as post:
                return conforming(node, post)
        finally:
            node.close()


def results(found: Mapping[str, Outcome]) -> dict[str, str]:
    return {name: one.result.value for name, one in found.items() if one.result.value != "passed"}


def delivered(side: Side) -> list[Any]:
    node = Node.open(side.folder)
    try:
        return [one for one in node.messages.inbounds(500) if not one.test_service or one.state is not InboundState.ACCEPTED]
    finally:
        node.close()


def test_a_partner_of_our_own_make_passes_all_that_apply_and_its_business_sees_nothing(tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path, more=SIZE)
    found = ran(tw, kr)
    assert list(found) == [one.id for one in CASES]
    assert results(found) == {
        "RCT-08": "not applicable",
        "SIG-13": "not applicable",
        "HDR-12": "not applicable",
        "PUL-04": "not applicable",
        "PUL-05": "not applicable",
        "PUL-07": "not applicable",
        "TWO-01": "not applicable",
        "SPL-01": "not applicable",
        # Nothing of kr's was sent to us.
        "PNG-06": "inconclusive",
    }
    assert found["LRG-01"].answer is not None
    assert found["LRG-01"].answer.octets > 300_000
    assert (found["NEG-01"].alive, found["PNG-01"].alive) == (True, None)
    assert delivered(kr) == []
    assert not (kr.folder / "data" / "inbox").exists()


def test_without_encryption_and_compression_the_other_cases_apply(tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path, more=PLAIN)
    found = ran(tw, kr)
    left_out = {name for name, result in results(found).items() if result == "not applicable"}
    assert {"ENC-10", "ENC-12", "ENC-13", "CMP-04", "CMP-08", "LRG-04"} < left_out
    assert found["SIG-13"].result.value == "passed"
    assert found["ENC-10"].note == "no encryption is agreed"


def test_answers_by_callback_are_awaited_where_the_home_is_served(tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path, more=CALLBACK)
    node = Node.open(tw.folder)
    with served(kr), node.posting_directly() as post:
        alone = conforming(node, post, served=False)
    node.close()
    assert "nobody serves this home" in alone["PNG-01"].why
    found = ran(tw, kr, tw)
    wrong = {name: one.sentence() for name, one in found.items() if not one.passed}
    assert set(wrong) == {"PNG-06"}, wrong
    assert found["RCT-08"].result.value == "passed"
    answer = found["SIG-14"].answer
    assert answer is not None
    assert (answer.code, answer.receipt) == ("EBMS:0101", False)
    assert results(found)["RLY-05"] == "not applicable"
    assert delivered(kr) == []


@pytest.mark.parametrize("restarted", [False, True])
def test_whoever_serves_leaves_a_case_by_callback_alone_and_a_new_start_does_not_lose_its_answer(
    tmp_path: Path, restarted: bool
) -> None:
    tw, kr = make_pair(tmp_path, more=CALLBACK)
    with served(kr, tw):
        node = Node.open(tw.folder)
        with node.posting_directly() as post:

            def meanwhile(outgoing: Outgoing) -> HttpAnswer:
                # What the serving node does every few seconds, and at its start.
                now = node.clock.now()
                if restarted:
                    assert node.messages.recover(now) == 1
                else:
                    assert node.messages.lapsed(now) == 0
                return post(outgoing)

            probing = Probing("kr", node.ports)
            probe = probing.probe()
            said, _ = probing.ask_and_wait(probe, meanwhile, node.messages, time.sleep)
        assert said.receipt
        steps = [one.event for one in node.messages.history(said.message_id)]
        # After a new start it is sent again, unless the receipt was faster.
        assert restarted or steps.count(OutboundEvent.ATTEMPT_STARTED) == 1
        node.close()


def test_a_case_by_callback_is_nobody_elses_from_the_first_moment_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tw, kr = make_pair(tmp_path, more=CALLBACK)
    node = Node.open(tw.folder)
    real, claimed = node.messages.packaged, []

    def packaged(made: Any, at: Any) -> None:
        # What a node that serves does all the time.
        claimed.extend(node.messages.claim("another", 9, node.clock.now()))
        real(made, at)

    monkeypatch.setattr("node.probing.CALLBACK", timedelta())
    monkeypatch.setattr(type(node.messages), "packaged", lambda _self, made, at: packaged(made, at))
    with served(kr), node.posting_directly() as post:
        probing = Probing("kr", node.ports)
        probing.ask_and_wait(probing.probe(), post, node.messages, lambda _: None)
    assert claimed == []
    node.close()


def test_where_we_pull_the_channel_is_looked_into_and_strangers_get_nothing(tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path, more=PULL)
    with served(kr):
        there = Node.open(kr.folder)
        file = tmp_path / "d.xml"
        file.write_bytes(b"<d/>")
        message_id = there.submit(submission(there, file, "tw")).message_id
        node = Node.open(tw.folder)
        with node.posting_directly() as post:
            found = conforming(node, post)
            again = conforming(node, post)
        there.close()
        assert {name: found[name].result.value for name in ("PUL-04", "PUL-05", "PUL-07")} == dict.fromkeys(
            ("PUL-04", "PUL-05", "PUL-07"), "passed"
        )
        # What waited there is not lost: it was taken in as any pull takes it.
        assert [one.message_id for one in node.messages.inbounds() if one.action == ACTION] == [message_id]
        assert again["PUL-04"].answer is not None
        assert again["PUL-04"].answer.code == "EBMS:0006"
        node.close()


def test_a_message_of_theirs_shows_the_other_direction(tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path)
    node = Node.open(tw.folder)
    with served(kr), node.posting_directly() as post:
        found = conforming(node, post, came=("m@kr", node.clock.now()))
    node.close()
    assert found["PNG-06"].result.value == "passed"
    assert found["PNG-06"].row()["sent"]["message_id"] == "m@kr"


def test_whoever_does_not_answer_is_not_asked_fifty_times(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    node = Node.open(tw.folder)
    asked = []

    def nobody(outgoing: Any) -> HttpAnswer:
        asked.append(outgoing)
        raise TransportError("nobody there")

    found = conforming(node, nobody)
    assert len(asked) == 1
    assert found["SIG-14"].why == "not sent, since a plain test message gets no receipt: gate 3 first"
    node.close()


def test_a_partner_that_falls_silent_is_left_alone_after_three_cases(tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path)
    node = Node.open(tw.folder)
    asked = []
    with served(kr), node.posting_directly() as post:

        def two_alone(outgoing: Any) -> HttpAnswer:
            asked.append(outgoing)
            if len(asked) > 2:
                raise TransportError("nobody there")
            return post(outgoing)

        found = conforming(node, two_alone)
    node.close()
    assert found["RLY-05"].result.value == "passed"
    assert len(asked) < 12
    assert "the last 3 cases" in found["NEG-01"].why
    assert "nothing" not in found["PNG-06"].why


def test_a_partner_that_takes_everything_is_found(tmp_path: Path) -> None:
    """Each case that is to be refused fails against who receipts whatever comes."""
    tw, kr = make_pair(tmp_path)
    node = Node.open(tw.folder)
    with served(kr), node.posting_directly() as post:
        probing = Probing("kr", node.ports)

        class Lenient(Probing):
            def ask(self, probe: Any, post: Any) -> Any:
                said, answer = probing.ask(probing.probe(), post)
                return replace(said, sent="", message_id=probe.outgoing.message_id), answer

        around = Surroundings(post, time.sleep, node.messages, node.setting.agreements.pmodes("kr"), lambda: None, True)
        found = {one.case.id: one for one in Conforming(Lenient("kr", node.ports), around).outcomes()}
    node.close()
    noted = {one.id for one in CASES if one.receipt_too}
    refused = {one.id for one in CASES if one.expects.value in ("error", "refusal", "calm")}
    failed = {name for name, one in found.items() if one.result.value == "failed"}
    left_out = {name for name, one in found.items() if one.result.value == "not applicable"}
    assert failed == refused - noted - left_out
    assert len(failed) >= 19
