"""The wheel is ours alone, runs outside the checkout, and the locks say what pyproject.toml says."""

import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ["requirements.lock", "requirements-dev.lock"]


@pytest.mark.parametrize("package", ["node", "conformance", "n2n_verify"])
def test_no_other_distribution_claims_our_top_level_name(package: str) -> None:
    # A checkout is on the path without a distribution, hence a subset.
    assert set(packages_distributions().get(package, [])) <= {"customs-n2n-node"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_our_packages_and_the_presets_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "node",
        "conformance",
        "n2n_verify.py",
        f"{wheel.name.split('-py3')[0]}.dist-info",
    }
    shipped = {name.removeprefix("node/presets/") for name in names if name.startswith("node/presets/")}
    assert shipped >= {str(path.relative_to(ROOT / "profiles")) for path in (ROOT / "profiles").rglob("*.toml")}
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    metadata = zipfile.ZipFile(wheel).read(next(name for name in names if name.endswith("METADATA"))).decode()
    assert "Classifier: Private :: Do Not Upload" in metadata


@pytest.mark.slow
def test_the_wheel_runs_in_an_environment_of_its_own_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    try:
        import ensurepip  # noqa: F401 - only asked whether this Python has it
    except ImportError:
        pytest.skip("this Python has no ensurepip to install the wheel with")
    venv.create(tmp_path / "venv", with_pip=True)
    bin_ = tmp_path / "venv" / "bin"
    subprocess.run([bin_ / "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    # The packages of the lock, lent by this environment: a path in a .pth does not bring that path's own .pth along.
    (lender,) = {path for path in sys.path if path.endswith("site-packages")}
    (packages,) = (tmp_path / "venv" / "lib").glob("python3*/site-packages")
    (packages / "lent.pth").write_text(lender)

    said = subprocess.run([bin_ / "n2n", "--version"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert said.stdout.split()[:2] == ["n2n", PROJECT["project"]["version"]]
    where = (
        "import node, conformance, importlib.resources as r; print(node.__file__); print((r.files('node') / 'presets').is_dir())"
    )
    said = subprocess.run([bin_ / "python", "-c", where], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert said.stdout.splitlines() == [str(packages / "node" / "__init__.py"), "True"]
    subprocess.run([bin_ / "n2n", "--help"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run([bin_ / "python", "-m", "n2n_verify", "--help"], cwd=tmp_path, check=True, capture_output=True)


def locked(name: str) -> Mapping[str, tuple[str, int]]:
    """Distribution -> (version, number of hashes) of a lock file."""
    found: dict[str, tuple[str, int]] = {}
    for block in re.split(r"\n(?=\S)", (ROOT / name).read_text().strip()):
        match = re.match(r"([\w.-]+)==(\S+)", block)
        assert match, block.splitlines()[0]
        found[canonicalize_name(match[1])] = (match[2], block.count("--hash=sha256:"))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_distribution_has_hashes_and_no_lock_names_a_registry(lock: str) -> None:
    assert [name for name, (_, hashes) in locked(lock).items() if hashes == 0] == []
    assert "://" not in (ROOT / lock).read_text()


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.lock", PROJECT["project"]["dependencies"]),
        ("requirements-dev.lock", PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]),
    ],
)
def test_the_lock_answers_every_requirement(lock: str, wanted: list[str]) -> None:
    versions = {name: version for name, (version, _) in locked(lock).items()}
    requirements = [Requirement(text) for text in wanted]
    unanswered = [str(r) for r in requirements if versions.get(canonicalize_name(r.name)) not in r.specifier]
    assert unanswered == []


def test_the_development_lock_holds_the_very_versions_that_run() -> None:
    runtime, development = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {name: development.get(name) for name in runtime} == dict(runtime)


def test_what_is_not_ours_to_give_stays_out_of_the_locks() -> None:
    extras = {canonicalize_name(Requirement(text).name) for text in PROJECT["project"]["optional-dependencies"]["domibus"]}
    assert extras == {"pyas4"}
    assert extras.isdisjoint(locked("requirements.lock"))


# apsw lets each user choose any licence that the OSI has approved, MIT for instance.
PERMISSIVE = re.compile(r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|any-OSI")


def test_every_runtime_dependency_has_a_permissive_licence() -> None:
    rows = re.findall(r"^\| ([\w-]+) \| (.+) \|$", (ROOT / "docs" / "reference" / "dependencies.md").read_text(), re.MULTILINE)
    assert len(rows) > 30
    assert [row for row in rows if row[0] not in {"distribution", "---"} and not PERMISSIVE.search(row[1])] == []


def test_the_build_backend_is_the_one_of_the_development_lock() -> None:
    assert PROJECT["build-system"]["requires"] == [f"hatchling=={locked('requirements-dev.lock')['hatchling'][0]}"]
