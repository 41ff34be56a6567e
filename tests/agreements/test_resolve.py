"""The agreement's value, else the preset's, else the default."""

from node.agreements.parameters import PARAMETERS
from node.agreements.resolve import DEFAULTS, Layer, flat, read_layer, resolve
from node.configuration import Problems


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
        "f: leg.splitting: Splitting = True is not supported by this node, which can do false: a message is never cut into fragments here (P2 4); payloads of any size travel whole; leave it out",
        "f: leg.spliting: is not known; did you mean 'leg.splitting'?",
        "f: leg.x.payload.max_ratio: must be a whole number, is 'x'",
        "f: leg.x.payload.max_total: must be more than 0, is 0",
    ]


def test_what_a_layer_does_not_say_is_shared():
    key, empty = "leg.x.payload.max_parts", Layer("", {}, {})
    assert DEFAULTS.under(empty) is DEFAULTS
    over = DEFAULTS.under(Layer("a", {key: 7}, {}))
    assert (over[key], DEFAULTS[key]) == (7, 100)
    assert list(over.values) == list(PARAMETERS) == list(over.origins)
    assert len(over.values) == len(PARAMETERS)


def test_a_value_may_be_spelled_otherwise():
    problems = Problems()
    said = {
        "mep": "http://www.oasis-open.org/committees/ebxml-msg/one-way",
        "leg": {"security": {"send_receipt": {"reply_pattern": "callBACK"}}},
    }
    assert list(read_layer(said, "f", "", problems).values.values()) == [
        "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/oneWay",
        "Callback",
    ]
    assert problems.found == []
