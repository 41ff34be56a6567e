"""What an accepted document changes, as one value."""

from decimal import Decimal

from lxml import etree

from node.customs.filing.filing import Named, WrittenOff, named_in
from tests.customs.filing.test_moving import document
from tests.documents import NOW, offline, packs, sample

USED = ("co.certificate", "013-26-0771339", "KR-CCI-01")


def filing(name, desk=None, octets=None):
    if desk is None:
        desk = offline()
        for path in sorted(sample(name).with_suffix(".prior").glob("*.xml")):
            desk.put_on_file(path.read_bytes(), NOW)
    checked = desk.check(octets or sample(name).read_bytes(), NOW)
    assert checked.filing is not None, checked.verdict.findings
    return checked.filing


def test_a_first_certificate_changes_nothing_but_itself():
    made = filing("co-rcep-multi-item")
    assert made.subjects == ()
    assert made.steps == ()
    assert [(one.subject, one.machine, one.before, one.after) for one in made.moves] == [
        (("co.certificate", "26-R00418207", "JP-CCI-01"), "issue", "", "ISSUED")
    ]
    assert Named("certificate", "26-R00418207") in made.named
    assert made.filed.octets == sample("co-rcep-multi-item").read_bytes()


def test_a_replacement_moves_two_lives():
    made = filing("co-tw-kr-replaced")
    assert [(one.subject[1], one.after) for one in made.moves] == [("013-26-0771339", "ISSUED"), ("013-26-0771204", "REPLACED")]
    assert made.subjects == (("co.certificate", "013-26-0771204", "KR-CCI-01"),)


def test_a_use_writes_off_and_is_step_l5_of_the_certificate():
    made = filing("co-utilisation-part")
    assert made.written_off == (WrittenOff(USED, "1 KGM", Decimal(5000)),)
    (step,) = made.steps
    assert (step.sender, step.message_id, step.level) == ("KR-KCS", "urn:uuid:d361f713-c288-4bc0-92d3-7301c4c5149b", "L5")


def test_a_use_is_a_step_of_the_latest_version_of_the_certificate():
    desk = offline("co-tw-kr-replaced")
    octets = document("co-tw-kr-replaced", 5, **{"PreviousDocument": None, "VersionID": "2", "DocumentHeader/FunctionCode": "4"})
    assert desk.accept(octets, NOW).verdict.accepted
    use = document("co-utilisation-part", 6, **{"ReferencedCertificate/VersionID": "2"})
    assert [step.message_id for step in filing("", desk, use).steps] == ["m5"]


def test_what_is_empty_finds_nothing():
    definition = packs().named("man.cargo-report")
    row = etree.fromstring('<Consignment xmlns="urn:n2n:customs:man:1"><UCR> </UCR></Consignment>')
    assert list(named_in(definition, "Consignment", row)) == []
    row[0].text = "6JP"
    assert list(named_in(definition, "Consignment", row)) == [Named("ucr", "6JP")]


def test_an_arrival_is_step_l5_of_its_manifest():
    made = filing("man-arrival-short")
    assert made.subjects == (("man.cargo-report", "JPTYO-KSL-2026-1118", "JP-CUSTOMS"),)
    (step,) = made.steps
    assert (step.sender, step.message_id, step.level) == ("JP-CUSTOMS", "urn:uuid:f771580e-e5d0-4fac-a4b3-3c908b09a9f4", "L5")
    assert Named("transport-document", "KSL26000007") in made.named


def test_a_response_is_a_step_for_what_it_answers():
    (step,) = filing("res-accepted").steps
    assert (step.sender, step.level, step.outcome) == ("JP-CUSTOMS", "L2", "AP")
    assert step.message_id == "urn:uuid:bb486078-a15d-47a3-b6db-8f5b284e2900"


def test_rows_are_found_by_what_they_name():
    named = filing("man-sea-20").named
    assert Named("transport-document", "KSL26000020") in named
    assert Named("ucr", "6JPKSL26-00020") in named
    assert Named("equipment", "HTSU4001000") in named
    assert len(named) == len(set(named))


def test_quantities_of_several_imports_add_up():
    desk = offline("co-tw-kr-replaced")
    for number, quantity in enumerate(("5000", "0.5", "3999.4"), 1):
        octets = document("co-utilisation-part", number, **{"Item/QuantityQuantity": quantity})
        assert desk.accept(octets, NOW).verdict.accepted
    assert desk.check(document("co-utilisation-part", 8, **{"Item/QuantityQuantity": "0.1"}), NOW).verdict.accepted
    (found,) = desk.check(document("co-utilisation-part", 9, **{"Item/QuantityQuantity": "0.11"}), NOW).verdict.findings
    assert found.rule == "CO-18"
