"""Which type, rules, profile and life cycle count on a day and between whom."""

from datetime import date

from node.customs.packs.library import Packs
from node.customs.packs.pack import read_pack
from node.customs.profile import Profile
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
