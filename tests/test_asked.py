"""A part is built once, however many threads ask for it first."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from node.asked import built_when_asked


class House:
    built = calls = 0

    @built_when_asked
    def roof(self) -> object:
        """What keeps the rain out."""
        before = self.built
        # Whoever else is in here now counts from the same number.
        time.sleep(0.05)
        self.built = before + 1
        House.calls += 1
        return object()

    @built_when_asked
    def chimney(self) -> tuple[object, str]:
        return self.roof, "brick"


def test_threads_that_ask_at_once_get_the_same() -> None:
    house, go = House(), threading.Barrier(8)

    def ask(_: int) -> tuple[object, str]:
        go.wait(10)
        return house.chimney

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert {id(one) for one in found} == {id(house.chimney)}
    assert House.calls == 1


def test_what_is_taken_away_is_built_anew() -> None:
    house = House()
    before = house.roof
    assert house.roof is before
    del house.__dict__["roof"]
    assert house.roof is not before


def test_the_class_shows_the_decorator() -> None:
    assert isinstance(House.roof, built_when_asked)
