"""Message values are frozen, hashable and compared by what they say."""

from dataclasses import FrozenInstanceError, fields, is_dataclass, replace

import pytest

from node.ebms import message
from node.ebms.message import PartInfo, Property, PullRequest, SignedReference
from node.ebms.namespaces import DEFAULT_MPC
from tests.ebms.headers import ERROR, LARGEST, PULL_REQUEST, RECEIPT, SMALLEST

VALUE_TYPES = [value for value in vars(message).values() if is_dataclass(value) and isinstance(value, type)]


@pytest.mark.parametrize("kind", VALUE_TYPES, ids=lambda kind: kind.__name__)
def test_every_message_type_is_a_frozen_value(kind: type) -> None:
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(kind)


@pytest.mark.parametrize("value", [SMALLEST, LARGEST, RECEIPT, PULL_REQUEST, ERROR])
def test_a_message_cannot_be_changed_and_equals_its_copy(value: object) -> None:
    name = fields(value)[0].name  # type: ignore[arg-type]
    with pytest.raises(FrozenInstanceError):
        setattr(value, name, None)
    assert replace(value) == value  # type: ignore[type-var]
    assert hash(replace(value)) == hash(value)  # type: ignore[type-var]


def test_the_first_property_of_exactly_that_name_is_found() -> None:
    part = PartInfo("cid:a", (Property("MimeType", "text/xml"), Property("MimeType", "text/plain")))
    assert part.part_property("MimeType") == "text/xml"
    # spec: names are case sensitive (trap 55)
    assert part.part_property("mimetype") is None
    assert LARGEST.message_property("finalRecipient") == "C4"
    assert LARGEST.message_property("FinalRecipient") is None


def test_saying_nothing_means_the_default_channel() -> None:
    assert SMALLEST.mpc == PullRequest().mpc == DEFAULT_MPC


def test_references_are_the_same_when_they_say_the_same_in_other_octets() -> None:
    one = SignedReference("#a", "urn:m", b"d", octets=b"<a/>")
    assert one == replace(one, octets=b"<b/>")
    assert one != replace(one, digest=b"e")
    assert "octets" not in repr(one)
