"""Single segments on the way out; test_cuscar.py has whole documents."""

from node.customs.edifact.cargo_report import Measure, Values
from node.customs.edifact.mapping import Level
from node.customs.edifact.placing import Holder, Placing
from node.customs.edifact.table import Node
from tests.customs.edifact.manifests import D95B, TERMS


def node(*names: str) -> Node:
    found = D95B.table.root
    for name in names:
        found = next(child for child in found.children if child.name == name)
    return found


def placed(level: Level, values: Values, *path: str) -> tuple[list[list[list[str]]], Values, list[str]]:
    lost: list[str] = []
    placing = Placing(D95B, TERMS, lambda place, _: lost.append(place))
    holder = Holder(level, values, 3, "/x")
    group = path[-2] if len(path) > 1 else ""
    return [elements for _, elements in placing.segments(group, node(*path), holder)], values, lost


def test_what_is_placed_leaves_the_document() -> None:
    values: Values = {"ID": "HTSU4001000", "TypeCode": "CN", "SizeTypeCode": "22G1", "Other": "stays"}
    segments, left, _ = placed(Level.EQUIPMENT, values, "SG2", "EQD")
    assert segments == [[["CN"], ["HTSU4001000"], ["22G1", "102", "5"]]] and left == {"Other": "stays"}


def test_each_weight_has_its_own_segment() -> None:
    values: Values = {"GrossMassMeasure": Measure("2", "KGM"), "TareMassMeasure": Measure("1.50", "TNE")}
    segments, _, _ = placed(Level.EQUIPMENT, values, "SG2", "MEA")
    assert segments == [[["AAE"], ["T"], ["TNE", "1.5"]], [["AAE"], ["G"], ["KGM", "2"]]]


def test_a_group_of_the_document_makes_a_segment_each_and_what_does_not_fit_stays() -> None:
    segments, left, _ = placed(Level.EQUIPMENT, {"Seal": [{"ID": "A", "IssuerCode": "CA"}, {"ID": "12345678901"}]}, "SG2", "SEL")
    assert segments == [[["A"], ["CA"]]] and left == {"Seal": [{}, {"ID": "12345678901"}]}


def test_a_segment_that_opens_a_group_is_written_even_if_it_says_only_its_number() -> None:
    assert placed(Level.CONSIGNMENT, {}, "SG4", "CNI")[0] == [[["3"]]]
    assert placed(Level.ITEM, {}, "SG4", "SG5", "SG10", "CST")[0] == []


def test_a_long_text_takes_as_many_segments_as_it_needs() -> None:
    segments, left, lost = placed(Level.ITEM, {"MarksNumbersID": " ".join(["x" * 35] * 12)}, "SG4", "SG5", "SG10", "PCI")
    assert [(one[0], len(one[1])) for one in segments] == [(["28"], 10), (["28"], 2)] and left == {} and lost == []


def test_the_first_version_needs_no_reference() -> None:
    assert placed(Level.REPORT, {"VersionID": "1"}, "RFF")[0] == []
    assert placed(Level.REPORT, {"VersionID": "2"}, "RFF")[0] == [[["ACW", "", "", "2"]]]
