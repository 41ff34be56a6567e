"""Which of our own keys is used when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from node.security.succession import NextKey, Succession

DAY = timedelta(days=1)
FIRST = datetime(2027, 1, 5, tzinfo=UTC)
SECOND = datetime(2028, 1, 5, tzinfo=UTC)
KEYS = Succession(
    "sign",
    "enc",
    "tls",
    following=(
        # In no order: the time alone decides.
        NextKey("encrypt", "enc-2028", SECOND),
        NextKey("sign", "sign-2027", FIRST),
        NextKey("encrypt", "enc-2027", FIRST),
    ),
    keep=10 * DAY,
    resends=3 * DAY,
)


def test_a_key_takes_over_at_its_instant():
    assert KEYS.current("sign", "sign", FIRST - timedelta(microseconds=1)) == "sign"
    assert KEYS.current("sign", "sign", FIRST) == "sign-2027"
    assert [KEYS.current("encrypt", "enc", one) for one in (FIRST - DAY, FIRST, SECOND)] == ["enc", "enc-2027", "enc-2028"]
    assert KEYS.current("tls", "tls", SECOND) == "tls"
    assert KEYS.current("tls", None, SECOND) is None


def test_a_key_of_another_name_stands_for_itself():
    assert KEYS.current("sign", "other", SECOND) == "other"
    assert KEYS.opening("other", SECOND) == ["other"]
    # An agreement that names the new one already is not sent back to the old one.
    assert KEYS.current("sign", "sign-2027", FIRST - DAY) == "sign-2027"


def test_what_was_encrypted_to_an_old_key_is_opened_until_its_last_message_cannot_come_any_more():
    assert KEYS.opening("enc", FIRST - DAY) == ["enc", "enc-2027", "enc-2028"]
    assert KEYS.opening("enc", FIRST + 13 * DAY - timedelta(microseconds=1)) == ["enc-2027", "enc", "enc-2028"]
    assert KEYS.opening("enc", FIRST + 13 * DAY) == ["enc-2027", "enc-2028"]
    assert KEYS.opening("enc", SECOND + 13 * DAY) == ["enc-2028"]
    longer = replace(KEYS, resends=30 * DAY)
    assert "enc" in longer.opening("enc", FIRST + 39 * DAY)


def test_the_turns_of_a_purpose_follow_each_other():
    turns = KEYS.turns("encrypt")
    assert [(one.name, one.since, one.until) for one in turns] == [
        ("enc", None, FIRST),
        ("enc-2027", FIRST, SECOND),
        ("enc-2028", SECOND, None),
    ]
    assert [one.opens_until for one in turns] == [FIRST + 13 * DAY, SECOND + 13 * DAY, None]
    assert Succession("sign", "enc").turns("tls") == []


def test_the_instants_at_which_something_changes():
    assert KEYS.instants(("encrypt",)) == [SECOND, FIRST]
    assert KEYS.instants(("tls",)) == []
