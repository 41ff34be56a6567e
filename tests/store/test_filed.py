"""What is on file is the same on SQLite, on PostgreSQL and in the twin in memory, whatever comes."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.customs.checking.offline import Offline
from node.customs.checking.trial import Sample, sample_time, samples
from node.customs.filing.in_memory import DocumentsInMemory
from node.library import open_pack, pack_folders
from node.store.messages import open_store
from tests.registered import (
    ISSUER,
    NOW,
    Clerk,
    certificate,
    documents_of,
    message_id,
    packs,
    question,
    reply,
    rules,
    utilisation,
)

TABLES = (
    "document",
    *(f"document_{one}" for one in ("filed", "naming", "state", "move", "total", "written_off", "step", "standing", "name")),
)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server), "memory"])
def fresh(request: pytest.FixtureRequest, tmp_path) -> Callable[[], Clerk]:
    """A clerk with an empty register, each time."""
    if request.param == "memory":
        yield lambda: Clerk(DocumentsInMemory())
        return
    url = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    with ExitStack() as stack:
        store = open_store(tmp_path / "data", lambda: "unique", NOW, url=url)
        stack.callback(store.close)

        def empty() -> Clerk:
            store.messages.writer.run(lambda cursor: [cursor.execute(f"DELETE FROM {table}") for table in TABLES])
            return Clerk(documents_of(store))

        yield empty


def every_sample() -> list[tuple[str, Sample, object]]:
    found = []
    for folder in pack_folders(None):
        pack = open_pack(folder.folder)
        found += [(f"{pack.id}/{sample.file}", sample, sample_time(pack)) for sample in samples(pack)]
    return found


def test_every_sample_is_judged_as_without_a_database(fresh):
    judged = 0
    for name, sample, at in every_sample():
        offline, clerk = Offline(packs()), fresh()
        for _, octets in sample.prior:
            offline.put_on_file(octets, at)
            clerk.put_on_file(octets, at)
        wanted = offline.accept(sample.octets, at)
        assert clerk.accept(sample.octets, at=at).verdict == wanted.verdict, name
        if wanted.filing is not None:
            # It is a duplicate now, whoever keeps it.
            assert clerk.check(sample.octets, at).duplicate, name
            assert offline.check(sample.octets, at).duplicate, name
        judged += 1
    assert judged > 40


NUMBERS = ("013-26-0771204", "013-26-0771205")
OPERATIONS = st.one_of(
    st.tuples(st.just("issue"), st.sampled_from(NUMBERS), st.sampled_from(["a", "b"])),
    st.tuples(st.sampled_from(["amend", "cancel"]), st.sampled_from(NUMBERS), st.integers(2, 4)),
    st.tuples(
        st.sampled_from(["PRESENTED", "PARTLY-USED", "USED"]),
        st.sampled_from(NUMBERS),
        st.sampled_from(["0.000001", "3000", "4500.5"]),
    ),
    st.tuples(st.just("ask"), st.sampled_from(NUMBERS), st.integers(1, 2)),
    st.tuples(st.sampled_from(["CONFIRMED", "NOT-CONFIRMED"]), st.sampled_from(NUMBERS), st.integers(1, 2)),
)


def document(place: int, operation: tuple[str, str, object]) -> bytes:
    what, number, about = operation
    match what:
        case "issue":
            return certificate(number, name=f"{number}{about}")
        case "amend" | "cancel":
            return certificate(number, int(str(about)), "4" if what == "amend" else "1", f"{place}")
        case "ask":
            return question(f"q{about}", number)
        case "CONFIRMED" | "NOT-CONFIRMED":
            return reply(f"a{place}", f"q{about}", what, number)
        case _:
            return utilisation(f"u{place}", str(about), number=number, code=what)


def everything(clerk: Clerk, places: int) -> list[object]:
    """Every answer to every question that could be asked."""
    file, found = clerk.register, []
    senders = ("KR-KCS", "TW-CUSTOMS")
    for number in NUMBERS:
        subject = ("co.certificate", number, ISSUER)
        found += [file.state(subject, machine) for machine in ("issue", "use", "verification")]
        found.append(file.written_off(subject, "1 KGM"))
        for type_id in ("co.certificate", "co.utilisation", "co.verification-request", "co.verification-reply"):
            for issuer in (None, ISSUER, "KR-KCS"):
                found.append([(one, one.octets) for one in file.numbered(type_id, number, issuer)])
            found += [list(file.naming(type_id, subject, sender)) for sender in senders]
    names = [*(f"{number}{one}" for number in NUMBERS for one in "ab"), "q1", "q2"]
    for place in range(places):
        names += [f"{place}", f"u{place}", f"a{place}"]
    for name in names:
        for sender in senders:
            found += [file.message(sender, message_id(name)), file.standing(sender, message_id(name))]
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=st.lists(OPERATIONS, max_size=12))
def test_after_whatever_came_every_question_has_the_same_answer(fresh, operations):
    clerk, twin = fresh(), Clerk(DocumentsInMemory())
    for place, operation in enumerate(operations):
        octets = document(place, operation)
        wanted = twin.accept(octets)
        found = clerk.accept(octets)
        assert (found.verdict, found.duplicate) == (wanted.verdict, wanted.duplicate), (operation, rules(wanted))
    assert everything(clerk, len(operations)) == everything(twin, len(operations))


def test_a_story_that_passes_through_every_state(fresh):
    """So that the test above is known to reach them."""
    clerk, number = fresh(), NUMBERS[0]
    subject = ("co.certificate", number, ISSUER)
    story = [
        (certificate(number), "ISSUED", "", ""),
        (certificate(number, 2, "4"), "AMENDED", "", ""),
        (question("q1", number), "AMENDED", "", "ASKED"),
        (utilisation("u1", "1", number=number, code="PRESENTED"), "AMENDED", "PRESENTED", "ASKED"),
        (reply("a1", "q1", "NOT-CONFIRMED", number), "AMENDED", "PRESENTED", "NOT-VERIFIED"),
        (utilisation("u2", "5", number=number), "AMENDED", "PARTLY-USED", "NOT-VERIFIED"),
        (utilisation("u3", "5", number=number, code="USED"), "AMENDED", "USED", "NOT-VERIFIED"),
        (certificate(number, 3, "1"), "CANCELLED", "USED", "NOT-VERIFIED"),
    ]
    for octets, *states in story:
        assert clerk.accept(octets).filing is not None
        assert [clerk.register.state(subject, machine) for machine in ("issue", "use", "verification")] == states
