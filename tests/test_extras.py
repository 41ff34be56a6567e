"""The node runs without its extras: none of them is loaded before it is asked for."""

import subprocess
import sys
from pathlib import Path

from tests.homes import make_pair

#: The modules of the extras in pyproject.toml.
EXTRAS = ("dns", "obstore", "psycopg", "pyas4", "reportlab", "saxonche", "signxml")
WITHOUT = f"""
import sys
from importlib.machinery import PathFinder

found = PathFinder.find_spec

def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in {EXTRAS!r} else found(name, path, target)

PathFinder.find_spec = find_spec
from node.app import Node
from node.cli.root import run

sys.exit(run(["--home", sys.argv[1], *sys.argv[2:]], {{}}))
"""


def test_a_home_is_read_and_served_commands_are_there_without_any_extra(tmp_path: Path) -> None:
    home = make_pair(tmp_path)[0].folder
    for words in (("partner", "check"), ("partner", "list"), ("document", "list"), ("directory", "list")):
        ended = subprocess.run([sys.executable, "-c", WITHOUT, str(home), *words], capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stderr) == (0, ""), words


def test_a_command_that_needs_an_extra_says_which(tmp_path: Path) -> None:
    home = make_pair(tmp_path)[0].folder
    words = ("directory", "find", "s::a", "s::b")
    ended = subprocess.run([sys.executable, "-c", WITHOUT, str(home), *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "the extra `discovery`" in ended.stderr
