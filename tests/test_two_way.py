"""Two-way exchanges between two whole nodes on loopback TLS: push-and-push and push-and-pull."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.ebms.namespaces import PUSH_AND_PULL, PUSH_AND_PUSH
from node.ebms.states import OutboundState
from node.msh.submit import Submission
from node.store.finding import Witness
from node.store.invariants import check
from tests.homes import ACTION, SERVICE, make_pair
from tests.services import delivered, ended, serving

ANSWER = f'\n[[service]]\nvalue = "{SERVICE}"\nactions = ["co.answer"]\nanswers = "{ACTION}"\n'
PULLED = 'binding = "pull"\nmpc = "urn:n2n:mpc:answers"\n[leg.x.pull]\ninterval = "200ms"\n'


@pytest.mark.parametrize(
    ("more", "binding"), [("", PUSH_AND_PUSH), (PULLED, PUSH_AND_PULL)], ids=["push-and-push", "push-and-pull"]
)
def test_an_answer_comes_back_in_the_same_conversation(tmp_path: Path, document: Path, more: str, binding: str) -> None:
    async def story() -> None:
        tw, kr = make_pair(tmp_path, more=ANSWER + more)
        async with serving(tw) as here, serving(kr) as there:
            assert {one.mep_binding for one in here.node.setting.agreements.pmodes("kr") if not one.test_service} == {binding}
            asked = here.node.submit(Submission("kr", ACTION, (here.node.payload(document, "application/xml"),))).message_id
            here.push.wake()
            await ended(here.node, asked, OutboundState.ACKNOWLEDGED)
            await delivered(there.node, asked)
            payload = (there.node.payload(document, "application/xml"),)
            answer = there.node.submit(Submission("tw", "co.answer", payload, ref_to_message_id=asked)).message_id
            there.push.wake()
            await delivered(here.node, answer)
            await ended(there.node, answer, OutboundState.ACKNOWLEDGED)
            (got,) = here.node.messages.inbound(answer)
            sent = here.node.messages.exchange(asked)
            assert sent is not None
            # Parties and roles have changed places.
            assert got.user_message.from_party == sent.user_message.to_party
            assert got.user_message.to_party == sent.user_message.from_party
            assert got.user_message.message_info.ref_to_message_id == asked
            said = got.user_message.collaboration_info.conversation_id
            assert said == sent.user_message.collaboration_info.conversation_id
            # Both legs are one conversation to an operator.
            assert (
                len(here.node.messages.exchanges(conversation_id=said) + here.node.messages.inbounds(conversation_id=said)) == 2
            )  # type: ignore[operator]
            for node in (here.node, there.node):
                assert list(check(node.messages, Witness(datetime.now(UTC), serving=True))) == []

    asyncio.run(story())
