"""The documents are true: generated pages are fresh, links lead somewhere, decisions have their parts, commands have their place."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
OURS = list(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")) + [ROOT / "changes" / "README.md"]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))


def load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("n2n_docs_generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = load_generator()


@pytest.mark.parametrize("page", GENERATOR.PAGES)
def test_a_generated_page_is_fresh(page: str) -> None:
    assert (GENERATOR.REFERENCE / page).read_text("utf-8") == GENERATOR.PAGES[page](), "run: python docs/generate.py"


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("document", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text("utf-8")
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, fragment = target.partition("#")
        if "://" in path:
            continue
        leads_to = (document.parent / path) if path else document
        headings = (
            re.findall(r"^#+ (.+)$", leads_to.read_text("utf-8"), re.MULTILINE)
            if leads_to.suffix == ".md" and leads_to.is_file()
            else []
        )
        if not leads_to.exists() or (fragment and fragment not in map(anchor, headings)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.name[:4])
def test_a_decision_has_its_four_parts(decision: Path) -> None:
    text = decision.read_text("utf-8")
    parts = [text.find(f"**{part}**") for part in ("Context.", "Decision.", "What it costs.", "What would change our mind.")]
    assert -1 not in parts
    assert parts == sorted(parts)
    assert text.startswith(f"# {int(decision.name[:4])}. ")


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_every_page_is_reached_from_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    pages = [
        str(path.relative_to(ROOT / "docs"))
        for path in (ROOT / "docs").rglob("*.md")
        if path.parent.name != "decisions" and path.name != "index.md"
    ]
    assert [page for page in pages if f"({page})" not in index] == []


def commands() -> list[tuple[str, Any]]:
    """(words, command) for every leaf of the command line."""
    import typer

    from node.cli.root import build

    def leaves(words: str, command: Any) -> list[tuple[str, Any]]:
        inner = getattr(command, "commands", None)
        if inner is None:
            return [(words, command)]
        return [leaf for name, one in inner.items() for leaf in leaves(f"{words} {name}", one)]

    return leaves("n2n", typer.main.get_command(build()))


@pytest.mark.parametrize(("words", "command"), commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_has_help_and_a_place_in_the_manual(words: str, command: Any) -> None:
    assert command.help
    assert [option.name for option in command.params if option.param_type_name == "option" and not option.help] == []
    assert words.removeprefix("n2n ") in (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")


def test_the_sketch_of_the_tree_in_the_readme_is_true() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    tree = text[text.index("## The tree") :]
    named = re.findall(r"^(\S+/)\s", tree[: tree.index("\n## ", 1)], re.MULTILINE)
    assert len(named) >= 10
    assert [folder for folder in named if not (ROOT / folder).is_dir()] == []


def test_the_python_of_the_floor_is_said_everywhere_alike() -> None:
    assert sys.version_info >= (3, 11)
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text()
    assert "(3, 11)" in (ROOT / "n2n").read_text()
