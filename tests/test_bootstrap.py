"""./n2n on machines of every kind: a toy checkout with an empty lock, and a stand-in for uv that needs no network."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INTERPRETER = os.path.realpath(sys.executable)
# Makes an environment without pip in 0.1 s; "pip install" succeeds unless there is "no network".
UV = """#!/bin/sh
echo "$*" >>"{log}"
case $1 in
--version) echo "uv 0" ;;
venv) shift 4; exec "$1" -m venv --without-pip "$2" ;;
pip) [ ! -e "{log}.offline" ] || { echo "error: no route to the registry" >&2; exit 2; } ;;
esac
"""
COMMAND_LINE = "import sys\n\ndef main():\n    print('argv', *sys.argv[1:])\n    return 7\n"
TOOLS = ("sh", "cat", "chmod", "cmp", "cp", "dirname", "ln", "readlink", "rm", "sleep", "mkdir")


@dataclass
class Machine:
    """A checkout, a path with few tools, and a log of what uv was asked."""

    home: Path
    tools: Path
    log: Path
    environment: dict[str, str]

    def start(self, *arguments: str, script: Path | None = None, cwd: Path | None = None, **environment: str):
        return subprocess.run(
            [script or self.home / "n2n", *arguments],
            cwd=cwd or self.home,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def asked(self, word: str) -> int:
        """How often uv was asked for `venv` or `pip`."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return sum(line.startswith(word) for line in lines)

    def without_uv(self) -> None:
        (self.tools / "uv").unlink()

    def without_python(self) -> None:
        (self.tools / "python3").unlink()

    def offline(self, now: bool) -> None:
        flag = Path(f"{self.log}.offline")
        flag.touch() if now else flag.unlink()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    home, tools, log = tmp_path / "a check out", tmp_path / "tools", tmp_path / "log"
    (home / "node" / "cli").mkdir(parents=True)
    (home / "node" / "cli" / "__init__.py").write_text(COMMAND_LINE)
    (home / "requirements.lock").write_text("# nothing\n")
    (home / "requirements-dev.lock").write_text("# nothing for development\n")
    shutil.copy2(ROOT / "n2n", home / "n2n")
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool}"))
    (tools / "python3").symlink_to(INTERPRETER)
    write_script(tools / "uv", UV.replace("{log}", str(log)))
    return Machine(home, tools, log, {"PATH": str(tools), "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"})


def write_script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def wrapper(path: Path, note: Path) -> None:
    """An interpreter that leaves a note that it was the one chosen."""
    write_script(path, f'#!/bin/sh\necho "{path}" >>"{note}"\nexec "{INTERPRETER}" "$@"\n')


def test_the_first_start_makes_the_environment_and_the_next_says_nothing(machine: Machine) -> None:
    first = machine.start("message", "list --json")
    assert first.stdout == "argv message list --json\n"
    assert first.returncode == 7
    assert "making" in first.stderr
    assert machine.asked("pip install --quiet --require-hashes") == 1

    lines = machine.log.read_text()
    second = machine.start()
    assert (second.stdout, second.stderr, second.returncode) == ("argv\n", "", 7)
    assert machine.log.read_text() == lines


def test_a_later_start_needs_no_tools_but_the_environment(machine: Machine) -> None:
    machine.start()
    machine.without_uv()
    machine.without_python()
    assert machine.start("x").stdout == "argv x\n"


@pytest.mark.parametrize("target", ["absolute", "relative"])
def test_it_runs_from_any_folder_and_through_links(machine: Machine, tmp_path: Path, target: str) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    link, second = elsewhere / "n2n", elsewhere / "n"
    link.symlink_to(machine.home / "n2n" if target == "absolute" else Path("..") / machine.home.name / "n2n")
    second.symlink_to("n2n")
    (elsewhere / "node").mkdir()
    (elsewhere / "node" / "__init__.py").write_text("raise SystemExit('a stranger')")
    assert machine.start("x", script=second, cwd=elsewhere).stdout == "argv x\n"
    assert not (elsewhere / ".venv").exists()


