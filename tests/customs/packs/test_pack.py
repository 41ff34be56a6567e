"""A pack from its files, with every problem at once."""

from datetime import UTC, date, datetime

import pytest

from node.customs.packs.pack import read_pack
from node.customs.packs.problems import PackRefused
from node.library import core_files, read_files, shipped_documents
from tests.documents import packs

TYPE = b'root = { namespace = "urn:x:1", name = "y" }\nschema = "y.xsd"\n'


def read(toml, **files):
    named = {name.replace("__", "/"): octets for name, octets in files.items()}
    return read_pack({"pack.toml": toml.encode(), **named}, {})


def test_a_pack_has_what_its_file_says():
    pack = read_pack(read_files(shipped_documents() / "n2n-co"), core_files())
    assert (pack.id, pack.partner, pack.service) == ("n2n-co", "*", "urn:n2n:customs:svc:co")
    assert set(pack.types) == {
        "co.certificate",
        "co.utilisation",
        "co.verification-request",
        "co.verification-reply",
        "co.query",
        "co.query-response",
    }
    assert {profile.id for profile in pack.profiles} == {"atiga.1", "ecfa.1", "rcep.1", "tw-kr.eco.1"}
    assert [machine.name for machine in pack.machines["co.certificate"]] == ["issue", "use", "verification"]
    assert dict(pack.of_folder("rules")).keys() == {"co.toml"}


def test_the_days_of_a_pack():
    pack = read('id = "x"\nfrom = "2026-01-01"\nto = 2026-12-31\n')
    assert [pack.in_force(date.fromisoformat(day)) for day in ("2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01")] == [
        False,
        True,
        True,
        False,
    ]
    assert read('id = "x"\n').in_force(date.min)
    assert read('id = "x"\nfrom = 2026-01-01\nto = 2026-01-01\n').in_force(date(2026, 1, 1))


def test_when_the_samples_of_a_pack_are_judged():
    assert read('id = "x"\nnow = 2026-01-01T08:00:00+08:00\n').judged_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert read('id = "x"\n').judged_at is None


@pytest.mark.parametrize(
    ("toml", "files", "told"),
    [
        ("", {}, ["pack.toml: id is missing"]),
        ("id = ", {}, ["pack.toml: "]),
        ('id = "x"\ncolour = 1\n', {}, ["x/pack.toml: colour is no key of a pack"]),
        ('id = "x"\nneeds = ">=9.0"\n', {}, ["x/pack.toml: needs >=9.0, this node interprets"]),
        ('id = "x"\nneeds = "new"\n', {}, ["x/pack.toml: needs: 'new'"]),
        (
            'id = "x"\nadds = ["x.y", "x.z"]\n',
            {"types__x.z.toml": b"a = "},
            ["x/types/x.y.toml: is missing", "x/types/x.z.toml: "],
        ),
        (
            'id = "x"\n',
            {"profiles__p.json": b"[]", "lifecycle__x.y.toml": b"[[machine]]\n"},
            ["x/profiles/p.json: not a JSON object", "x/lifecycle/x.y.toml: "],
        ),
        ('id = "x"\n', {"lifecycle__x.y.toml": b"a = "}, ["x/lifecycle/x.y.toml: Invalid value"]),
        (
            'id = "x"\nfrom = "2026-13-01"\nto = 2026\n',
            {},
            ["x/pack.toml: from: 2026-13-01 is no day", "x/pack.toml: to: 2026 is no day"],
        ),
        (
            'id = "x"\nadds = "x.y"\nextends = [1]\n',
            {},
            [
                "x/pack.toml: extends: [1] is no list of texts",
                "x/pack.toml: adds: 'x.y' is no list of texts; write it as adds = ['x.y']",
            ],
        ),
        ('id = "x"\nfrom = 2026-01-01T00:00:00Z\n', {}, ["x/pack.toml: from: 2026-01-01 00:00:00+00:00 is no day"]),
        ('id = "x"\nfrom = 2026-01-02\nto = 2026-01-01\n', {}, ["x/pack.toml: to: 2026-01-01 is before from, 2026-01-02"]),
        ('id = "x"\nnow = 2026-01-01T00:00:00\n', {}, ["x/pack.toml: now: 2026-01-01 00:00:00 is no moment with a zone"]),
    ],
)
def test_every_problem_is_told_with_its_file(toml, files, told):
    with pytest.raises(PackRefused) as refused:
        read(toml, **files)
    problems = [str(problem) for problem in refused.value.problems]
    assert len(problems) == len(told)
    assert all(said.startswith(start) for said, start in zip(problems, told, strict=True)), problems


def test_without_pack_toml_there_is_no_pack():
    with pytest.raises(PackRefused, match=r"pack\.toml: is missing"):
        read_pack({}, {})


def test_the_shipped_packs_have_no_problem():
    assert [problem for definition in packs().types() for problem in definition.problems()] == []
