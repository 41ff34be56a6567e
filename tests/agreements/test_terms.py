"""Terms as one side writes them become parts of a sheet that take no side."""

import tomllib

import pytest

from node.agreements.terms import Ours, prescribed, read_terms
from node.configuration import Problems
from tests.agreed import agreed

WHOLE = """
title = "Origin"
profile = "edelivery-as4-2.0-ecdsa"
leg.x.retry.period = "5m"
leg.security.x509.sign = false
[agreement_ref]
value = "urn:ref"
[[service]]
value = "urn:co"
actions = ["co.certificate"]
direction = "send"
[[service]]
value = "urn:aeo"
actions = ["aeo.list"]
direction = "receive"
binding = "pull"
mpc = "urn:mpc"
[[weakened]]
parameter = "leg.security.x509.sign"
reason = "their product cannot"
[ladder]
L1 = "15m"
[ours]
name = "Taiwan Customs"
contacts = ["desk"]
"""


def read(known, text, side="a", current=None):
    problems = Problems()
    return read_terms(tomllib.loads(text), "terms", side, known, problems, current), [str(one) for one in problems.found]


@pytest.mark.parametrize(("side", "senders"), [("a", ["a", "b"]), ("b", ["b", "a"])])
def test_who_sends_is_said_without_taking_sides(known, side, senders):
    terms, problems = read(known, WHOLE, side)
    assert problems == []
    assert [one["sender"] for one in terms.parts["services"]] == senders
    assert [(one["binding"], one["mpc"]) for one in terms.parts["services"]] == [("", None), ("pull", "urn:mpc")]


def test_the_profile_is_resolved_now_and_matters_of_one_machine_stay_out(known):
    parameters = read(known, WHOLE)[0].parts["profile"]["parameters"]
    assert parameters["leg.x.retry.period"] == "5m"
    assert parameters["leg.security.x509.sign"] is False
    assert parameters["leg.security.x509.signature.algorithm"].endswith("ecdsa-sha256")
    assert [name for name in parameters if name.startswith("leg.x.http.")] == []
    assert None not in parameters.values()


def test_what_is_said_about_our_side_is_kept_apart(known):
    assert read(known, WHOLE)[0].ours == Ours(name="Taiwan Customs", contacts=("desk",))
    ours, problems = read(
        known,
        '[ours]\ntrust = "path"\nanchors = ["ca"]\nseal = ["s"]\nauthorities = []\n[ours.calendar]\ntime_zone = "UTC"',
        current=agreed().body,
    )
    assert problems == []
    assert ours.ours == Ours(trust="path", anchors=("ca",), seal=("s",), authorities=(), calendar={"time_zone": "UTC"})


def test_terms_of_a_change_name_only_what_changes(known):
    body = agreed().body
    assert read(known, "", current=body)[0].parts == {}
    assert read(known, 'title = "x"', current=body)[0].parts == {"title": "x"}
    parts = read(known, 'leg.x.retry.period = "9m"', current=body)[0].parts
    assert set(parts) == {"profile"}
    assert parts["profile"]["parameters"]["leg.x.retry.period"] == "9m"
    assert parts["profile"]["name"] == body["profile"]["name"]
    assert parts["profile"]["parameters"]["leg.security.x509.sign"] is True


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "terms: profile: is required"),
        ('profile = "edelivery"', "profile: edelivery: no such preset"),
        ('profile = "edelivery-as4-1.15"\nleg.x.retri = 1', "leg.x.retri: is not known"),
        ('profile = "edelivery-as4-1.15"\nservise = 1', "servise: is not known"),
        ('profile = "edelivery-as4-1.15"\n[[weakened]]\nparameter = "x"', "reason: is required"),
        ('profile = "edelivery-as4-1.15"\n[ours]\nnames = "x"', "ours.names: is not known"),
        ('profile = "edelivery-as4-1.15"\n[[service]]\nvalue = "urn:co"', "actions: is required"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(known, text, said):
    assert any(said in one for one in read(known, text)[1]), read(known, text)[1]


def test_what_a_profile_prescribes_today(known):
    found = prescribed("edelivery-as4-1.15", known)
    assert found["leg.security.x509.sign"] is True
    assert prescribed("nothing", known) is None


def test_a_schedule_as_text_takes_the_place_of_one_as_a_table(known):
    body = agreed(profile={"name": "x", "parameters": {"leg.x.retry.period": "5m"}}).body
    parts = read(known, 'leg.reception_awareness.retry_parameters = "period=9m"', current=body)[0].parts
    assert "leg.x.retry.period" not in parts["profile"]["parameters"]
