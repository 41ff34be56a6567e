"""The house keeps its own rules: layers, one test file for each module, names of the domain, and who may look outside."""

import ast
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path.relative_to(ROOT) for path in (ROOT / "node").rglob("*.py"))
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, show_timings=False))"

# Modules without a test file of their own, and where they are tested instead.
TESTED_ELSEWHERE = {
    "node/customs/filing/on_file.py": "the interface of the documents on file; the tests of in_memory.py and of the store's register run it",
    **{
        f"node/doctor/{name}.py": "its checks are proven by seeded faults in the test of checks.py"
        for name in (
            "agreed",
            "clocks",
            "documents",
            "library",
            "machine",
            "online",
            "partner_keys",
            "places",
            "proofs",
            "queues",
            "revocation",
            "serving",
            "sheets",
            "stores",
            "updates",
        )
    },
    "node/doctor/facts.py": "values without behaviour; the test of gathering.py reads them",
    "node/ebms/namespaces.py": "constants; every vector reads them",
    "node/customs/seal/ports.py": "an interface; the test of adding.py asks two authorities through it",
    "node/updates/update.py": "values; the tests of reading.py and writing.py make every one",
    "node/msh/ports.py": "interfaces and the values that cross them",
    "node/customs/operators/port.py": "the interface of the register and the values that cross it; the test of the store's register runs it",
    "node/security/trust.py": "words without behaviour; the test of path.py uses each",
    "node/store/agreed_statements.py": "the test of statements.py runs each",
    "node/store/agreed_tables.py": "declarations; the test of statements.py makes them",
    "node/store/applying.py": "what the register does in its transaction; the test of operators.py",
    "node/store/configured_statements.py": "the test of statements.py runs each",
    "node/store/configured_tables.py": "declarations; the test of statements.py makes them",
    "node/store/document_statements.py": "the test of statements.py runs each",
    "node/store/document_tables.py": "declarations; the test of statements.py makes them",
    "node/store/evidence_statements.py": "the test of statements.py runs each",
    "node/store/hold_statements.py": "the test of statements.py runs each",
    "node/store/imported_statements.py": "the test of statements.py runs each",
    "node/store/evidence_tables.py": "declarations; the test of statements.py makes them",
    "node/store/hold_tables.py": "declarations; the test of statements.py makes them",
    "node/store/imported_tables.py": "declarations; the test of statements.py makes them",
    "node/store/filing.py": "what the register writes of an accepted document; the test of documents.py",
    "node/store/faults.py": "exceptions without behaviour; the tests of each database raise them",
    **{
        f"node/store/migrations/versions/v{name}.py": "run by the test of shape.py"
        for name in ("1_first", "2_reliability", "3_workers", "4_operators", "5_documents", "6_evidence")
    },
    "node/store/keeping_statements.py": "the test of statements.py runs each",
    "node/store/operator_statements.py": "the test of statements.py runs each",
    "node/store/operator_tables.py": "declarations; the test of statements.py makes them",
    "node/store/phrases.py": "what every statement is made of; the test of statements.py runs each",
    "node/store/prepared.py": "written by statements.py, whose test compares it",
    "node/store/pulling_statements.py": "the test of statements.py runs each",
    "node/store/rows.py": "the common part of outbound, inbound, refusals and queries, each with its own test",
    "node/store/tables.py": "declarations; the test of statements.py makes them",
    "node/store/update_statements.py": "the test of statements.py runs each",
    "node/store/update_tables.py": "declarations; the test of statements.py makes them",
    "node/store/values.py": "values without behaviour that the tests of the store read",
    "node/store/wording.py": "two texts side by side; the tests of each database run them",
}


def import_contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", LINT_IMPORTS], cwd=folder, capture_output=True, text=True, check=False)


def test_the_import_contracts_are_kept() -> None:
    ended = import_contracts(ROOT)
    assert ended.returncode == 0, ended.stdout


