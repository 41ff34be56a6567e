"""Lists of operators against themselves and against the register."""

import pytest

from tests.documents import NOW, offline, rules, sample

FULL = sample("aeo-full-50").read_bytes()


def record(number: int) -> bytes:
    """The octets of the record of that number, from 0."""
    start = -1
    for _ in range(number + 1):
        start = FULL.index(b"  <Record>", start + 1)
    return FULL[start : FULL.index(b"</Record>\n", start) + len(b"</Record>\n")]


def with_records(*records: bytes) -> bytes:
    first, last = FULL.index(b"  <Record>"), FULL.rindex(b"</Record>\n") + len(b"</Record>\n")
    head = FULL[:first].replace(b"<RecordQuantity>50<", b"<RecordQuantity>%d<" % len(records))
    return head + b"".join(records) + FULL[last:]


def test_the_digest_is_that_of_the_records():
    assert rules(FULL) == []
    assert rules(FULL.replace(b"<RecordVersion>4<", b"<RecordVersion>5<", 1)) == ["AEO-15"]


def test_a_full_list_has_a_digest():
    start = FULL.index(b"  <SetDigest>")
    assert rules(FULL[:start] + FULL[FULL.index(b"\n", start) + 1 :]) == ["AEO-15"]


def test_an_operator_is_active_once_at_a_time():
    one = record(0)
    assert "AEO-06" in rules(with_records(one, one))
    ended = one.replace(b"<ValidFrom>2017-06-01</ValidFrom>", b"<ValidFrom>2010-01-01</ValidFrom><ValidTo>2017-05-31</ValidTo>")
    assert "AEO-06" not in rules(with_records(one, ended))
    overlapping = ended.replace(b"2017-05-31", b"2017-06-01")
    assert "AEO-06" in rules(with_records(one, overlapping))


def test_a_delta_follows_the_sequence_on_file():
    delta = sample("aeo-delta").read_bytes()
    assert rules(delta, offline("aeo-full-50")) == []
    assert rules(delta) == ["AEO-12"]


def test_a_record_is_newer_than_that_on_file():
    delta = sample("aeo-delta").read_bytes()
    start = delta.index(b"<RecordVersion>")
    old = delta[:start] + b"<RecordVersion>1" + delta[delta.index(b"</RecordVersion>", start) :]
    desk = offline("aeo-full-50")
    (found,) = [one for one in desk.check(old, NOW).verdict.findings if one.rule == "AEO-08"]
    assert found.location == "/AeoRecordSet/Record[1]/RecordVersion"


def test_a_list_that_shrank_much_is_held():
    desk = offline("aeo-full-50")
    from node.customs.operators.digest import Line, set_digest
    from node.ebms.xml import parse_xml

    records = [record(number) for number in range(44)]
    lines = []
    for octets in records:
        root = parse_xml(octets.strip())
        said = {child.tag: child.text for child in root}
        lines.append(Line(said["TIN"], said["TierCode"], said["StatusCode"], int(said["RecordVersion"])))
    small = with_records(*records)
    start = small.index(b"<SetDigest>") + len(b"<SetDigest>")
    small = small[:start] + set_digest(lines).encode() + small[small.index(b"</SetDigest>") :]
    small = small.replace(b"e6b86337", b"e6b86338").replace(b"<ToSequence>1200<", b"<ToSequence>1201<")
    verdict = desk.check(small, NOW).verdict
    assert [(one.rule, one.args) for one in verdict.findings] == [("AEO-10", ("12",))]
    assert verdict.outcome.value == "AJ"


@pytest.mark.parametrize("validated", [True, False])
def test_a_revoked_operator_needs_a_new_validation(validated):
    desk = offline("aeo-full-50")
    number = next(n for n in range(50) if b"<StatusCode>ACTIVE<" in record(n))
    one = record(number)
    revoked = one.replace(
        b"<StatusCode>ACTIVE</StatusCode>",
        b"<StatusCode>REVOKED</StatusCode><StatusReasonClassCode>SECURITY</StatusReasonClassCode>",
    )
    delta = sample("aeo-delta").read_bytes()
    first, last = delta.index(b"  <Record>"), delta.rindex(b"</Record>\n") + len(b"</Record>\n")

    def change(octets: bytes, version: int, since: int, valid_from: bytes) -> bytes:
        import re

        octets = re.sub(rb"<OperationCode>ADD", b"<OperationCode>CHANGE", octets)
        octets = re.sub(rb"<RecordVersion>\d+", b"<RecordVersion>%d" % version, octets)
        octets = re.sub(rb"<ValidFrom>[^<]+", b"<ValidFrom>" + valid_from, octets)
        head = re.sub(rb"<RecordQuantity>\d+", b"<RecordQuantity>1", delta[:first])
        head = re.sub(rb"<SinceSequence>\d+", b"<SinceSequence>%d" % since, head)
        head = re.sub(rb"<ToSequence>\d+", b"<ToSequence>%d" % (since + 1), head)
        head = re.sub(rb"<SetDigest>[^<]+</SetDigest>", b"", head)
        return re.sub(rb"(<MessageID>urn:uuid:)..", rb"\g<1>%02d" % version, head) + octets + delta[last:]

    assert rules(change(revoked, 50, 1200, b"2026-10-01"), desk) == []
    desk.put_on_file(change(revoked, 50, 1200, b"2026-10-01"), NOW)
    again = one
    if validated:
        import re

        again = re.sub(rb"<ValidationDate>[^<]+", b"<ValidationDate>2026-10-02", one)
    assert rules(change(again, 51, 1201, b"2026-10-05"), desk) == ([] if validated else ["AEO-04"])
