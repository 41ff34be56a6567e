"""Both sides find the same names for an agreement."""

from datetime import UTC, datetime, timedelta, timezone

from node.updates.identifiers import current_identifier, updated_identifier

AT = datetime(2027, 1, 5, tzinfo=UTC)


def test_the_agreement_ref_is_the_identifier():
    assert current_identifier("urn:tw-kr:1", ["TW", "KR"]) == "urn:tw-kr:1"


def test_without_one_both_sides_say_the_same():
    assert current_identifier(None, ["TW", "KR"]) == current_identifier(None, ["KR", "TW"]) == "KR TW"


def test_another_time_or_another_certificate_is_another_agreement():
    one = updated_identifier("a", AT, "0123456789abcdef0123")
    assert one == "a#20270105T000000Z-0123456789abcdef"
    assert one == updated_identifier("a", AT.astimezone(timezone(timedelta(hours=8))), "0123456789abcdef0123")
    assert one not in (
        updated_identifier("a", AT + timedelta(seconds=1), "0123456789abcdef"),
        updated_identifier("a", AT, "f" * 64),
    )