BREACHES = [
    # (module, the line that breaks it, the contract that notices)
    ("node/ebms/message.py", "import sqlite3", "sans-io"),
    ("node/mime/reader.py", "import node.security.verify", "layers"),
    ("node/security/verify.py", "import socket", "sans-io"),
    ("node/msh/deliver.py", "import node.store", "layers"),
    ("node/web/server.py", "import node.store", "construction"),
    ("node/stranger.py", "", "layers"),
    ("conformance/__init__.py", "import node.ebms", "judge"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("module", "line", "contract"), BREACHES)
def test_a_breach_of_a_contract_is_seen(tmp_path: Path, module: str, line: str, contract: str) -> None:
    for folder in ("node", "conformance"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pyproject.toml").write_text(
        (ROOT / "pyproject.toml").read_text().replace(f'id = "{contract}"\nname = "', f'id = "{contract}"\nname = "THIS ')
    )
    with (tmp_path / module).open("a") as file:
        file.write(f"\n{line}\n")
    ended = import_contracts(tmp_path)
    broken = [said for said in ended.stdout.splitlines() if said.endswith(" BROKEN")]
    assert [said.startswith("THIS ") for said in broken] == [True]


@pytest.mark.parametrize("module", [str(path) for path in MODULES if path.name not in {"__init__.py", "__main__.py"}])
def test_each_module_has_a_test_file(module: str) -> None:
    path = Path(module)
    mirror = ROOT / "tests" / path.relative_to("node").parent / f"test_{path.name}"
    assert mirror.is_file() or module in TESTED_ELSEWHERE, f"{mirror.relative_to(ROOT)} is missing"


def test_no_excuse_outlives_its_module() -> None:
    assert [module for module in TESTED_ELSEWHERE if not (ROOT / module).is_file()] == []


def test_every_name_is_a_word_of_the_domain() -> None:
    empty = {"utils", "util", "common", "core", "base", "helpers", "helper", "manager", "misc", "tools", "signal"}
    assert [str(path) for path in MODULES if empty & {*path.parts[:-1], path.stem}] == []


@pytest.mark.parametrize("folder", ["profiles", "partners", "certs", "tests", "docs"])
def test_a_folder_of_data_is_no_package(folder: str) -> None:
    assert list((ROOT / folder).glob("__init__.py")) == []


@cache
def names_used(path: Path) -> set[str]:
    """`os.environ` and the like, as far as they are written out."""
    tree = ast.parse((ROOT / path).read_text())
    dotted = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    imported = {
        f"{node.module}.{alias.name}" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    return dotted | imported


@pytest.mark.parametrize("name", ["os.environ", "os.getenv", "sys.argv"])
def test_only_the_command_line_reads_arguments_and_environment(name: str) -> None:
    readers = [str(path) for path in MODULES if name in names_used(path) and path.parts[1] != "cli"]
    assert readers == []


def test_data_is_found_through_the_home_or_the_package_never_through_a_path_of_a_module() -> None:
    writes_its_neighbour = {
        "node/store/statements.py",
        "node/store/migrating.py",
    }  # prepared.py is generated into the checkout, by hand
    assert {str(path) for path in MODULES if "__file__" in (ROOT / path).read_text()} <= writes_its_neighbour


@pytest.mark.parametrize("module", [str(path) for path in MODULES if path.name == "__init__.py"])
def test_each_package_says_its_nouns(module: str) -> None:
    assert ast.get_docstring(ast.parse((ROOT / module).read_text()))


#: What makes or reads an element, or whatever else belongs to the thread that made it. Source: docs/decisions/0024-xml-stays-in-its-thread.md
OF_ITS_THREAD = {
    *(
        "XMLParser",
        "XMLPullParser",
        "XMLSchema",
        "Element",
        "SubElement",
        "ElementTree",
        "fromstring",
        "iterparse",
        "XML",
        "parse",
    ),
    *("parse_xml", "new_root", "compile_schema"),
}


def kept_elements(tree: ast.AST) -> list[str]:
    """Calls of those names that are made when a module or a class is loaded, or in a function whose answer a cache keeps."""

    def called(node: ast.AST, *, kept: bool) -> list[str]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
            kept = any("cache" in ast.unparse(one) for one in decorators)
            defaults = [one for one in (*node.args.defaults, *node.args.kw_defaults) if one is not None]
            body = node.body if isinstance(node.body, list) else [node.body]
            return [
                *(one for each in (*decorators, *defaults) for one in called(each, kept=True)),
                *(one for each in body for one in called(each, kept=kept)),
            ]
        name = ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
        found = [f"{name} in line {node.lineno}"] if kept and isinstance(node, ast.Call) and name in OF_ITS_THREAD else []
        return found + [one for child in ast.iter_child_nodes(node) for one in called(child, kept=kept)]

    return called(tree, kept=True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ROOT = parse_xml(octets)", ["parse_xml in line 1"]),
        ("class A:\n    parser = etree.XMLParser()", ["XMLParser in line 2"]),
        ("@lru_cache(1)\ndef f():\n    return new_root('a')", ["new_root in line 3"]),
        ("class A:\n    @cached_property\n    def f(self):\n        return parse_xml(b'')", ["parse_xml in line 4"]),
        ("def f(root=Element('a')): ...", ["Element in line 1"]),
        ("def f():\n    return parse_xml(b'')", []),
        ("NAME = etree.XPath('name()')", []),
    ],
)
def test_elements_that_are_kept_are_seen(text: str, found: list[str]) -> None:
    assert kept_elements(ast.parse(text)) == found


@pytest.mark.parametrize(
    "module", [str(path) for path in MODULES if "lxml" in (text := (ROOT / path).read_text()) or "parse_xml" in text]
)
def test_no_module_keeps_an_element_for_another_thread(module: str) -> None:
    assert kept_elements(ast.parse((ROOT / module).read_text())) == []


def test_every_schema_is_compiled_behind_the_lock() -> None:
    assert [str(path) for path in MODULES if "XMLSchema(" in (ROOT / path).read_text()] == ["node/ebms/xml.py"]
