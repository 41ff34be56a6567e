"""The store of a test, its twin, and the values of samples.py."""

import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from node.store.in_memory import InMemoryMessages
from node.store.messages import Store, open_store


@pytest.fixture(scope="session")
def a() -> ModuleType:
    """`a.exchange("m1@h")`, `a.accepted(...)`: tests/store/samples.py, since tests are no package."""
    spec = spec_from_file_location("n2n_tests_store_samples", Path(__file__).with_name("samples.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def open_at(tmp_path: Path, a: ModuleType, url: str) -> Iterator[Callable[..., Store]]:
    """`open_at()` opens the store of this test, again after a restart; all are closed in the end."""
    opened: list[Store] = []
    numbers = count(1)

    def make(folder: Path | None = None, **other: Any) -> Store:
        opened.append(open_store(folder or tmp_path / "data", lambda: f"unique-{next(numbers)}", a.NOW, **{"url": url, **other}))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def url(request: pytest.FixtureRequest) -> str:
    """Where the rows of this test lie: each test of the store runs on both databases."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres").database())


@pytest.fixture
def store(open_at: Callable[..., Store]) -> Store:
    return open_at()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server), "memory"])
def messages(request: pytest.FixtureRequest, tmp_path: Path, a: ModuleType) -> Iterator[Any]:
    """The store on each database, and its twin in memory: all keep one contract."""
    if request.param == "memory":
        yield InMemoryMessages()
        return
    numbers = count(1)
    url = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    store = open_store(tmp_path / "data", lambda: f"unique-{next(numbers)}", a.NOW, url=url)
    yield store.messages
    store.close()
