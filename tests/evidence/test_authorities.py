"""Authorities for time are asked in their order, and none is believed before its token was judged."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bench.pair import SetClock
from node.evidence.authorities import APART, REST, Authorities, Heard, Named, NotAsked, NotHeard
from node.evidence.notes import NoteRefused, make_note, stamp
from node.security.der import DerRefused
from node.security.revocation import RevocationList
from tests.seals import Authority
from tests.time_authorities import Stamping, authority_under, time_root, wrong

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
NOTE = make_note(b"checkpoint", b"signature")
WAYS = tuple(wrong(time_root("Once"), lambda: NOW))


class Called:
    """A Stamping as an authority, that counts."""

    def __init__(self, answers: Stamping) -> None:
        self.answers, self.times = answers, 0

    def stamp(self, request: bytes) -> bytes:
        self.times += 1
        return self.answers(request)


class Scene:
    """A clock, two roots with an authority each, and what is told."""

    def __init__(self) -> None:
        self.clock = SetClock()
        self.clock.at = NOW
        self.roots = [time_root(name) for name in ("Root A", "Root B")]
        self.both = [
            Called(authority_under(root, f"Time {n}", 91 + n, self.clock.now).stamp) for n, root in enumerate(self.roots)
        ]
        self.told: list[str] = []
        self.heard = Heard()

    def asking(
        self, asked: Sequence[Called] | None = None, roots: Sequence[Authority] | None = None, crls: Sequence[bytes] = ()
    ) -> Authorities:
        named = [Named(f"tsa{n}.example", one) for n, one in enumerate(self.both if asked is None else asked)]
        anchors = [one.certificate for one in (self.roots if roots is None else roots)]
        return Authorities(named, anchors, [RevocationList(one) for one in crls], self.clock, self.told.append, self.heard)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_the_first_is_asked_and_the_second_where_the_first_does_not_answer(scene: Scene) -> None:
    asking = scene.asking()
    held = asking.judge(stamp(NOTE, asking))
    assert (held.anchor, [one.times for one in scene.both]) == (scene.roots[0].certificate, [1, 0])

    def down(_request: bytes) -> bytes:
        raise ConnectionError("tsa0.example: no connection in time")

    scene.both[0].answers = down
    held = asking.judge(stamp(NOTE, asking))
    assert (held.anchor, [one.times for one in scene.both]) == (scene.roots[1].certificate, [2, 1])
    assert scene.told == ["the authority for time tsa0.example does not answer: tsa0.example: no connection in time"]
    # It is not waited for at once again, and comes first again after a rest.
    stamp(NOTE, asking)
    assert [one.times for one in scene.both] == [2, 2]
    scene.clock.advance(seconds=REST.total_seconds())
    stamp(NOTE, asking)
    assert [one.times for one in scene.both] == [3, 3]
    assert len(scene.told) == 1


@pytest.mark.parametrize("way", WAYS)
def test_one_that_answers_wrongly_is_told_by_its_name_and_never_believed(scene: Scene, way: str) -> None:
    answers, words = wrong(scene.roots[0], scene.clock.now)[way]
    alone = scene.asking([Called(answers)])
    with pytest.raises(NotHeard, match="is not believed"):
        stamp(NOTE, alone)
    (said,) = scene.told
    assert said.startswith("the authority for time tsa0.example is not believed: ")
    assert words in said
    two = scene.asking([Called(answers), scene.both[1]])
    assert two.judge(stamp(NOTE, two)).anchor == scene.roots[1].certificate


def test_the_clock_may_differ_a_little(scene: Scene) -> None:
    for apart, believed in ((APART, True), (-APART, True), (APART + timedelta(seconds=1), False)):
        authority = authority_under(scene.roots[0], "Time", 95, lambda apart=apart: scene.clock.now() + apart)
        asking = scene.asking([Called(authority.stamp)])
        if believed:
            stamp(NOTE, asking)
        else:
            with pytest.raises(NotHeard, match="one of the two is wrong"):
                stamp(NOTE, asking)


def test_one_that_was_revoked_is_not_believed(scene: Scene) -> None:
    root = scene.roots[0]
    authority = authority_under(root, "Time", 96, scene.clock.now)
    root.revoke(authority.certificate, NOW - timedelta(days=1))
    with pytest.raises(NotHeard, match="revoked 2026-11-23"):
        stamp(NOTE, scene.asking([Called(authority.stamp)], crls=[root.crl(NOW)]))


def test_another_anchor_can_be_asked_for(scene: Scene) -> None:
    asking = scene.asking()
    first = stamp(NOTE, asking)
    apart = asking.apart([first])
    second = stamp(NOTE, apart)
    assert {asking.judge(one).anchor for one in (first, second)} == {one.certificate for one in scene.roots}
    assert [asking.are_apart(some) for some in ([], [first], [first, first], [first, second])] == [False, False, False, True]
    # Whose anchor is known is not asked in vain; whose is not, once.
    assert [one.times for one in scene.both] == [1, 1]
    scene.heard.anchors.clear()
    stamp(NOTE, asking.apart([first]))
    assert [one.times for one in scene.both] == [2, 2]
    assert scene.told == []
    with pytest.raises(NotHeard, match="no authority is named that stands under another anchor"):
        stamp(NOTE, asking.apart([first, second]))


def test_a_node_that_stops_asks_nobody_and_tells_nothing(scene: Scene) -> None:
    def stopping(_request: bytes) -> bytes:
        raise NotAsked("the node is stopping")

    with pytest.raises(NotAsked):
        stamp(NOTE, scene.asking([Called(stopping), scene.both[1]]))
    assert scene.told == []
    assert scene.both[1].times == 0


def test_what_is_no_request_and_no_token_is_refused(scene: Scene) -> None:
    with pytest.raises(DerRefused):
        scene.asking().stamp(b"\x30\x00")
    with pytest.raises(NoteRefused):
        scene.asking().judge(b"\x30\x00")
    with pytest.raises(NoteRefused, match="not among the anchors"):
        scene.asking(roots=scene.roots[1:]).judge(stamp(NOTE, scene.asking()))
