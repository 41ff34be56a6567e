"""Our own list between two whole nodes: published, answered, lost and caught up, and asked about in real time."""

import asyncio

import pytest

from node.ebms.states import OutboundState
from tests.own_lists import make_arranged_pair, put, row, tin
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


def followed(service, *wanted):
    """Sweep until the sets for the partner are these, the latest first."""

    def swept():
        tell(service)
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
            await followed(here, ("FULL", 2, "READ"))
            assert at(there.node) == 2
            assert [status_there(there.node, number) for number in (1, 2, 3)] == ["ACTIVE", "ACTIVE", None]
            # A new name waits for the next list, a suspension does not.
            put(here.node, row(1, name="Other"), row(2, "SUSPENDED"))
            await followed(here, ("URGENT", 3, "READ"), ("FULL", 2, "TAKEN"))
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
                await followed(here, ("FULL", 3, "READ"))
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
                await followed(here, ("FULL", 7, "READ"), ("URGENT", 5, "REFUSED"), ("URGENT", 4, "TAKEN"), ("FULL", 3, "TAKEN"))
                assert [status_there(there.node, number) for number in (1, 2, 3)] == ["ACTIVE", "SUSPENDED", "REVOKED"]
                assert tell(here) == 0
                put(here.node, row(1, "WITHDRAWN"))
                await until(lambda: tell(here) or status_there(there.node, 1), "WITHDRAWN")

    asyncio.run(story())
