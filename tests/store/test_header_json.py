"""Header values go into a column and come out as they were."""

from hypothesis import given, settings
from hypothesis import strategies as st

from node.ebms.message import (
    AgreementRef,
    CollaborationInfo,
    Description,
    MessageInfo,
    PartInfo,
    Party,
    PartyId,
    Property,
    SchemaRef,
    Service,
    SignedReference,
    SignedTransform,
    UserMessage,
)
from node.store.header_json import party_key, read_references, read_user_message, references_json, user_message_json

TEXT = st.text(max_size=8)
MAYBE = st.none() | TEXT
IDS = st.lists(st.builds(PartyId, TEXT, MAYBE), min_size=1, max_size=3).map(tuple)
PARTY = st.builds(Party, IDS, TEXT)
PROPERTIES = st.lists(st.builds(Property, TEXT, TEXT, MAYBE), max_size=2).map(tuple)
PART = st.builds(
    PartInfo,
    MAYBE,
    PROPERTIES,
    st.none() | st.builds(SchemaRef, TEXT, MAYBE, MAYBE),
    st.none() | st.builds(Description, TEXT, TEXT),
)
MESSAGE = st.builds(
    UserMessage,
    st.builds(MessageInfo, TEXT, TEXT, MAYBE),
    PARTY,
    PARTY,
    st.builds(
        CollaborationInfo, st.builds(Service, TEXT, MAYBE), TEXT, TEXT, st.none() | st.builds(AgreementRef, TEXT, MAYBE, MAYBE)
    ),
    PROPERTIES,
    st.lists(PART, max_size=2).map(tuple),
    TEXT,
)
REFERENCE = st.builds(
    SignedReference,
    TEXT,
    TEXT,
    st.binary(max_size=33),
    st.lists(st.builds(SignedTransform, TEXT, st.lists(TEXT, max_size=2).map(tuple)), max_size=2).map(tuple),
    TEXT.map(lambda text: text.encode("utf-8")),
)


@settings(max_examples=150)
@given(MESSAGE)
def test_a_user_message_is_read_as_it_was_written(message):
    assert read_user_message(user_message_json(message)) == message


@settings(max_examples=100)
@given(st.lists(REFERENCE, max_size=3).map(tuple))
def test_references_are_read_as_they_were_written(references):
    found = read_references(references_json(references))
    assert found == references
    assert [one.octets for one in found] == [one.octets for one in references]


def test_no_references_are_none():
    assert read_references(None) == ()


@settings(max_examples=100)
@given(IDS, IDS)
def test_two_parties_have_one_key_only_if_their_ids_are_the_same(one, other):
    same = sorted(map(repr, one)) == sorted(map(repr, other))
    assert (party_key(Party(one, "r")) == party_key(Party(other, "q"))) == same


def test_no_type_is_not_an_empty_type():
    assert party_key(Party((PartyId("a"),), "r")) != party_key(Party((PartyId("a", ""),), "r"))
