"""What the programs of manifests keep of each row; the findings are in the cases of MAN-05, 06, 19, 21 and 26."""

from datetime import date

from lxml import etree

from node.customs.checking.document import Header
from node.customs.checking.manifest import CHECKS
from node.customs.profile import Profile
from node.customs.xpath.scope import Scope
from tests.documents import packs


def consignment(number, kind, master="", packages="1", mass="10", unit="KGM"):
    named = f"<MasterDocumentID>{master}</MasterDocumentID>" if master else ""
    return etree.fromstring(
        f"<Consignment><TransportContractDocument><ID>{number}</ID><TypeCode>{kind}</TypeCode></TransportContractDocument>{named}"
        f'<TotalPackageQuantity>{packages}</TotalPackageQuantity><GrossMassMeasure unitCode="{unit}">{mass}</GrossMassMeasure></Consignment>'
    )


def told(name, rows, root="<r/>", counted=None, **parameters):
    scope = Scope(Profile("p", (), "1.0", date.min, None, parameters), date(2026, 1, 1), packs().lists)
    scope.rows.update(counted or {})
    program = CHECKS[name](scope, Header())
    found = [breach for row in rows for breach in program.row(row, lambda element: element.tag)]
    found += program.end(etree.fromstring(root))
    return [(one.args, one.path or (one.node.tag if one.node is not None else "")) for one in found]


def test_a_house_may_come_before_its_master():
    assert told("manifest.documents", [consignment("h", "714", "m"), consignment("m", "704")]) == []


def test_a_house_may_not_be_the_master_of_a_house():
    assert told("manifest.documents", [consignment("h", "714", "i"), consignment("i", "703", "h")]) == [
        (("h",), "Consignment/MasterDocumentID"),
        (("i",), "Consignment/MasterDocumentID"),
    ]


def test_totals_of_mixed_units_do_not_agree():
    rows = [consignment("a", "705"), consignment("b", "705", unit="TNE")]
    root = '<r><ConsignmentQuantity>2</ConsignmentQuantity><TotalPackageQuantity>2</TotalPackageQuantity><TotalGrossMassMeasure unitCode="KGM">20</TotalGrossMassMeasure></r>'
    assert told("manifest.totals", rows, root, {"Consignment": 2}) == [((), "TotalGrossMassMeasure")]


def test_houses_without_a_master_weigh_nothing_against_anybody():
    assert told("manifest.houses", [consignment("h", "714", "gone"), consignment("m", "704")]) == []


def test_sums_are_exact():
    rows = [consignment("m", "704", packages="3", mass="0.3"), *(consignment(f"h{n}", "714", "m", mass="0.1") for n in range(3))]
    assert told("manifest.houses", rows) == []
