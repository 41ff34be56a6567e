"""A document type from its file."""

import pytest
from lxml import etree

from node.customs.packs.definition import HEADER, TypeDefinition, asked
from node.customs.packs.problems import PackRefused
from tests.documents import packs, sample

ROOT = 'root = { namespace = "urn:x:1", name = "y" }\nschema = "y.xsd"\n'
XSD = b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x:1"><xs:element name="y"/></xs:schema>'


def made(toml, **files):
    named = {name.replace("__", "/").replace("_toml", ".toml"): octets for name, octets in files.items()}
    return TypeDefinition("x.y", "p", {"types/x.y.toml": toml.encode(), "xsd/y.xsd": XSD, **named}, {})


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("a = ", "p/types/x.y.toml: "),
        ("", "root = {namespace, name} is missing"),
        (ROOT + "colour = 1\n", "colour is no key of a type"),
        (ROOT + 'rows = "Row"\n', "p/types/x.y.toml: rows: 'Row' is no list of texts; write it as rows = ['Row']"),
        (ROOT + 'signature = "requird"\n', "p/types/x.y.toml: signature: 'requird' is not one of none, optional, required"),
        (ROOT + 'functions = ["9"]\n', "p/types/x.y.toml: functions is no table"),
    ],
)
def test_what_is_no_type_is_refused(toml, told):
    with pytest.raises(PackRefused) as refused:
        made(toml)
    assert told in str(refused.value)


def test_problems_tell_every_part_that_does_not_compile():
    rules = b'[[rule]]\nid = "A"\nseverity = "F"\nstage = 6\nen = "e"\nzh = "z"\ntest = "1 +"\n[[rule]]\nid = "B"\n'
    told = [
        str(one) for one in made(ROOT + 'rules = ["r"]\nseal = "a["\n[key]\nnumber = "x:a"\n', rules__r_toml=rules).problems()
    ]
    assert [one.split(":")[0] for one in told] == ["p/types/x.y.toml", "p/types/x.y.toml", "p/rules/r.toml", "p/rules/r.toml"]
    assert "key: " in told[0]
    assert "sealed_by: " in told[1]
    assert "A: '1 +'" in told[2]
    assert "B: severity is missing" in told[3]


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ('answer = { level = "a" }\n', "answer: outcome is missing"),
        ('quantities = { context = "a" }\n', "quantities: item is missing"),
        ('deadlines = ["a"]\n', "deadlines: "),
        ('priority = { path = "a", values = ["1"] }\n', "priority: "),
        ('priority = { path = "a", values = { X = 10 } }\n', "priority: X = 10; a priority is 0 to 9"),
        ('[[move]]\nevent = "e"\n', "moves: machine is missing"),
        ('rules = "co"\n', "rules: rules: 'co' is no list of texts"),
        ('[[move]]\nmachine = "m"\nfunction = "18"\n', "moves: function: '18' is no list of texts"),
        ('[[move]]\nmachine = "m"\nowner = "sendr"\n', "moves: owner: 'sendr' is not one of recipient, sender"),
        ('[[move]]\nmachine = "m"\nmissing = "LC-99"\n', "moves: missing: 'LC-99' is not one of "),
        ("[[references]]\nkind = 'k'\n", "references: path is missing"),
    ],
)
def test_a_part_that_lacks_something_or_is_no_table_is_told_by_its_name(toml, told):
    (problem,) = made(ROOT + toml).problems()
    assert str(problem).startswith(f"p/types/x.y.toml: {told}")


def test_a_rule_file_that_is_not_there_is_a_problem():
    assert [str(one) for one in made(ROOT + 'rules = ["r"]\n').problems()] == ["p/rules/r.toml: is missing"]


def test_schematron_is_read_where_a_pack_has_it():
    schema = (
        b'<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><pattern><rule context="/*">'
        b'<assert id="S-01" test="false()">no</assert></rule></pattern></schema>'
    )
    definition = TypeDefinition(
        "x.y", "p", {"types/x.y.toml": (ROOT + 'rules = ["r.sch"]\n').encode(), "rules/r.sch": schema, "xsd/y.xsd": XSD}, {}
    )
    assert [rule.text.id for rule in definition.rules] == ["S-01"]


def test_the_header_is_where_ours_has_it_or_where_the_type_says():
    assert set(made(ROOT).header) == set(HEADER)
    header = made(ROOT + '[header]\nissued = "a/b"\ncorrelation = ""\n').header
    assert header["issued"].text == "a/b"
    assert "correlation" not in header


def test_who_seals():
    definition = packs().named("co.certificate")
    root = etree.fromstring(sample("co-rcep-multi-item").read_bytes())
    assert asked(definition.sealed_by, root) == "JP-CCI-01"
    root.remove(root.find("{*}IssuingAuthority"))
    assert asked(definition.sealed_by, root) == "JP-CUSTOMS"
    assert asked(None, root) == ""


def test_rows_and_references():
    report = packs().named("man.cargo-report")
    assert report.row_tags == ("{urn:n2n:customs:man:1}TransportEquipment", "{urn:n2n:customs:man:1}Consignment")
    assert {(one.kind, one.row, one.path.text) for one in report.references} >= {
        ("ucr", "Consignment", "UCR"),
        ("equipment", "TransportEquipment", "ID"),
    }
    assert packs().named("man.arrival").references[0].row is None


def test_schematron_and_rows_do_not_go_together():
    definition = TypeDefinition(
        "x.y",
        "p",
        {"types/x.y.toml": (ROOT + 'rules = ["r.sch"]\nrows = ["a"]\n').encode(), "rules/r.sch": b"", "xsd/y.xsd": XSD},
        {},
    )
    assert [str(one) for one in definition.problems()] == [
        "p/rules/r.sch: Schematron looks at a document whole, and the type is read row by row"
    ]


def test_a_schema_of_the_pack_comes_before_one_of_the_core_with_its_name():
    core = {"xsd/y.xsd": XSD.replace(b'"y"', b'"z"'), "xsd/own.xsd": XSD}
    definition = TypeDefinition("x.y", "p", {"types/x.y.toml": ROOT.encode(), "xsd/y.xsd": XSD}, core)
    assert set(definition.schema.places) == {("", "y")}


def moves(*said, key='[key]\nnumber = "n"\nissuer = "i"\n'):
    return made(ROOT + key + "".join(f'[[move]]\nmachine = "m"\nevent = "e"\n{each}\n' for each in said)).moves


def test_a_move_is_of_the_document_itself_unless_it_says_otherwise():
    (move,) = moves("")
    assert (move.of, move.named, move.owner, move.missing, move.begins) == ("x.y", "x.y", "sender", "LC-01", False)
    assert [one.text for one in (move.number, move.issuer, move.named_number, move.named_issuer)] == ["n", "i", "n", "i"]


def test_a_number_of_another_document_comes_without_the_own_issuer():
    plain, named, both = moves('number = "r"', 'named = { type = "x.z", number = "s" }', 'named = { number = "s", issuer = "j" }')
    assert (plain.issuer, plain.named_issuer, plain.named_number.text) == (None, None, "r")
    assert (named.named, named.named_number.text, named.issuer.text, named.named_issuer) == ("x.z", "s", "i", None)
    assert both.named_issuer.text == "j"


def test_nothing_is_missing_when_a_life_begins():
    begins, silent = moves("begins = true", 'missing = ""')
    assert (begins.begins, begins.missing, silent.missing) == (True, "", "")
