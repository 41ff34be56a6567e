"""A message finds its P-Mode, or learns (in our log alone) which came closest."""

import pytest

from node.agreements.matching import Index
from node.ebms.errors import EbmsError, ProcessingModeMismatch, ValueNotRecognized
from node.ebms.message import AgreementRef, PartyId, Service
from node.ebms.namespaces import INITIATOR, RESPONDER, TEST_ACTION, TEST_SERVICE
from node.msh.ports import PModeNotFound


@pytest.mark.parametrize("action", ["Submit", "Revoke"])
def test_a_message_finds_the_pmode_of_its_action(load, a, action):
    pmode = load(xx=a.AGREEMENT).find(a.message(action=action))
    assert (pmode.partner, pmode.inbound, pmode.leg.business_info.action) == ("xx", True, action)


def test_a_test_message_finds_its_pmode(load, a):
    assert load(xx=a.AGREEMENT).find(a.message(service=Service(TEST_SERVICE), action=TEST_ACTION)).test_service


MISSES = [
    # (what the message says, its names in the log, the error)
    ({"sender": PartyId("YY", "urn:x")}, ["From/PartyId"], ProcessingModeMismatch),
    ({"sender": PartyId("XX-CUSTOMS", "urn:y")}, ["From/PartyId"], ProcessingModeMismatch),
    ({"sender": PartyId("XX-CUSTOMS ", "urn:x")}, ["From/PartyId"], ProcessingModeMismatch),
    ({"receiver": PartyId("YY", "urn:x")}, ["To/PartyId"], ProcessingModeMismatch),
    ({"sender_role": RESPONDER, "receiver_role": INITIATOR}, ["From/Role", "To/Role"], ProcessingModeMismatch),
    ({"service": Service("urn:other")}, ["Service"], ProcessingModeMismatch),
    ({"service": Service("urn:co", "t")}, ["Service"], ProcessingModeMismatch),
    ({"action": "submit"}, ["Action"], ProcessingModeMismatch),
    ({"mpc": "urn:mpc"}, ["mpc"], ProcessingModeMismatch),
    ({"agreement": None}, ["AgreementRef"], ValueNotRecognized),
    ({"agreement": AgreementRef("urn:other")}, ["AgreementRef"], ValueNotRecognized),
    ({"agreement": AgreementRef("urn:agreement:tw-xx", "t")}, ["AgreementRef"], ValueNotRecognized),
    ({"agreement": AgreementRef("urn:agreement:tw-xx", None, "pm1")}, ["AgreementRef"], ValueNotRecognized),
    ({"agreement": AgreementRef("urn:other"), "action": "x"}, ["Action", "AgreementRef"], ProcessingModeMismatch),
]


@pytest.mark.parametrize(("said", "names", "definition"), MISSES, ids=[str(row[0])[:50] for row in MISSES])
def test_a_miss_names_each_parameter_that_differs(load, a, said, names, definition):
    with pytest.raises(PModeNotFound) as refused:
        load(xx=a.AGREEMENT).find(a.message(**said))
    assert isinstance(refused.value, EbmsError)
    assert refused.value.definition is definition
    assert [name for name, _, _ in refused.value.nearest.differences] == names
    assert all(name in refused.value.detail for name in names)
    assert refused.value.nearest.pmode_id in refused.value.detail


def test_the_nearest_shares_the_sender_before_the_action(load, a):
    other = a.AGREEMENT.replace("XX-CUSTOMS", "YY-CUSTOMS").replace('"Revoke"', '"Cancel"')
    with pytest.raises(PModeNotFound) as refused:
        load(xx=a.AGREEMENT, yy=other).find(a.message(action="Cancel"))
    assert refused.value.nearest.pmode_id.startswith("xx/receive/urn:co/")
    assert refused.value.nearest.differences == (("Action", "'Submit'", "'Cancel'"),)


def test_what_is_agreed_for_sending_only_is_not_received(load, a):
    agreements = load(xx=a.AGREEMENT.replace('"receive"', '"send"'))
    with pytest.raises(PModeNotFound):
        agreements.find(a.message(service=Service("urn:aeo"), action="List"))


def test_with_no_agreement_at_all_there_is_nothing_near(load, a):
    with pytest.raises(PModeNotFound) as refused:
        load().find(a.message())
    assert (refused.value.nearest, refused.value.definition) == (None, ProcessingModeMismatch)


def test_the_order_of_party_ids_does_not_matter(load, a):
    many = '[[partner.party_ids]]\nvalue = "B"\ntype = "urn:t1"\n[[partner.party_ids]]\nvalue = "urn:a"\n'
    text = a.AGREEMENT.replace('party_id   = "XX-CUSTOMS"\nparty_type = "urn:x"\n', "").replace(
        "[agreement_ref]", many + "[agreement_ref]"
    )
    agreements, ids = load(xx=text), (PartyId("B", "urn:t1"), PartyId("urn:a"))
    for sender in (ids, ids[::-1]):
        assert agreements.find(a.message(sender=sender)).partner == "xx"
    with pytest.raises(PModeNotFound):
        agreements.find(a.message(sender=ids[:1]))


def test_what_a_stranger_wrote_is_quoted_and_cut(load, a):
    with pytest.raises(PModeNotFound) as refused:
        load(xx=a.AGREEMENT).find(a.message(action="x\n" * 10_000))
    assert len(refused.value.detail) < 1000
    assert "\n" not in refused.value.detail


def test_an_empty_index_refuses():
    with pytest.raises(PModeNotFound, match="anybody"):
        raise Index(()).miss(("",) * 8)
