"""Each shape takes what it should, and names the place of what it does not."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from node.sheets import shapes
from tests.agreed import key

DER = base64.b64encode(key("a").certificate.der).decode()


def problems(shape, value):
    found: shapes.Found = []
    shape(value, "x", found)
    return found


@pytest.mark.parametrize(
    ("shape", "good", "bad"),
    [
        (shapes.text(3, 1), ["a", "財政部"], ["", "abcd", 1, None, "a\n", "\u202eab"]),
        (shapes.whole(1, 9), [1, 9], [0, 10, True, 1.0, "1"]),
        (shapes.truth, [True, False], [0, "true", None]),
        (shapes.maybe(shapes.truth), [None, True], [1]),
        (shapes.one_of("a", "b"), ["a"], ["c", None, ["a"], {}]),
        (
            shapes.instant,
            ["2026-11-28T17:00:00Z"],
            ["2026-11-28T17:00:00", "2026-13-28T17:00:00Z", "2026-11-28T17:00:00+08:00", 1],
        ),
        (shapes.duration, ["24h", "0s"], ["1y", "24 h", "", 24, "h"]),
        (shapes.sha256, ["a" * 64], ["A" * 64, "a" * 63, None]),
        (shapes.octets(8), ["YQ==", ""], ["YR==", "Y Q==", "YQ", "A" * 12, 1, "é"]),
        (shapes.certificate, [DER], ["YQ==", DER[:-8], None]),
        (shapes.listed(shapes.truth, 2, 1), [[True]], [[], [True] * 3, [1], {}, None]),
        (
            shapes.mapped(shapes.truth, 2),
            [{}, {"a": True}],
            [{"a": 1}, {"": True}, {"a\n": True}, [], {str(i): True for i in range(3)}],
        ),
        (shapes.record({"a": shapes.truth}), [{"a": True}], [{}, {"a": True, "b": 1}, {"a": 1}, []]),
        (shapes.tree, [{}, {"a": [1, {"b": "c"}]}], [[], {"a": None}, {"a": "\n"}, {"a": ["x"] * 3000}, {"": 1}]),
        (shapes.leaf, [1, "a", [], {"a": 1}], [None, "\x00", {"\x00": 1}]),
    ],
)
def test_a_shape_takes_what_it_should(shape, good, bad):
    assert [value for value in good if problems(shape, value)] == []
    assert [value for value in bad if not problems(shape, value)] == []


def test_the_place_of_a_problem_is_named():
    shape = shapes.record({"a": shapes.listed(shapes.record({"b": shapes.truth}), 9)})
    assert problems(shape, {"a": [{"b": True}, {"b": 1, "c": 2}]}) == [
        ("x.a[2].c", "is not known"),
        ("x.a[2].b", "must be true or false"),
    ]


def test_what_a_value_lacks_is_named_with_its_place_and_nothing_else():
    inner = shapes.record({"b": shapes.truth, "c": shapes.maybe(shapes.record({"d": shapes.truth}))})
    shape = shapes.record(
        {"a": shapes.listed(inner, 1), "e": shapes.mapped(shapes.truth, 1), "f": shapes.listed(shapes.truth, 1)}
    )
    whole = {"a": [{"b": 1, "c": None}, {"b": 2, "c": {"d": 3}}], "e": {"x": 4}, "f": [5, 6]}
    assert list(shapes.lacking(shape, whole)) == []
    assert list(shapes.lacking(shape, {"a": [{"b": 1, "c": {}}, {"c": 1}, 2], "g": 1, "f": 3})) == [
        ("a[1].c.d", "is required"),
        ("a[2].b", "is required"),
        ("a[2].c", "must be an object"),
        ("a[3]", "must be an object"),
        ("e", "is required"),
        ("f", "must be a list"),
    ]
    assert list(shapes.lacking(shape, [])) == [("", "must be an object")]


def test_a_weak_key_is_no_certificate():
    weak = key("a").certificate
    assert weak.weakness is None
    assert problems(shapes.certificate, base64.b64encode(weak_rsa()).decode())[0][1].startswith("its key is too weak")


def weak_rsa() -> bytes:
    from cryptography.hazmat.primitives.asymmetric import rsa

    from tests.agreed import pki

    made = rsa.generate_private_key(65537, 1024)
    authority_key, authority = pki()._authority("Test Customs CA")
    since, until = datetime(2024, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
    return pki().issue("weak", made.public_key(), authority_key, authority.x509, "sign", True, since, until).der


def test_instants_and_periods_are_read_and_written():
    at = datetime(2026, 11, 28, 17, tzinfo=UTC)
    assert shapes.read_instant(shapes.write_instant(at)) == at
    assert shapes.read_period("3d") == timedelta(days=3)
