"""What an operator wrote wrongly is told with its file, its key and what to do."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.configuration import ConfigurationError, Problem, Problems, Table, is_name, nearest, parse_toml, read_toml, refuse, toml


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (Problem("f", "a.b", "is wrong", "mend it"), "f: a.b: is wrong; mend it"),
        (Problem("f", "", "is wrong"), "f: is wrong"),
    ],
)
def test_a_problem_is_one_line(problem, said):
    assert str(problem) == said


def test_all_problems_are_raised_together():
    problems = Problems()
    problems.raise_if_any()
    problems.add("f", "a", "one")
    problems.add("f", "b", "two")
    with pytest.raises(ConfigurationError) as refused:
        problems.raise_if_any()
    assert str(refused.value) == "f: a: one\nf: b: two"
    assert len(refused.value.problems) == 2


def test_one_problem_may_be_raised_at_once():
    with pytest.raises(ConfigurationError, match="f: k: no; do"):
        refuse("f", "k", "no", "do")


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("sgin", ["sign", "encrypt"], "did you mean 'sign'?"),
        ("zzz", ["sign", "encrypt"], "known here: encrypt, sign"),
        ("zzz", [], "nothing is known here"),
    ],
)
def test_the_nearest_name_is_offered(name, known, said):
    assert nearest(name, known) == said


def table(**values):
    return Table(values, "f", Problems(), "t")


def told(one):
    return [f"{p.key}: {p.problem}" for p in one.problems.found]


@pytest.mark.parametrize(
    ("ask", "values", "found", "said"),
    [
        (lambda t: t.text("k"), {}, "", []),
        (lambda t: t.text("k", "d"), {}, "d", []),
        (lambda t: t.text("k", "d"), {"k": ""}, "", []),
        (lambda t: t.text("k", required=True), {}, "", ["t.k: is required"]),
        (lambda t: t.text("k", required=True), {"k": ""}, "", ["t.k: is required"]),
        (lambda t: t.text("k", required=True), {"k": 7}, "", ["t.k: must be a string, is 7"]),
        (lambda t: t.optional("k"), {"k": ""}, None, []),
        (lambda t: t.choice("k", "a", ("a", "b")), {"k": "b"}, "b", []),
        (lambda t: t.choice("k", "a", ("a", "b")), {"k": "c"}, "a", ["t.k: must be one of a, b, is 'c'"]),
        (lambda t: t.integer("k", 5, 1, 9), {}, 5, []),
        (lambda t: t.integer("k", 5, 1, 9), {"k": 9}, 9, []),
        (lambda t: t.integer("k", 5, 1, 9), {"k": 10}, 10, ["t.k: must lie between 1 and 9, is 10"]),
        (lambda t: t.integer("k", 5), {"k": True}, 5, ["t.k: must be a whole number, is True"]),
        (lambda t: t.boolean("k", True), {"k": False}, False, []),
        (lambda t: t.boolean("k", True), {"k": 0}, True, ["t.k: must be true or false, is 0"]),
        (lambda t: t.texts("k"), {"k": "a"}, ("a",), []),
        (lambda t: t.texts("k"), {"k": ["a", "b"]}, ("a", "b"), []),
        (lambda t: t.texts("k"), {"k": ["a", 7]}, (), ["t.k: must be a list of non-empty strings"]),
        (lambda t: t.tables("k"), {"k": ["a"]}, [], ["t.k: must be written as [[t.k]]"]),
        (lambda t: t.table("k").text("x"), {"k": 7}, "", ["t.k: must be a table, is 7"]),
        (lambda t: t.table("k").text("x", required=True), {}, "", ["t.k.x: is required"]),
        (lambda t: [one.text("x") for one in t.tables("k")], {"k": [{"x": "1"}, {"x": 2}]}, ["1", ""], ["t.k[2].x: must be a string, is 2"]),
    ],
)  # fmt: skip
def test_a_value_has_its_type_or_is_told(ask, values, found, said):
    one = table(**values)
    assert ask(one) == found
    assert told(one) == said


def test_what_nobody_asked_for_is_told():
    one = table(sign="x", sgin="y")
    one.text("sign")
    one.finish()
    assert [str(p) for p in one.problems.found] == ["f: t.sgin: is not known; did you mean 'sign'?"]


@pytest.mark.parametrize(
    ("octets", "said"),
    [(None, "no such file"), (b"a = ", "is not TOML"), (b"a = '\xff'", "cannot be read")],
)
def test_a_file_that_cannot_be_read_is_a_problem(tmp_path, octets, said):
    path, problems = tmp_path / "f.toml", Problems()
    if octets is not None:
        path.write_bytes(octets)
    assert read_toml(path, problems, "shown") == {}
    assert [(p.file, said in p.problem) for p in problems.found] == [("shown", True)]


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_text_is_written_as_toml_reads_it(text):
    assert tomllib.loads(f"k = {toml(text)}") == {"k": text}
    assert tomllib.loads(f"k = {toml([text, text])}") == {"k": [text, text]}


def test_the_mark_of_an_editor_and_its_line_ends_are_no_part_of_a_file(tmp_path):
    assert parse_toml(b'\xef\xbb\xbfname = "a"\r\n[b]\r\nc = 1\r\n') == {"name": "a", "b": {"c": 1}}
    with pytest.raises(tomllib.TOMLDecodeError, match="nested too deeply"):
        parse_toml(b"a = " + b"[" * 100_000)


@pytest.mark.parametrize(
    ("said", "so"),
    [
        ("kr", True),
        ("kr-2.a_b", True),
        ("", False),
        (".kr", False),
        ("../kr", False),
        ("k r", False),
        ("\uff4b", False),
        ("k" * 101, False),
    ],
)
def test_names_can_be_files(said, so):
    assert is_name(said) is so