PYTHONS = [
    # (what exists, which is chosen); BROKEN stands for a pyenv shim whose version is not selected
    ({"tools/python3.11": "runs", "tools/python3.12": "runs", "tools/python3.13": "runs"}, "tools/python3.13"),
    ({"tools/python3.11": "runs", "tools/python3.12": "runs", "tools/python3.13": "broken"}, "tools/python3.12"),
    ({"tools/python3.13": "broken", "pyenv/versions/3.13.0/bin/python3.13": "runs"}, "pyenv/versions/3.13.0/bin/python3.13"),
    ({"tools/python3.12": "runs", "pyenv/versions/3.13.0/bin/python3.13": "runs"}, "pyenv/versions/3.13.0/bin/python3.13"),
    ({"tools/python3.11": "runs", "pyenv/versions/3.12.1/bin/python3.12": "broken"}, "tools/python3.11"),
    ({"tools/python3.14": "runs", "tools/python3": "runs"}, "tools/python3"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("present", "chosen"), PYTHONS)
def test_the_best_python_that_runs_is_found(machine: Machine, tmp_path: Path, present: dict[str, str], chosen: str) -> None:
    note = tmp_path / "note"
    machine.without_python()
    for place, state in present.items():
        if state == "runs":
            wrapper(tmp_path / place, note)
        else:
            write_script(tmp_path / place, "#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n")
    assert machine.start(PYENV_ROOT=str(tmp_path / "pyenv")).stdout == "argv\n"
    assert note.read_text().splitlines() == [str(tmp_path / chosen)]


def test_a_python_may_be_forced(machine: Machine, tmp_path: Path) -> None:
    forced, note = tmp_path / "my python", tmp_path / "note"
    wrapper(forced, note)
    assert machine.start(N2N_PYTHON=str(forced)).returncode == 7
    assert note.exists()


def test_a_version_may_be_asked_for(machine: Machine, tmp_path: Path) -> None:
    note = tmp_path / "note"
    for version in ("3.11", "3.12", "3.13"):
        wrapper(tmp_path / "tools" / f"python{version}", note)
    machine.start(N2N_PYTHON="3.12")
    assert note.read_text().splitlines() == [str(tmp_path / "tools" / "python3.12")]


@pytest.mark.parametrize("forced", ["", "/nowhere/python3", "3.99"])
def test_without_a_python_one_line_says_what_to_do(machine: Machine, forced: str) -> None:
    if not forced:
        machine.without_python()
    ended = machine.start(N2N_PYTHON=forced)
    assert ended.returncode == 69
    assert ended.stderr.count("\n") == 1
    assert "no Python 3.11 or newer" in ended.stderr
    assert "N2N_PYTHON=/path/to/python3" in ended.stderr
    assert sorted(path.name for path in machine.home.iterdir()) == ["n2n", "node", "requirements-dev.lock", "requirements.lock"]


def test_a_python_that_is_too_old_is_no_python(machine: Machine, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    write_script(old, f'#!/bin/sh\nshift\nexec "{INTERPRETER}" -c "import sys; sys.version_info = (3, 10, 13); $1"\n')
    ended = machine.start(N2N_PYTHON=str(old))
    assert ended.returncode == 69
    assert f"as N2N_PYTHON={old}" in ended.stderr


def test_without_a_network_it_says_so_and_mends_itself_later(machine: Machine) -> None:
    machine.offline(True)
    ended = machine.start()
    assert ended.returncode == 69
    assert "no route to the registry" in ended.stderr
    assert "registry must be reachable" in ended.stderr.splitlines()[-1]

    machine.offline(False)
    assert machine.start().stdout == "argv\n"


def interpreter_gone(venv: Path) -> None:
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").symlink_to("/nowhere/python3.13")


def cut_short(venv: Path) -> None:
    (venv / "n2n.lock").unlink()
    shutil.rmtree(venv / "bin")


def half_removed(venv: Path) -> None:
    shutil.rmtree(venv / "lib")
    (venv / "n2n.lock").unlink()


def emptied(venv: Path) -> None:
    shutil.rmtree(venv)
    venv.mkdir()


@pytest.mark.slow
@pytest.mark.parametrize("damage", [interpreter_gone, cut_short, half_removed, emptied, shutil.rmtree])
def test_a_broken_environment_is_made_anew(machine: Machine, damage: Callable[[Path], None]) -> None:
    machine.start()
    damage(machine.home / ".venv")
    assert machine.start("again").stdout == "argv again\n"
    assert machine.asked("venv") == 2


def test_a_changed_lock_is_installed_into_the_same_environment(machine: Machine) -> None:
    machine.start()
    (machine.home / "requirements.lock").write_text("# something else\n")
    changed = machine.start()
    assert changed.stdout == "argv\n"
    assert "installing requirements.lock" in changed.stderr
    assert (machine.asked("venv"), machine.asked("pip")) == (1, 2)
    assert machine.start().stderr == ""


def test_the_environment_of_check_serves_the_command_too(machine: Machine) -> None:
    made = machine.start("not run", N2N_SETUP="dev")
    assert (made.stdout, made.returncode) == ("", 0)
    assert "requirements-dev.lock" in machine.log.read_text()
    assert machine.start().stderr == ""

    (machine.home / "requirements-dev.lock").write_text("# more\n")
    assert machine.start().stderr == ""
    assert "installing requirements-dev.lock" in machine.start(N2N_SETUP="dev").stderr


def test_a_checkout_that_was_moved_still_starts(machine: Machine, tmp_path: Path) -> None:
    machine.start()
    machine.home = machine.home.rename(tmp_path / "moved")
    moved = machine.start("x")
    assert (moved.stdout, moved.stderr) == ("argv x\n", "")


@pytest.mark.slow
def test_two_first_starts_at_once_make_one_environment(machine: Machine) -> None:
    starts = [
        subprocess.Popen(
            [machine.home / "n2n", str(number)], env=machine.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for number in range(4)
    ]
    ended = [(start.communicate(timeout=120)[0], start.returncode) for start in starts]
    assert ended == [(f"argv {number}\n".encode(), 7) for number in range(4)]
    assert (machine.asked("venv"), machine.asked("pip")) == (1, 1)
    assert not os.path.lexists(machine.home / ".venv-lock")


@pytest.mark.slow
def test_the_turn_of_a_start_that_died_is_taken(machine: Machine) -> None:
    died = subprocess.Popen(["true"])
    died.wait()
    (machine.home / ".venv-lock").symlink_to(str(died.pid))
    assert machine.start().stdout == "argv\n"
    assert not os.path.lexists(machine.home / ".venv-lock")


def test_a_folder_that_is_no_environment_is_left_alone(machine: Machine, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "letter").write_text("dear")
    ended = machine.start(N2N_VENV=str(precious))
    assert ended.returncode == 69
    assert "left alone" in ended.stderr
    assert (precious / "letter").read_text() == "dear"


def test_the_environment_may_stand_elsewhere(machine: Machine, tmp_path: Path) -> None:
    assert machine.start("x", N2N_VENV=str(tmp_path / "deep" / "er")).stdout == "argv x\n"
    assert not (machine.home / ".venv").exists()


@pytest.mark.slow
def test_plain_pip_does_when_there_is_no_uv(machine: Machine) -> None:
    machine.start()
    machine.without_uv()
    # What uv made has no pip in it: a changed lock makes it anew.
    (machine.home / "requirements.lock").write_text("# something else\n")
    ended = machine.start("x")
    assert ended.stdout == "argv x\n", ended.stderr
    assert list((machine.home / ".venv" / "lib").glob("python3*/site-packages/pip"))


@pytest.mark.slow
def test_plain_pip_refuses_a_package_without_a_hash(machine: Machine) -> None:
    machine.without_uv()
    (machine.home / "requirements.lock").write_text("lxml==6.1.3\n")
    ended = machine.start()
    assert ended.returncode == 69
    assert "hash" in ended.stderr.lower()
