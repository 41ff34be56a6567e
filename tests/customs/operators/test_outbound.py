"""A partner knows of our operators what it may know, by whatever lists it was told."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.customs.operators import outbound
from node.customs.operators.arrangement import Arrangement, OwnProgramme
from node.customs.operators.in_memory import InMemoryOperators
from node.customs.operators.outbound import PART, Held, documents, plan
from node.customs.operators.port import SetState
from node.customs.operators.record import Consent, Identifier, Source, Text
from node.customs.operators.record_set import DELTA, FULL, URGENT, RecordSetReader
from node.customs.operators.standing import is_active_again, is_not_newer, is_out_of_turn
from tests.operators import at, many, record

KR = Arrangement("kr", "KR-KCS", "KR-AEO", "KR", "mra.tw-kr.1")
OWN = OwnProgramme("TW-CUSTOMS", "TW-AEO")


def planned(mode, own, held=(), since=7, arrangement=KR, days=10):
    return plan(arrangement, mode, since, sorted(own, key=lambda one: one.key), sorted(held, key=lambda one: one.key), at(days))


def told(publication):
    return [(one.record.operation, one.record.tin, one.record.version) for one in publication.told]


def held_after(publication, held=()):
    after = {one.key: one for one in held}
    after |= {one.held.key: one.held for one in publication.told} | {one.key: one for one in publication.gone}
    return sorted(after.values(), key=lambda one: one.key)


def test_a_full_list_has_everybody_who_consented():
    own = [record("TW1"), record("TW2", consent=None), record("TW3", consent=Consent("LIST", date(2019, 1, 1), ("CA",)))]
    publication = planned(FULL, own, since=0)
    assert told(publication) == [("ADD", "TW1", 1)]
    assert (publication.since, publication.to) == (0, 1)


def test_other_partners_of_an_operator_are_not_this_ones_business():
    publication = planned(FULL, [record("TW1", consent=Consent("LIST", date(2019, 1, 1), ("CA", "KR")))])
    assert publication.told[0].record.consent.partners == ("KR",)


def test_tiers_and_fields_are_those_of_the_arrangement():
    narrow = replace(KR, tiers=("AEOF",), withheld=("LocalName", "Alias", "Identifier"))
    own = [record("TW1"), record("TW2", tier="AEOF", aliases=("Two",))]
    (one,) = planned(FULL, own, arrangement=narrow).told
    assert (one.record.tin, one.record.local_name, one.record.aliases, one.record.identifiers) == ("TW2", None, (), ())
    assert one.record.name == "Company 2 Ltd."


def test_a_reason_is_not_withheld_where_the_rules_ask_for_it():
    narrow = replace(KR, withheld=("StatusReasonClassCode",))
    suspended, expired = (record("TW1", status=word, reason="SECURITY") for word in ("SUSPENDED", "EXPIRED"))
    assert planned(FULL, [suspended], arrangement=narrow).told[0].record.reason == "SECURITY"
    assert planned(FULL, [expired], arrangement=narrow).told[0].record.reason == ""


def test_a_delta_tells_what_changed_and_what_is_gone():
    first = planned(FULL, [record("TW1"), record("TW2"), record("TW3")], since=0)
    own = [record("TW1"), record("TW2", 2, name="New"), record("TW3", consent=None), record("TW4")]
    publication = planned(DELTA, own, held_after(first), since=first.to)
    assert told(publication) == [("CHANGE", "TW2", 2), ("DELETE", "TW3", 2), ("ADD", "TW4", 1)]
    assert publication.to == publication.since + 3
    assert told(planned(DELTA, own, held_after(publication, held_after(first)))) == []


def test_withdrawn_consent_is_one_delete_for_a_partner_that_held_the_record_and_a_return_is_newer():
    first = planned(FULL, [record("TW1")], since=0)
    withdrawn = record("TW1", 2, consent=Consent("ALL", date(2019, 1, 1), (), at(10).date()))
    assert told(planned(DELTA, [withdrawn], [])) == []
    second = planned(DELTA, [withdrawn], held_after(first))
    (deleted,) = second.told
    assert (deleted.record.operation, deleted.record.version, deleted.record.name) == ("DELETE", 2, "")
    held = held_after(second, held_after(first))
    assert told(planned(DELTA, [withdrawn], held)) == []
    assert told(planned(DELTA, [record("TW1", 2)], held)) == [("ADD", "TW1", 3)]


def test_what_is_urgent_is_told_at_once_and_the_rest_by_the_next_delta():
    first = planned(FULL, [record("TW1"), record("TW2"), record("TW3")], since=0)
    own = [record("TW1", 2, status="SUSPENDED", reason="SECURITY", name="New"), record("TW2", 2, name="New"), record("TW3")]
    urgent = planned(URGENT, own, held_after(first))
    (one,) = urgent.told
    assert (one.record.operation, one.record.status, one.record.name, one.record.version) == ("STATUS", "SUSPENDED", "", 2)
    after = held_after(urgent, held_after(first))
    assert told(planned(URGENT, own, after)) == []
    assert told(planned(DELTA, own, after)) == [("CHANGE", "TW1", 3), ("CHANGE", "TW2", 2)]


def test_an_urgent_set_has_a_hundred_records_and_the_next_has_the_rest():
    own = many(130)
    held = held_after(planned(FULL, own, since=0))
    suspended = [replace(one, status="REVOKED", reason="SECURITY") for one in own]
    urgent = planned(URGENT, suspended, held)
    assert (len(urgent.told), urgent.to) == (100, urgent.since + 100)
    assert len(planned(URGENT, suspended, held_after(urgent, held)).told) == 30


def test_a_full_list_tells_which_are_no_longer_held():
    first = planned(FULL, [record("TW1"), record("TW2")], since=0)
    second = planned(FULL, [record("TW1")], held_after(first), since=first.to)
    assert (told(second), second.gone) == ([("ADD", "TW1", 1)], (Held("TW2 AEOS", "", 1, ""),))
    assert second.to == first.to + 1


def read(octets):
    reader = RecordSetReader(BytesIO(octets))
    return reader.head, list(reader.records())


def test_a_document_says_what_was_planned():
    one = record(
        "TW1",
        name='A & B <"Ltd">',
        local_name=Text("zh-Hant", "甲<乙>"),
        aliases=("x", "y"),
        identifiers=(Identifier("LEI", "5493000IBP32UQZ0KL24", "US", date(2020, 1, 1), date(2027, 1, 1)),),
        valid_to=date(2030, 1, 1),
    )
    publication = planned(DELTA, [one])
    ((head, octets),) = documents(publication, KR, OWN, lambda: "urn:x:1")
    assert read(octets) == (head, [publication.told[0].record])
    assert (head.sender, head.recipient, head.programme, head.since, head.to) == ("TW-CUSTOMS", "KR-KCS", "TW-AEO", 7, 8)
    assert b'profile="mra.tw-kr.1"' in octets


def test_an_empty_full_list_is_a_document():
    ((head, octets),) = documents(planned(FULL, []), KR, OWN, lambda: "urn:x:1")
    assert read(octets) == (head, [])


@pytest.mark.slow
def test_long_lists_go_in_parts():
    publication = planned(FULL, many(PART + 5), since=0)
    numbers = count()
    parts = list(documents(publication, KR, OWN, lambda: f"urn:x:{next(numbers)}"))
    assert [(head.part, head.parts, head.quantity) for head, _ in parts] == [(1, 2, PART), (2, 2, 5)]
    register = InMemoryOperators()
    states = [register.take(head, iter(read(octets)[1]), Source(head.document_id, "", at(11))).state for head, octets in parts]
    assert states == [SetState.WAITING, SetState.APPLIED]


def test_a_part_has_no_more_octets_than_a_document_may_have(monkeypatch):
    own = [record(f"TW{number}", name=f"A{'b' * (300 * number)}") for number in range(1, 8)]
    # The largest alone is larger: nothing can be done about that here, and our own rules say so.
    monkeypatch.setattr(outbound, "OCTETS", 2700)
    numbers = count(1)
    parts = list(documents(planned(FULL, own), KR, OWN, lambda: f"urn:x:{next(numbers)}"))
    assert [(head.part, head.parts, head.quantity) for head, _ in parts] == [
        (1, 6, 2),
        *((number, 6, 1) for number in range(2, 7)),
    ]
    read = [one.tin for _, octets in parts for one in RecordSetReader(BytesIO(octets)).records()]
    assert read == [f"TW{number}" for number in range(1, 8)]
    monkeypatch.setattr(outbound, "OCTETS", 1 << 20)
    assert len(list(documents(planned(FULL, own), KR, OWN, lambda: "urn:x:1"))) == 1


consents = st.sampled_from(
    [
        Consent("ALL", date(2019, 1, 1)),
        Consent("LIST", date(2019, 1, 1), ("KR",)),
        Consent("LIST", date(2019, 1, 1), ("CA",)),
        None,
    ]
)
lists = st.dictionaries(
    st.sampled_from(["TW1", "TW2", "TW3"]),
    st.tuples(st.sampled_from(["ACTIVE", "SUSPENDED", "REVOKED", "WITHDRAWN"]), st.sampled_from(["One", "Two"]), consents),
)


@given(st.lists(st.tuples(lists, st.sampled_from([FULL, DELTA, URGENT])), min_size=1, max_size=6))
def test_the_partner_ends_with_what_it_may_know_and_no_list_breaks_a_rule(steps):
    register, held, since, numbers = InMemoryOperators(), [], 0, count(1)
    known = {}
    for number, (listed, wanted) in enumerate(steps):
        mode = wanted if since else FULL
        own = []
        for tin, (word, name, consent) in listed.items():
            before = known.get(tin)
            # A revoked operator comes back with a new validation.
            made = record(
                tin,
                1,
                number,
                status=word,
                name=name,
                consent=consent,
                validation_date=at(number + 1).date(),
                valid_from=at(number).date(),
            )
            made = replace(made, reason="SECURITY" if word in {"SUSPENDED", "REVOKED"} else "")
            own.append(replace(made, version=before.version + 1 if before else 1))
            known[tin] = own[-1]
        publication = planned(mode, own, held, since, days=number + 1)
        if not publication.told and mode != FULL:
            continue
        for head, octets in documents(publication, KR, OWN, lambda: f"urn:x:{next(numbers)}"):
            records = read(octets)[1]
            assert is_out_of_turn(head, register) is None
            before = register.on_file(head.sender, head.programme, [(one.tin, one.tier) for one in records])
            for one in records:
                was = before.get((one.tin, one.tier))
                assert was is None or not (is_not_newer(head, one, was) or is_active_again(one, was))
            result = register.take(head, iter(records), Source(head.document_id, "", at(number + 1)))
            assert result.state is SetState.APPLIED
        held, since = held_after(publication, held), publication.to
        if mode == URGENT:
            continue
        allowed = {one.tin: one for one in own if one.consent and one.consent.covers("KR", at(number + 1).date())}
        current = {one.tin: one.current.record for tin in known for one in register.find(tin) if one.current}
        assert {tin: (one.status, one.name) for tin, one in current.items()} == {
            tin: (one.status, one.name) for tin, one in allowed.items()
        }


def test_consent_ends_on_the_day_it_was_withdrawn():
    own = [record("TW1", consent=Consent("ALL", date(2019, 1, 1), (), at(10).date() + timedelta(days=1)))]
    assert told(planned(FULL, own, days=10)) == [("ADD", "TW1", 1)]
    assert told(planned(FULL, own, days=11)) == []
