"""The agreement's value, else the preset's, else the default."""

import pytest

from node.agreements.parameters import PARAMETERS
from node.agreements.resolve import Layer, flat, read_layer, read_preset, resolve
from node.configuration import Problems

PRESETS = ["edelivery-as4-1.15", "edelivery-as4-1.15-pull", "edelivery-as4-2.0-eddsa", "edelivery-as4-2.0-ecdsa", "bdew-as4-1.1"]


def test_the_nearer_file_wins_and_the_origin_tells_it():
    key = "leg.x.payload.max_parts"
    preset, agreement, empty = Layer("p", {key: 5}, {key: 3}), Layer("a", {key: 7}, {}), Layer("", {}, {})
    for layers, value, origin in [
        ((preset, agreement), 7, "a (leg.x.payload.max_parts)"),
        ((preset, empty), 5, "p:3"),
        ((empty, empty), PARAMETERS[key].default, "default of this node"),
    ]:
        resolved = resolve(*layers)
        assert (resolved[key], str(resolved.origins[key])) == (value, origin)


def test_nested_tables_become_dotted_keys():
    assert dict(flat({"leg": {"x": {"a": 1}, "b": [{"c": 2}]}, "d": 3})) == {"leg.x.a": 1, "leg.b": [{"c": 2}], "d": 3}


def test_a_layer_keeps_what_it_can_and_tells_the_rest():
    problems = Problems()
    tables = {"leg": {"splitting": True, "spliting": False, "x": {"payload": {"max_parts": 3, "max_ratio": "x", "max_total": 0}}}}
    layer = read_layer(tables, "f", {}, problems)
    assert layer.values == {"leg.x.payload.max_parts": 3}
    assert [str(one) for one in problems.found] == [
        "f: leg.splitting: Splitting = True is not supported by this node, which can do false",
        "f: leg.spliting: is not known; did you mean 'leg.splitting'?",
        "f: leg.x.payload.max_ratio: must be a whole number, is 'x'",
        "f: leg.x.payload.max_total: must be more than 0, is 0",
    ]


@pytest.mark.parametrize("name", PRESETS)
def test_a_shipped_preset_is_read_fits_a_screen_and_gives_the_source_of_each_value(a, name):
    problems = Problems()
    layer = read_preset(name, (a.presets,), problems)
    assert problems.found == []
    text = (a.presets / f"{name}.toml").read_text("utf-8").splitlines()
    assert len(text) <= 50
    for key in layer.values:
        line = text[layer.lines[key] - 1]
        assert any(f"# {document}" in line for document in ("ED", "BD", "C ", "A ")), line


def test_no_shipped_preset_is_untested(a):
    assert sorted(path.stem for path in a.presets.glob("*.toml")) == sorted(PRESETS)


def test_a_home_preset_goes_before_a_shipped_one(tmp_path, a):
    (tmp_path / "edelivery-as4-1.15.toml").write_text('source = "ours"\nleg.x.payload.max_parts = 9\n')
    layer = read_preset("edelivery-as4-1.15", (tmp_path, a.presets), Problems())
    assert layer.values == {"leg.x.payload.max_parts": 9}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", None),
        ("leg.splitting = false", "source: is required"),
        ('source = "x"\nleg.bad = 1', "leg.bad: is not known"),
        ("x = ", "is not TOML"),
    ],
)
def test_a_bad_preset_is_refused(tmp_path, text, said):
    (tmp_path / "mine.toml").write_text(text)
    problems = Problems()
    assert read_preset("mine", (tmp_path,), problems) is None
    assert said is None or said in str(problems.found[0])


def test_an_absent_preset_is_told_with_the_nearest(a):
    problems = Problems()
    assert read_preset("edelivery-as4-2.0-edsa", (a.presets,), problems) is None
    assert "did you mean 'edelivery-as4-2.0-eddsa'" in str(problems.found[0])
