"""A message goes only when no hold covers it, and the log says who ordered what."""

import threading
from datetime import timedelta

import pytest

from node.ebms.states import OutboundEvent
from node.evidence.entry import Kind
from node.msh.retention import Goes, Removes
from node.store.evidence import Evidence
from node.store.holding import Order
from node.store.messages import open_store
from node.store.rows import IN, OUT

DAY = timedelta(days=1)
ALL = Goes(Removes.ALL, "the rule")


@pytest.fixture
def messages(store, a):
    """Three messages to kr of three days, each acknowledged, and one that came."""
    for n in range(3):
        store.messages.submit(a.exchange(f"m{n}@h", submitted_at=a.NOW + n * DAY))
        store.messages.packaged(a.packaged(f"m{n}@h"), a.NOW)
        store.messages.settle(a.settlement(OutboundEvent.RECEIPT_MATCHED, f"m{n}@h", at=a.NOW + n * DAY))
    store.messages.accept_once(a.accepted())
    return store.messages


def going(messages, a):
    """What could go of what we sent, by its MessageId."""
    return {one.message_id: one for one in messages.purgeable(OUT, a.NOW + 9 * DAY, 9)}


def kept(messages, a):
    return {name: one.kept_because for name, one in going(messages, a).items()}


def test_what_several_holds_cover_goes_when_the_last_is_released(messages, a):
    one = going(messages, a)["m0@h"]
    first = messages.place_hold(Order("order of the court", "Lin", "2026 Su 12", [(OUT, one.id)]), a.NOW)
    second = messages.place_hold(Order("audit", "Chen", "A-7", [(OUT, one.id)]), a.NOW)
    assert (first, second) == (1, 2)
    assert kept(messages, a) == {"m0@h": "2026 Su 12: order of the court", "m1@h": "", "m2@h": ""}
    # What was a candidate before the hold is read again.
    assert not messages.remove_all(one, ALL, a.NOW)
    assert messages.end_hold(first, a.NOW, "Lin", "the judgment is final")
    assert not messages.end_hold(first, a.NOW, "Lin", "again")
    assert kept(messages, a)["m0@h"] == "A-7: audit"
    assert not messages.remove_all(one, ALL, a.NOW)
    assert messages.end_hold(second, a.NOW, "Chen", "done")
    assert messages.remove_all(one, ALL, a.NOW)


def test_a_hold_on_a_partner_covers_its_time_and_what_is_still_to_come(messages, a):
    partner = a.exchange().partner
    number = messages.place_hold(Order("audit", "Lin", "A-7", (), partner, a.NOW + DAY, a.NOW + 2 * DAY), a.NOW)
    assert kept(messages, a) == {"m0@h": "", "m1@h": "A-7: audit", "m2@h": ""}
    messages.submit(a.exchange("late@h", submitted_at=a.NOW + 2 * DAY - timedelta(microseconds=1)))
    messages.packaged(a.packaged("late@h"), a.NOW)
    messages.settle(a.settlement(OutboundEvent.RECEIPT_MATCHED, "late@h", at=a.NOW))
    assert kept(messages, a)["late@h"] == "A-7: audit"
    everybody_else = messages.place_hold(Order("x", "Lin", "A-8", (), "somebody else"), a.NOW)
    assert kept(messages, a)["m0@h"] == ""
    assert messages.end_hold(number, a.NOW, "Lin", "done") and messages.end_hold(everybody_else, a.NOW, "Lin", "done")
    assert set(kept(messages, a).values()) == {""}


@pytest.mark.parametrize("direction", [IN, OUT])
def test_a_hold_without_dates_covers_a_partner_for_ever(messages, a, direction):
    partner = a.exchange().partner if direction == OUT else messages.inbounds(1)[0].partner
    messages.place_hold(Order("audit", "Lin", "A-7", (), partner), a.NOW)
    assert messages.kept_because(direction, 1) == "A-7: audit"


