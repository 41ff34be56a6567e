"""Our own list between two whole nodes: published, answered, lost and caught up, and asked about in real time."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from node.cli.root import run
from node.customs.operators import outbound
from node.customs.operators.asking import RESPONSE, read_answer
from node.ebms.states import OutboundState
from node.msh.intervention import Intervention
from tests.exchanges.test_origin import answered
from tests.own_lists import TW_AEO, make_arranged_pair, put, row, tin
from tests.services import delivered, ended, serving


@pytest.fixture
def pair(tmp_path):
    return make_arranged_pair(tmp_path)


async def until(asked, wanted):
    found = None
    try:
        async with asyncio.timeout(20):
            while (found := asked()) != wanted:  # noqa: ASYNC110 - the store has no event to wait for
                await asyncio.sleep(0.02)
    except TimeoutError:
        assert found == wanted
        raise


def tell(service):
    """One sweep now."""
    done = service.node.publish()
    service.push.wake()
    return done


def status_there(node, number):
    found = node.operators.find(tin(number))
    return found[0].current.record.status if found and found[0].current else None


def states(node):
    return [(one.mode, one.sequence, one.state) for one in node.lists_out.sets("kr", "TW-AEO", 50)]


def at(node):
    return node.operators.latest_sequence("TW-CUSTOMS", "TW-AEO")


def followed(service, other, *wanted):
    """Sweep until the sets for the partner are these, the latest first; a later answer waits there until the earlier one has arrived."""

    def swept():
        tell(service)
        if other.node.answer():
            other.push.wake()
        return states(service.node)

    return until(swept, list(wanted))


def cut(kr):
    """What comes from tw is not judged there, so that it is lost to the register."""
    agreement = kr.folder / "partners" / "tw" / "agreement.toml"
    agreement.write_text(agreement.read_text().replace("[documents]\n", "[documents]\ncheck = false\n"))


def mended(kr):
    agreement = kr.folder / "partners" / "tw" / "agreement.toml"
    agreement.write_text(agreement.read_text().replace("check = false\n", ""))


def test_a_list_goes_out_by_itself_and_what_is_urgent_at_once(pair):
    tw, kr = pair

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            # Nothing was imported.
            assert (tell(here), states(here.node)) == (0, [])
            put(here.node, row(1), row(2), row(3, consent="NONE"))
            await followed(here, there, ("FULL", 2, "READ"))
            assert at(there.node) == 2
            assert [status_there(there.node, number) for number in (1, 2, 3)] == ["ACTIVE", "ACTIVE", None]
            # A new name waits for the next list, a suspension does not.
            put(here.node, row(1, name="Other"), row(2, "SUSPENDED"))
            await followed(here, there, ("URGENT", 3, "READ"), ("FULL", 2, "TAKEN"))
            (urgent,) = here.node.lists_out.since("kr", "TW-AEO", 3)
            assert here.node.messages.exchange(urgent.message_id).priority == 9
            assert [status_there(there.node, number) for number in (1, 2, 3)] == ["ACTIVE", "SUSPENDED", None]
            assert tell(here) == 0

    asyncio.run(story())


def test_a_list_that_was_lost_is_a_gap_that_a_full_list_closes(pair):
    tw, kr = pair

    async def story():
        async with serving(tw) as here:
            async with serving(kr) as there:
                put(here.node, row(1), row(2), row(3))
                await followed(here, there, ("FULL", 3, "READ"))
            cut(kr)
            async with serving(kr) as there:
                put(here.node, row(2, "SUSPENDED"))
                tell(here)
                (lost,) = here.node.lists_out.since("kr", "TW-AEO", 4)
                await ended(here.node, lost.message_id, OutboundState.ACKNOWLEDGED)
                await delivered(there.node, lost.message_id)
                assert status_there(there.node, 2) == "ACTIVE"
            mended(kr)
            async with serving(kr) as there:
                put(here.node, row(3, "REVOKED"))
                # RE with AEO-12 for the second one, then the whole list, once.
                await followed(
                    here, there, ("FULL", 7, "READ"), ("URGENT", 5, "REFUSED"), ("URGENT", 4, "TAKEN"), ("FULL", 3, "TAKEN")
                )
                assert [status_there(there.node, number) for number in (1, 2, 3)] == ["ACTIVE", "SUSPENDED", "REVOKED"]
                assert tell(here) == 0
                put(here.node, row(1, "WITHDRAWN"))
                await until(lambda: tell(here) or status_there(there.node, 1), "WITHDRAWN")

    asyncio.run(story())


ALL_STEPS = 'answers = ["L2", "L3", "L4"]\n'


def said(node, sequence):
    """Level, outcome, status, rules and records of each response to the last part of a set, the first one first."""
    part = node.lists_out.since("kr", "TW-AEO", sequence)[-1]
    return [
        (one.level, one.outcome, one.status, [wrong.rule for wrong in one.rejections], dict(one.records))
        for one in reversed(node.publishing.said(part.document_id))
    ]


def test_every_record_of_a_change_is_answered_and_a_set_of_several_parts_when_it_is_whole(tmp_path, monkeypatch):
    tw, kr = make_arranged_pair(tmp_path, documents=ALL_STEPS)
    monkeypatch.setattr(outbound, "PART", 2)

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            put(here.node, *map(row, range(1, 6)))
            await followed(here, there, ("FULL", 5, "TAKEN"))
            parts = here.node.lists_out.since("kr", "TW-AEO", 0)
            assert [(one.part, one.state) for one in parts] == [(1, "TAKEN"), (2, "TAKEN"), (3, "TAKEN")]
            # A full list tells of no single record.
            assert said(here.node, 5) == [("L2", "AP", "", [], {}), ("L3", "AP", "", [], {}), ("L4", "AP", "", [], {})]
            put(here.node, row(1, "SUSPENDED"), row(2, "REVOKED"))
            await followed(here, there, ("URGENT", 7, "TAKEN"), ("FULL", 5, "TAKEN"))
            assert said(here.node, 7)[-1] == ("L4", "AP", "", [], {"AP": 2})
            assert status_there(there.node, 1) == "SUSPENDED"

    asyncio.run(story())


@pytest.mark.parametrize("answers", ["", ALL_STEPS])
def test_parts_that_do_not_make_their_digest_are_refused_when_the_last_has_come(tmp_path, monkeypatch, answers):
    tw, kr = make_arranged_pair(tmp_path, documents=answers)
    monkeypatch.setattr(outbound, "PART", 2)
    right = outbound.documents

    def wrong(publication, *rest):
        monkeypatch.setattr(outbound, "documents", right)
        return right(replace(publication, digest="A" * 43 + "="), *rest)

    monkeypatch.setattr(outbound, "documents", wrong)

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            put(here.node, row(1), row(2), row(3))
            # The whole list again, at once and once.
            good = "TAKEN" if answers else "READ"
            await followed(here, there, ("FULL", 4, good), ("FULL", 3, "REFUSED"))
            refused = [one.state for one in here.node.lists_out.since("kr", "TW-AEO", 0) if one.sequence == 3]
            assert refused == ["REFUSED", "REFUSED"]
            rejected = here.node.publishing.rejected(TW_AEO, "kr", 5)
            assert {(part.sequence, one.rule, one.where) for part, one in rejected} == {(3, "AEO-15", "/AeoRecordSet/SetDigest")}
            assert rejected[0][1].zh == "名單摘要值與紀錄不符。"
            assert [status_there(there.node, number) for number in (1, 2, 3)] == ["ACTIVE", "ACTIVE", "ACTIVE"]

    asyncio.run(story())


def test_a_set_that_a_newer_one_has_overtaken_is_told_to_be_superseded(tmp_path, monkeypatch):
    tw, kr = make_arranged_pair(tmp_path, documents=ALL_STEPS)
    monkeypatch.setattr(outbound, "PART", 2)
    right = outbound.documents
    # The second part never goes.
    monkeypatch.setattr(outbound, "documents", lambda *all_: list(right(*all_))[:1])

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            put(here.node, row(1), row(2), row(3))
            await followed(here, there, ("FULL", 3, "READ"))
            assert at(there.node) == 0
            monkeypatch.setattr(outbound, "documents", right)
            here.node.publishing.publish(TW_AEO, arrangement(here.node), "FULL", here.node.clock.now())
            tell(here)
            await until(lambda: at(there.node), 4)
            (first,) = [one for one in here.node.lists_out.since("kr", "TW-AEO", 0) if one.sequence == 3]
            await followed(here, there, ("FULL", 4, "TAKEN"), ("FULL", 3, "TAKEN"))

            def status():
                there.node.answer()
                there.push.wake()
                return [one.status for one in here.node.publishing.said(first.document_id)][:1]

            await until(status, ["SUPERSEDED"])

    asyncio.run(story())


def arrangement(node):
    return node.setting.arrangements.by_partner["kr"]


def test_an_agreement_without_answers_gets_none(tmp_path):
    tw, kr = make_arranged_pair(tmp_path, documents='answers = ["none"]\n')

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            put(here.node, row(1))
            tell(here)
            await until(lambda: at(there.node), 1)
            await until(lambda: [one.about.type_id for one in there.node.documents.entries()], ["aeo.recordset"])
            tell(here)
            assert states(here.node) == [("FULL", 1, "SENT")]
            # What follows goes out all the same.
            put(here.node, row(1, "SUSPENDED"))
            await until(lambda: tell(here) or status_there(there.node, 1), "SUSPENDED")

    asyncio.run(story())


def test_a_partner_is_asked_for_an_operator_and_answers_on_the_connection(pair):
    tw, kr = pair

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            put(here.node, row(1), row(2, "SUSPENDED"), row(3, consent="NONE"))
            today = here.node.clock.now().date()

            async def answer(identifier, scheme="TIN", day=today):
                now = there.node.clock.now()
                made = there.node.asking.query("tw", scheme, identifier, day, None, "CLEARANCE", now)
                there.node.submit(made.submission)
                there.push.wake()
                told = read_answer(await answered(there.node, made.document_id, RESPONSE))
                return told.result, [(one.tin, one.status) for one in told.records]

            assert await answer(tin(1)) == ("FOUND", [(tin(1), "ACTIVE")])
            assert await answer("A1", "AEO") == ("FOUND", [(tin(1), "ACTIVE")])
            assert await answer(tin(2)) == ("FOUND", [(tin(2), "SUSPENDED")])
            # It is not known to have been anything before; one has not consented; one is of somebody else.
            assert await answer(tin(2), day=today - timedelta(days=1)) == ("NOT-FOUND", [])
            assert await answer(tin(3)) == ("NOT-FOUND", [])
            assert await answer("JP123456") == ("NOT-YOURS", [])
            # Before any list has come.
            assert there.node.operators.programmes() == []

    asyncio.run(story())


def test_officers_see_what_was_rejected_and_what_became_of_each_record(tmp_path, capsys):
    tw, kr = make_arranged_pair(tmp_path, documents=ALL_STEPS)

    def shown(*words):
        capsys.readouterr()
        assert run(["--home", str(tw.folder), *words], {}) == 0
        return capsys.readouterr().out

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            put(here.node, row(1), row(2))
            await followed(here, there, ("FULL", 2, "TAKEN"))
            put(here.node, row(1, "SUSPENDED"))
            await followed(here, there, ("URGENT", 3, "TAKEN"), ("FULL", 2, "TAKEN"))
            # A set that nobody there has got.
            here.node.own_operators.published("kr", "TW-AEO", lost(here.node), here.node.clock.now())
            put(here.node, row(2, "REVOKED"))
            await followed(
                *(here, there, ("FULL", 7, "TAKEN"), ("URGENT", 6, "REFUSED"), ("DELTA", 5, "")),
                *(("URGENT", 3, "TAKEN"), ("FULL", 2, "TAKEN")),
            )

    def lost(node):
        put(node, row(3))
        held = node.own_operators.held("kr", "TW-AEO")
        return outbound.plan(arrangement(node), "DELTA", 3, node.own_operators.records(TW_AEO), held, node.clock.now())

    asyncio.run(story())
    board = json.loads(shown("aeo", "board", "--json"))["partners"][0]
    (rejected,) = board["rejected"]
    assert (rejected["mode"], rejected["to"], rejected["rule"]) == ("URGENT", 6, "AEO-12")
    assert rejected["en"] == "Sequence 3 expected, 5 received: send FULL."
    assert [(one["mode"], one["state"]) for one in board["out"]][:2] == [("FULL", "TAKEN"), ("URGENT", "REFUSED")]
    assert "  rejected there              URGENT 6: AEO-12 /AeoRecordSet/SinceSequence Sequence 3" in shown("aeo", "board")
    assert "預期序號 3，收到 5：請傳送完整名單。" in shown("aeo", "board", "--lang", "zh-Hant")
    documents = json.loads(shown("document", "list", "--json"))["documents"]
    lists = [one["id"] for one in documents if one["type"] == "aeo.recordset"]
    assert "told               L4 AP, records: 1 AP" in shown("document", "show", str(lists[2]))
    assert "AEO-12 /AeoRecordSet/SinceSequence Sequence 3 expected" in shown("document", "show", str(lists[1]))


def test_lists_that_come_in_the_wrong_order_are_caught_up_by_a_full_one(pair):
    tw, kr = pair

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            put(here.node, row(1), row(2))
            await followed(here, there, ("FULL", 2, "READ"))
            for number in (1, 2):
                put(here.node, row(number, "SUSPENDED"))
                here.node.publishing.publish(TW_AEO, arrangement(here.node), "URGENT", here.node.clock.now())
            _, second = here.node.lists_out.due()
            # The second one is quicker.
            assert here.node.publishing._sent(second)
            here.push.wake()
            await ended(here.node, second.message_id, OutboundState.ACKNOWLEDGED)
            await delivered(there.node, second.message_id)
            await until(lambda: len(here.node.publishing.said(second.document_id)), 1)
            await followed(
                here, there, ("FULL", 6, "READ"), ("URGENT", 4, "REFUSED"), ("URGENT", 3, "TAKEN"), ("FULL", 2, "TAKEN")
            )
            assert [status_there(there.node, number) for number in (1, 2)] == ["SUSPENDED", "SUSPENDED"]

    asyncio.run(story())


def test_nothing_follows_a_list_that_a_person_there_has_to_decide(pair, capsys):
    tw, kr = pair

    def n2n(side, *words):
        capsys.readouterr()
        assert run(["--home", str(side.folder), *words, "--json"], {"USER": "kim"}) == 0
        return json.loads(capsys.readouterr().out)

    async def story():
        async with serving(tw) as here, serving(kr) as there:
            put(here.node, *map(row, range(1, 6)))
            await followed(here, there, ("FULL", 5, "READ"))
            # Three of five are gone: more than the profile lets pass by itself.
            put(here.node, *(row(number, consent="NONE") for number in (3, 4, 5)))
            here.node.publishing.publish(TW_AEO, arrangement(here.node), "FULL", here.node.clock.now())
            await followed(here, there, ("FULL", 8, "HELD"), ("FULL", 5, "READ"))
            put(here.node, row(1, "SUSPENDED"))
            assert (tell(here), len(states(here.node))) == (0, 2)
            (held,) = (await asyncio.to_thread(n2n, kr, "document", "list", "--held"))["documents"]
            await asyncio.to_thread(n2n, kr, "document", "release", str(held["id"]), "--reason", "they told us")
            # What waited goes at once.
            await followed(here, there, ("URGENT", 9, "READ"), ("FULL", 8, "TAKEN"), ("FULL", 5, "TAKEN"))
            assert [status_there(there.node, number) for number in (1, 2, 3)] == ["SUSPENDED", "ACTIVE", None]

    asyncio.run(story())


def test_a_list_that_was_given_up_is_followed_by_a_full_one(pair):
    tw, kr = pair

    async def story():
        async with serving(tw) as here:
            async with serving(kr) as there:
                put(here.node, row(1), row(2))
                await followed(here, there, ("FULL", 2, "READ"))
            put(here.node, row(1, "SUSPENDED"))
            await until(lambda: here.node.publish() or len(states(here.node)), 2)
            (lost,) = here.node.lists_out.since("kr", "TW-AEO", 3)
            here.node.order(Intervention.CANCEL, [lost.message_id], "as if its time were over")
            async with serving(kr) as there:
                await followed(here, there, ("FULL", 4, "READ"), ("URGENT", 3, "FAILED"), ("FULL", 2, "TAKEN"))
                assert status_there(there.node, 1) == "SUSPENDED"

    asyncio.run(story())
