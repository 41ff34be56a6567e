"""Pull, callback and two-way exchanges as agreements say them."""

import pytest

from node.ebms.namespaces import (
    INITIATOR,
    ONE_WAY,
    PULL,
    PULL_AND_PUSH,
    PUSH,
    PUSH_AND_PULL,
    PUSH_AND_PUSH,
    RESPONDER,
    SYNC,
    TEST_ACTION,
    TWO_WAY,
)
from node.msh.next_action import second_leg_of

SEND, ANSWER = 'actions   = ["Submit", "Revoke"]\n', 'value     = "urn:aeo"\nactions   = ["List"]\ndirection = "receive"\n'


def agreement(a, of_first="", of_second="", top=""):
    text = a.AGREEMENT.replace(SEND, SEND + 'direction = "send"\n' + of_first)
    return top + text.replace(ANSWER, ANSWER.replace("urn:aeo", "urn:co") + of_second)


def pmodes(load, text):
    loaded = load(xx=text)
    assert loaded.problems == []
    return {one.leg.business_info.action: one for one in loaded.pmodes("xx")}, loaded


PULLED = 'binding = "pull"\nmpc = "urn:mpc:xx"\n'


def test_what_the_partner_pulls_has_a_channel_and_no_address(load, a):
    found, loaded = pmodes(load, agreement(a, of_first=PULLED))
    one = found["Submit"]
    assert one.pulling is not None
    assert (one.leg.business_info.mpc, one.leg.protocol.address) == ("urn:mpc:xx", None)
    assert (one.mep, one.mep_binding) == (ONE_WAY, PULL)
    # Whoever pulls is the initiator (C D.3.1).
    assert (one.initiator.role, one.responder.role) == (RESPONDER, INITIATOR)
    receipt, errors = one.leg.security.send_receipt, one.leg.error_handling
    assert (receipt.reply_pattern, errors.as_response) == ("Callback", False)
    assert {pmode.leg.business_info.action for pmode in loaded.offered("urn:mpc:xx")} == {"Submit", "Revoke"}
    assert list(loaded.offered("urn:mpc:yy")) == []
    assert loaded.to_pull() == []


def test_what_we_pull_is_asked_for_and_receipted_where_the_partner_is(load, a):
    found, loaded = pmodes(load, agreement(a, of_second=PULLED, top='leg.x.pull.interval = "5s"\n'))
    one = found["List"]
    assert one.pulling is not None
    assert one.pulling.interval == 5
    assert one.leg.protocol.address == one.leg.security.send_receipt.reply_to == "https://as4.example.xx/as4"
    assert one.leg.error_handling.receiver_errors_to == "https://as4.example.xx/as4"
    assert loaded.to_pull() == [one]
    assert found["Submit"].mep_binding == PUSH


def test_a_profile_may_say_it_for_all_but_the_test(load, a):
    top = f'mep_binding = "{PULL}"\nleg.business_info.mpc = "urn:mpc"\nleg.business_info.sub_mpc_ext = "xx"\n'
    found, _ = pmodes(load, agreement(a, top=top))
    assert found["Submit"].leg.business_info.mpc == "urn:mpc/xx"
    test = found[TEST_ACTION]
    assert (test.pulling, test.mep_binding, test.leg.security.send_receipt.reply_pattern) == (None, PUSH, "Response")


@pytest.mark.parametrize(
    ("of_first", "of_second", "binding"), [("", "", PUSH_AND_PUSH), ("", PULLED, PUSH_AND_PULL), (PULLED, "", PULL_AND_PUSH)]
)
def test_an_answer_makes_both_legs_two_way(load, a, of_first, of_second, binding):
    found, _ = pmodes(load, agreement(a, of_first, of_second + 'answers = "Submit"\n'))
    assert [(found[one].mep, found[one].mep_binding) for one in ("Submit", "List")] == [(TWO_WAY, binding)] * 2
    assert found["Revoke"].mep == ONE_WAY
    assert (found["Submit"].answers, found["List"].answers) == ("", "Submit")
    # The initiator of the exchange is one party in both legs.
    sides = {(one.initiator.role, one.initiator.party_ids) for one in (found["Submit"], found["List"])}
    assert len(sides) == 2
    assert {role for role, _ in sides} == {INITIATOR, RESPONDER}


WRONG = [
    ({"of_first": 'binding = "pull"\n'}, "service[1].mpc: is required: what is pulled has a channel of its own"),
    ({"of_first": PULLED, "top": 'leg.x.pull.interval = "often"\n'}, "leg.x.pull.interval: 'often' is no length of time"),
    ({"of_first": 'binding = "fetch"\n'}, "service[1].binding: must be one of"),
    ({"of_first": PULLED, "top": "leg.security.pmode_authorize = true\n"}, "initiator.authorization.username: is required"),
    (
        {"of_second": 'answers = "Submt"\n'},
        "service[2].answers: no action 'Submt' is agreed in this service; did you mean 'Submit'?",
    ),
    ({"of_first": 'answers = "Revoke"\n'}, "service[1].answers: an answer goes the other way"),
    ({"of_first": PULLED, "of_second": PULLED + 'answers = "Submit"\n'}, "service[2].answers: both legs are pulled"),
]


@pytest.mark.parametrize(("how", "said"), WRONG, ids=[row[1][:50] for row in WRONG])
def test_what_cannot_work_is_told(load, a, how, said):
    loaded = load(xx=agreement(a, **how))
    assert any(said in one for one in loaded.problems), loaded.problems
    assert loaded.partners() == []