def test_the_log_says_who_ordered_what_and_why(messages, a):
    one = going(messages, a)["m0@h"]
    evidence = Evidence(messages)
    messages.place_hold(Order("order of the court", "Lin", "2026 Su 12", [(OUT, one.id)]), a.NOW)
    messages.place_hold(Order("audit", "Chen", "A-7", (), one.partner, a.NOW, a.NOW + DAY), a.NOW)
    messages.end_hold(1, a.NOW, "Lin", "final")
    messages.end_hold(2, a.NOW, "Chen", "done")
    acts = [one.entry for one in evidence.kinds(Kind.ACTED)]
    assert [(one.facts["what"], one.facts["who"], one.facts["why"], one.facts["case"]) for one in acts] == [
        ("hold", "Lin", "order of the court", "2026 Su 12"),
        ("hold", "Chen", "audit", "A-7"),
        ("release", "Lin", "final", "2026 Su 12"),
        ("release", "Chen", "done", "A-7"),
    ]
    assert acts[0].about == {"message_id": "m0@h", "partner": one.partner, "direction": OUT}
    assert acts[1].about == {"partner": one.partner}
    assert acts[1].facts["from"] < acts[1].facts["to"]
    steps = [(one.event, one.detail) for one in messages.history("m0@h")][-2:]
    assert steps == [("KEPT", "2026 Su 12: order of the court"), ("NO_LONGER_KEPT", "final")]


def test_holds_are_told_with_what_they_keep(messages, a):
    messages.place_hold(Order("x", "Lin", "1", [(OUT, 1), (OUT, 2), (IN, 1)]), a.NOW)
    messages.place_hold(Order("y", "Lin", "2", (), "kr", None, a.NOW), a.NOW)
    messages.end_hold(1, a.NOW + DAY, "Chen", "over")
    (left,) = messages.holds()
    assert (left.number, left.partner, left.since, left.until, left.messages) == (2, "kr", None, a.NOW, 0)
    first = messages.holds(all_of_them=True)[0]
    assert (first.messages, first.released_at, first.released_by, first.released_because) == (3, a.NOW + DAY, "Chen", "over")


def test_a_hold_names_messages_that_are_there_or_a_partner(messages, a):
    with pytest.raises(LookupError, match="no message 99"):
        messages.place_hold(Order("x", "Lin", "1", [(OUT, 1), (OUT, 99)]), a.NOW)
    assert messages.holds() == []
    for wrong in (Order("x", "Lin", "1"), Order("x", "Lin", "1", [(OUT, 1)], "kr")):
        with pytest.raises(ValueError, match="names messages, or a partner"):
            messages.place_hold(wrong, a.NOW)


def test_an_order_without_a_case_is_a_hold_too(messages, a):
    messages.keep(OUT, 1, "mine", a.NOW, who="Lin")
    number = messages.place_hold(Order("x", "Chen", "A-7", [(OUT, 1)]), a.NOW)
    messages.keep(OUT, 1, "", a.NOW, "no longer", who="Lin")
    # The order of somebody else, which has a case, stays.
    assert [one.number for one in messages.holds()] == [number]
    assert messages.kept_because(OUT, 1) == "A-7: x"


@pytest.mark.server
def test_a_hold_waits_for_a_purge_in_another_process_and_a_purge_for_a_hold(postgres, tmp_path, a):
    """Whichever commits first is seen by the other: nothing goes that a hold covers that was placed before."""
    url = postgres.database()
    stores = [open_store(tmp_path / str(n), lambda n=n: f"u{n}", a.NOW, url=url) for n in range(2)]
    here, there = (one.messages for one in stores)
    here.submit(a.exchange("m0@h"))
    here.packaged(a.packaged("m0@h"), a.NOW)
    here.settle(a.settlement(OutboundEvent.RECEIPT_MATCHED, "m0@h"))
    one = going(here, a)["m0@h"]
    placed, go_on, done = threading.Event(), threading.Event(), []

    def slowly(cursor):
        from node.store import prepared

        cursor.execute(prepared.HOLD_GATE)
        placed.set()
        assert go_on.wait(30)
        row = {"id": 1, "case_file": "A-7", "why": "x", "who": "Lin", "at": "", "partner": one.partner, "since": "", "until": ""}
        cursor.execute(prepared.ADD_HOLD, {**row, "released_at": None, "released_by": "", "released_because": ""})

    threads = [threading.Thread(target=lambda: there.writer.run(slowly))]
    threads[0].start()
    assert placed.wait(30)
    threads.append(threading.Thread(target=lambda: done.append(here.remove_all(one, ALL, a.NOW))))
    threads[1].start()
    threads[1].join(0.3)
    assert done == []
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert done == [False]
    for store in stores:
        store.close()
