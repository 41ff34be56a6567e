"""Which type, rules, profile and life cycle count on a day and between whom."""

import json
from datetime import date

from node.customs.packs.library import Packs
from node.customs.packs.pack import read_pack
from node.customs.profile import Profile
from tests.customs.edifact.manifests import FILES
from tests.documents import packs

RULE = '[[rule]]\nid = "{0}"\nseverity = "W"\nstage = 6\nen = "e"\nzh = "z"\ntest = "true()"\ntypes = ["co.certificate"]\n'
DAY = date(2026, 11, 20)


def overlay(name, partner="*", begins="2026-01-01", ends="2026-12-31"):
    toml = f'id = "{name}"\npartner = "{partner}"\nfrom = "{begins}"\nto = "{ends}"\nextends = ["co.certificate"]\n'
    return read_pack({"pack.toml": toml.encode(), "rules/own.toml": RULE.format(name.upper()).encode()}, {})


def added(library, sender="A", recipient="B", day=DAY):
    definition = library.named("co.certificate")
    rules = library.rules(definition, sender, recipient, day)
    assert rules[: len(definition.rules)] == definition.rules
    return {rule.text.id for rule in rules[len(definition.rules) :]}


def test_an_overlay_adds_rules_for_its_partner_on_its_days():
    library = Packs([*packs().all, overlay("all"), overlay("ours", "KR-KCS"), overlay("old", ends="2026-06-30")], packs().lists)
    assert added(library) == {"ALL"}
    assert added(library, sender="KR-KCS") == added(library, recipient="KR-KCS") == {"ALL", "OURS"}
    assert added(library, day=date(2026, 6, 30)) == {"ALL", "OLD"}
    assert added(library, day=date(2027, 1, 1)) == set()


def test_an_overlay_leaves_other_types_alone():
    library = Packs([*packs().all, overlay("all")], packs().lists)
    definition = library.named("co.query")
    assert library.rules(definition, "A", "B", DAY) == tuple(definition.rules)


def test_a_profile_of_the_operator_comes_first():
    own = Profile("rcep.1", (), "1.0", DAY, None, {})
    library = Packs(packs().all, packs().lists, [own])
    assert library.profile("rcep.1") is own
    assert library.profile("atiga.1") is packs().profile("atiga.1")
    assert library.profile("none") is None
    assert len(library.profiles()) == len(packs().profiles())


def test_types_are_found_by_root_and_id():
    library = packs()
    found = library.with_root("urn:n2n:customs:co:1", "CertificateOfOrigin")
    assert found is library.named("co.certificate")
    assert library.with_root("urn:n2n:customs:co:1", "x") is None
    assert library.named("x") is None
    assert library.pack_of("co.certificate").id == "n2n-co"
    assert library.pack_of("x") is None
    assert library.machines("co.query") == {}
    assert library.on(found, date(1900, 1, 1)) is found


def dated(begins, ends=""):
    """A version of a pack with one type and one profile, both named after its first day."""
    profile = {"id": "p.1", "types": ["x.y"], "schemaVersion": "1.0", "from": begins}
    files = {
        "pack.toml": f'id = "x"\nadds = ["x.y"]\nfrom = "{begins}"\nto = "{ends}"\n'.encode(),
        "types/x.y.toml": f'root = {{ namespace = "urn:x:1", name = "y" }}\nname_en = "{begins}"\n'.encode(),
        "profiles/p.json": json.dumps(profile).encode(),
    }
    return read_pack(files, {})


def test_the_version_of_the_day_counts_and_the_latest_when_none_does():
    library = Packs([dated("2025-01-01", "2025-12-31"), dated("2026-06-01")], packs().lists)
    latest = library.named("x.y")
    assert library.with_root("urn:x:1", "y") is latest
    assert [one.name_en for one in library.types()] == ["2026-06-01"]
    days = (date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 1))
    assert [library.on(latest, day).name_en for day in days] == ["2025-01-01", "2025-01-01", "2026-06-01", "2026-06-01"]


def test_of_two_open_versions_the_later_counts_from_its_first_day():
    for order in (("2025-01-01", "2026-06-01"), ("2026-06-01", "2025-01-01")):
        library = Packs(map(dated, order), packs().lists)
        days = (date(2026, 5, 31), date(2026, 6, 1))
        assert [library.on(library.named("x.y"), day).name_en for day in days] == ["2025-01-01", "2026-06-01"]
        assert library.profile("p.1").begins == date(2026, 6, 1)


def test_an_interchange_message_is_that_of_the_latest_pack():
    name = next(name for name in FILES if name.endswith(".toml"))
    old, new = (
        read_pack({"pack.toml": f'id = "x"\nfrom = "{day}"\n'.encode(), f"edifact/{name}": octets}, {})
        for day, octets in (("2025-01-01", b"no table"), ("2026-01-01", FILES[name]))
    )
    for order in ([old, new], [new, old]):
        assert len(Packs(order, packs().lists).edifact.tables) == 1
