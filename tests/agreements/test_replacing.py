"""What both agreed to replace counts from its time in every agreement that names the old certificate, and the old one for as long as messages may be under way."""

from datetime import UTC, datetime, timedelta

import pytest

from node.agreements.agreement import Known, Said, read_tables
from node.agreements.replacing import CLOCKS, Replacement, longest_resend, replaced
from node.configuration import Problems
from node.security.period import Period

AT = datetime(2027, 1, 5, tzinfo=UTC)
KEEP = timedelta(days=30)
TABLES = {
    "profile": "edelivery-as4-1.15",
    "partner": {"party_id": "XX-CUSTOMS", "party_type": "urn:x", "url": "https://as4.example.xx/as4"},
    "certificates": {"sign": ["b-sign"], "encrypt": ["b-enc"]},
    "service": [{"value": "urn:co", "actions": ["Submit"]}],
}


def agreement(known: Known, **certificates):
    problems = Problems()
    tables = {**TABLES, "certificates": {**TABLES["certificates"], **certificates}}
    found = read_tables(Said("xx", "f", tables), known, problems)
    assert found is not None, problems.found
    return found


def replacement(known: Known, old: str, new: str, partner: str = "xx", name: str = "xx/update-1-1"):
    return Replacement(partner, known.partners[old], known.partners[new], (), AT, name, KEEP)


@pytest.fixture
def all_known(known):
    """The certificates of the folder, and the new one under its names."""

    def make(one):
        return {**known.partners, **{one.named(purpose): one.new for purpose in ("sign", "encrypt", "tls")}}

    return make


def test_a_certificate_that_signs_is_taken_a_moment_early_and_the_old_one_until_nothing_is_under_way(known, all_known):
    before, one = agreement(known), replacement(known, "b-sign", "b-sign-p256")
    after = replaced(before, [one], all_known(one)).certificates
    assert after.named() == {"sign": ("b-sign", "xx/update-1-1-sign"), "encrypt": ("b-enc",), "tls": ()}
    resend = longest_resend(before)
    assert resend > timedelta(0)
    assert after.periods == {"b-sign": (Period(None, AT + resend + KEEP),), "xx/update-1-1-sign": (Period(AT - CLOCKS),)}


def test_nobody_encrypts_to_a_key_before_its_time(known, all_known):
    one = replacement(known, "b-enc", "b-enc-x25519")
    after = replaced(agreement(known), [one], all_known(one)).certificates
    assert after.periods["xx/update-1-1-encrypt"] == (Period(AT),)


def test_one_certificate_for_two_purposes_is_replaced_in_both(known, all_known):
    one = replacement(known, "b-sign", "b-enc")
    after = replaced(agreement(known, tls=["b-sign"]), [one], all_known(one)).certificates
    assert (after.sign[1:], after.tls[1:]) == (("xx/update-1-1-sign",), ("xx/update-1-1-tls",))


def test_another_partner_or_another_certificate_changes_nothing(known, all_known):
    before = agreement(known)
    for one in (
        replacement(known, "b-sign", "b-sign-p256", partner="yy"),
        replacement(known, "b-sign-ed25519", "b-sign-p256"),
    ):
        assert replaced(before, [one], all_known(one)) == before


def test_what_was_brought_by_an_update_may_be_replaced_in_its_turn(known, all_known):
    first = replacement(known, "b-sign", "b-sign-p256")
    second = Replacement("xx", first.new, known.partners["b-sign-ed25519"], (), AT + KEEP, "xx/update-2-1", KEEP)
    after = replaced(agreement(known), [first, second], all_known(first) | all_known(second)).certificates
    assert after.sign == ("b-sign", "xx/update-1-1-sign", "xx/update-2-1-sign")
    ends = after.periods["xx/update-1-1-sign"][0]
    assert (ends.since, ends.until) == (AT - CLOCKS, after.periods["b-sign"][0].until + KEEP)


def test_windows_that_were_agreed_stay_as_far_as_they_go(known, all_known):
    windows = [
        {"name": "b-sign", "from": AT - timedelta(days=9), "until": AT - timedelta(days=8)},
        {"name": "b-sign", "from": AT + timedelta(days=200)},
    ]
    one = replacement(known, "b-sign", "b-sign-p256")
    after = replaced(agreement(known, window=windows[:1]), [one], all_known(one)).certificates
    assert after.periods["b-sign"] == (Period(AT - timedelta(days=9), AT - timedelta(days=8)),)
    later = replaced(agreement(known, window=windows[1:]), [one], all_known(one)).certificates
    assert not any(period.holds(AT + timedelta(days=300)) for period in later.periods["b-sign"])