def test_explain_tells_the_pattern(load, a):
    _, loaded = pmodes(load, agreement(a, of_second=PULLED + 'answers = "Submit"\n'))
    told = [one.value for one in loaded.explain("xx")]
    assert "urn:co: List (receive, pulled on MPC urn:mpc:xx, answers Submit)" in told


def test_the_preset_of_the_pull_enhancement_pulls_everything_but_the_test(load, a):
    text = a.AGREEMENT.replace('"edelivery-as4-1.15"', '"edelivery-as4-1.15-pull"')
    assert any("service[1].mpc: is required" in one for one in load(xx=text).problems)
    found, loaded = pmodes(load, 'leg.business_info.mpc = "urn:mpc:xx"\n' + text)
    assert [found[one].mep_binding for one in ("Submit", "List", TEST_ACTION)] == [PULL, PULL, PUSH]
    assert len(loaded.to_pull()) == 1
    assert found["Submit"].leg.security.signature.sign


# -- said once for all services --------------------------------------------------------------------------------------

BINDINGS = [
    (PUSH_AND_PUSH, (False, False), False),
    (PUSH_AND_PULL, (False, True), False),
    (PULL_AND_PUSH, (True, False), False),
    (SYNC, (False, False), True),
]


@pytest.mark.parametrize(("binding", "pulled", "sync"), BINDINGS)
def test_a_two_way_binding_holds_for_every_service_that_says_no_other(load, a, binding, pulled, sync):
    top = f'mep = "{TWO_WAY}"\nmep_binding = "{binding}"\nleg.business_info.mpc = "urn:mpc"\n'
    text = agreement(a, of_second='answers = "Submit"\n', top=top).replace('["Submit", "Revoke"]', '["Submit"]')
    found, _ = pmodes(load, text)
    legs = found["Submit"], found["List"]
    assert [(one.mep, one.mep_binding) for one in legs] == [(TWO_WAY, binding)] * 2
    assert tuple(one.pulling is not None for one in legs) == pulled
    assert all((one.sync > 0) is sync for one in legs)
    assert (found[TEST_ACTION].mep_binding, found[TEST_ACTION].leg.security.send_receipt.reply_pattern) == (PUSH, "Response")
    # A service may say another, as before.
    found, _ = pmodes(load, text.replace('answers = "Submit"', 'answers = "Submit"\nbinding = "push"'))
    assert found["List"].pulling is None
    assert found["List"].sync == 0


def test_the_preset_for_two_way_needs_an_answer(load, a):
    text = agreement(a).replace('"edelivery-as4-1.15"', '"edelivery-as4-1.15-two-way"')
    assert any("service: PMode.MEP is twoWay, and no service answers another" in one for one in load(xx=text).problems)


@pytest.mark.parametrize(("mep", "binding"), [(ONE_WAY, PUSH_AND_PUSH), (TWO_WAY, PULL), (ONE_WAY, SYNC)])
def test_a_binding_goes_with_its_mep(load, a, mep, binding):
    top = f'mep = "{mep}"\nmep_binding = "{binding}"\nleg.business_info.mpc = "urn:mpc"\n'
    assert any(
        f"mep_binding: {binding} does not go with PMode.MEP {mep}" in one for one in load(xx=agreement(a, top=top)).problems
    )


# -- sync ------------------------------------------------------------------------------------------------------------

ON_CONNECTION = 'answers = "Submit"\nbinding = "sync"\n'


def test_an_answer_on_the_connection_of_its_request(load, a):
    found, loaded = pmodes(load, agreement(a, of_second=ON_CONNECTION, top='leg.x.sync.wait = "7s"\n'))
    first, second = found["Submit"], found["List"]
    assert (first.mep, first.mep_binding, first.sync, first.answers) == (TWO_WAY, SYNC, 7.0, "")
    assert (second.mep, second.mep_binding, second.sync, second.answers) == (TWO_WAY, SYNC, 7.0, "Submit")
    # There is no response left to the answer.
    receipt, errors = second.leg.security.send_receipt, second.leg.error_handling
    assert (receipt.reply_pattern, errors.as_response, second.pulling) == ("Callback", False, None)
    assert first.leg.security.send_receipt.reply_pattern == "Response"
    assert (found["Revoke"].mep, found["Revoke"].sync) == (ONE_WAY, 0.0)
    assert loaded.to_pull() == []


@pytest.mark.parametrize(
    ("of_first", "of_second", "top", "key", "said"),
    [
        ("", 'binding = "sync"\n', "", "service[2].answers", "only an answer can go back on a connection"),
        (PULLED, ON_CONNECTION, "", "service[2].binding", "is pulled, so it leaves no connection open"),
        ("", ON_CONNECTION, 'leg.x.sync.wait = "2m"\n', "leg.x.sync.wait", "less than leg.x.http.read_timeout (120 s)"),
        ("", ON_CONNECTION, 'leg.x.sync.wait = "soon"\n', "leg.x.sync.wait", "soon"),
    ],
)
def test_sync_that_cannot_work(load, a, of_first, of_second, top, key, said):
    (problem,) = load(xx=agreement(a, of_first, of_second, top)).problems
    assert key in problem
    assert said in problem


def test_sync_needs_an_address_for_receipts(load, a):
    text = "\n".join(line for line in agreement(a, of_second=ON_CONNECTION).splitlines() if not line.startswith("url"))
    assert any("partner.url" in one and "answers that come too late, are posted" in one for one in load(xx=text).problems)


def test_no_channel_is_called_like_that_of_an_answer(load, a):
    (problem,) = load(xx=agreement(a, of_first=PULLED.replace("urn:mpc:xx", second_leg_of("m@h")))).problems
    assert "'second leg of m@h' is no URI" in problem
