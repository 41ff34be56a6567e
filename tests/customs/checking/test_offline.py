"""A desk in memory remembers what it accepted."""

from tests.documents import NOW, offline, sample


def test_a_check_puts_nothing_on_file():
    desk = offline()
    octets = sample("co-rcep-multi-item").read_bytes()
    assert not desk.check(octets, NOW).duplicate
    assert not desk.check(octets, NOW).duplicate


def test_what_was_accepted_is_a_duplicate_the_next_time():
    desk = offline()
    octets = sample("co-rcep-multi-item").read_bytes()
    assert desk.accept(octets, NOW).verdict.accepted
    assert desk.check(octets, NOW).duplicate


def test_records_of_an_accepted_list_are_known_to_the_next():
    desk = offline()
    assert desk.accept(sample("aeo-full-50").read_bytes(), NOW).verdict.accepted
    delta = sample("aeo-delta").read_bytes()
    assert [finding.rule for finding in desk.check(delta, NOW).verdict.findings] == []
    assert [finding.rule for finding in offline().check(delta, NOW).verdict.findings] == ["AEO-12"]
