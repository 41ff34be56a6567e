"""What differs between two versions is said path by path, with its risk."""

import pytest

from node.sheets.changes import changes, risk_of, shown
from node.sheets.effects import Risk
from tests.agreed import PARAMETERS, after, agreed, party, terms


def paths(**changed):
    first = agreed()
    return [one for one in changes(first, after(first, **changed)) if not one.path.startswith("effective.")]


def test_a_version_that_says_the_same_changes_only_its_time():
    first = agreed()
    assert [one.path for one in changes(first, after(first))] == ["effective.from"]
    assert changes(first, first) == []


def test_a_parameter_that_is_turned_off_is_of_high_risk():
    (found,) = paths(profile={"name": "edelivery-as4-2.0-ecdsa", "parameters": {**PARAMETERS, "leg.security.x509.sign": False}})
    assert (found.path, found.before, found.after) == ("profile.parameters.leg.security.x509.sign", True, False)
    assert found.risk is Risk.HIGH


def test_an_action_that_is_new_one_that_is_gone_and_one_that_changes():
    (service,) = terms()["services"]
    new = [{**service, "actions": ["co.certificate", "co.new"]}]
    (added,) = paths(services=new)
    assert (added.path, added.before, added.effect.en[:28]) == ("services.urn:co co.new", None, "messages that were refused b")
    (gone,) = paths(services=[{**service, "actions": ["co.other"]}])[:1]
    assert (gone.path, gone.after) == ("services.urn:co co.certificate", None)
    (other,) = paths(services=[{**service, "sender": "a"}])
    assert (other.before["sender"], other.after["sender"]) == ("both", "a")


def test_another_certificate_is_told_by_its_fingerprint():
    first = agreed()
    (found,) = [one for one in paths(parties={"a": party("a", "p384"), "b": first.party("b")}) if "sign" in one.path]
    assert found.risk is Risk.HIGH
    assert first.certificates("a", "sign")[0].sha256 in found.before[0]


def test_texts_for_people_are_of_low_risk_and_concern_no_node():
    first = agreed()
    found = paths(title="x", parties={"a": {**first.party("a"), "contacts": []}, "b": first.party("b")})
    assert [(one.path, one.risk, one.for_people) for one in found] == [
        ("parties.a.contacts", Risk.LOW, True),
        ("title", Risk.LOW, True),
    ]
    assert risk_of(found) is Risk.LOW


@pytest.mark.parametrize(
    ("value", "said"), [(None, "none"), ("", "empty"), (["a", "b"], "a, b"), ([], "none"), ({"b": 1}, '{"b": 1}'), (True, "true")]
)
def test_values_are_shown_in_one_line(value, said):
    assert shown(value) == said


def test_another_address_for_some_windows_is_of_high_risk_and_another_window_is_not():
    window = {"every": "day", "from": "00:00", "to": "23:00"}

    def changed(first, second):
        old, new = (after(agreed(), parties={"a": party("a", calendar=one), "b": party("b")}) for one in (first, second))
        return {one.path: (one.risk, one.before, one.after) for one in changes(old, new)}

    quiet = {"window": [window]}
    away = {"policy": "fall back", "fall_back": "https://evil.example/as4", "window": [window]}
    assert changed(quiet, away)["parties.a.calendar.fall_back"] == (Risk.HIGH, [], ["https://evil.example/as4"])
    inner = {"window": [{**window, "policy": "fall back", "fall_back": "https://evil.example/as4"}]}
    assert changed(quiet, inner)["parties.a.calendar.fall_back"][0] is Risk.HIGH
    assert set(changed(quiet, {"window": [{**window, "to": "22:00"}]})) == {"parties.a.calendar"}
    # Whatever a calendar says, it is compared; who reads it refuses it.
    assert changed(quiet, {"policy": "fall back", "window": [7, {}]})["parties.a.calendar.fall_back"][0] is Risk.HIGH
