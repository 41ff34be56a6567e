"""One healthy demo, made once; each test gets a copy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.doctor.homes import Home, copy, make_demo


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_demo(tmp_path_factory.mktemp("demo") / "demo")


@pytest.fixture
def home(healthy: Home, tmp_path: Path) -> Home:
    return copy(healthy, tmp_path / "demo")


@pytest.fixture
def home_at(healthy: Home) -> Callable[[Path], Home]:
    return lambda folder: copy(healthy, folder)
