"""What campaigns must have shown of which type, and what is told where they have not."""

import pytest

from node.onboarding.documents import BAD, NotSent, Shown, documents

WANTED = {"co.certificate": "out", "aeo.list": "in"}
CAME = Shown("aeo.list", "9", "d2", "AP")


def certificate(function="9", outcome="AP", **more):
    return Shown("co.certificate", function, "d1", outcome, **more)


def test_each_agreed_type_was_found_valid_by_the_other_side():
    assert documents(WANTED, [certificate(), CAME]).passed
    assert "wait for what the partner says" in documents(WANTED, [CAME]).missing[0]
    assert "the partner sends one" in documents(WANTED, [certificate()]).missing[0]
    assert documents({}, []).missing == ("no document type is agreed",)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (
            certificate("1", "RE", rules=("LC-01",)),
            "co.certificate (out), cancel: d1 came back as RE by LC-01: n2n document show d1",
        ),
        (certificate("1", ""), "co.certificate (out), cancel: d1 was sent, and no answer has come"),
        (
            certificate(BAD, "AP", rule="CO-08"),
            "co.certificate (out), bad sample: d1 is refused by CO-08, and came back as AP with no rule",
        ),
        (
            certificate(BAD, "RE", rule="CO-08", rules=("CO-01",)),
            "co.certificate (out), bad sample: d1 is refused by CO-08, and came back as RE with CO-01",
        ),
        (certificate(BAD, "RE", rule="CO-08", rules=("CO-01", "CO-08")), None),
        (certificate("1", "CA"), None),
    ],
)
def test_whatever_was_sent_must_have_come_back_as_it_should(shown, said):
    look = documents(WANTED, [certificate(), shown, CAME], names={("co.certificate", "1"): "cancel"})
    assert look.passed if said is None else look.missing[0].startswith(said), look.missing


def test_the_latest_of_each_function_counts():
    assert documents(WANTED, [certificate(outcome="RE"), certificate(), CAME]).passed
    assert not documents(WANTED, [certificate(), certificate(outcome="RE"), CAME]).passed


def test_a_bad_sample_alone_shows_no_type():
    look = documents(WANTED, [certificate(BAD, "RE", rule="CO-08", rules=("CO-08",)), CAME])
    assert look.missing[0].startswith("co.certificate (out): send one whose header names a campaign")


def test_what_could_not_be_sent_is_told_and_left_out_with_a_reason_alone():
    unsent = [NotSent("co.certificate", "issue", "x.xml: CO-06")]
    look = documents(WANTED, [CAME], unsent)
    assert look.missing[0].startswith("co.certificate (out): no sample could be sent (x.xml: CO-06)")
    left_out = documents(WANTED, [CAME], unsent, {"co.certificate": "not before May"})
    assert left_out.passed
    row = left_out.facts["types"][0]
    assert (row["left_out_because"], row["right"], row["not_sent"]) == (
        "not before May",
        False,
        [{"what": "issue", "because": "x.xml: CO-06"}],
    )
    assert documents(WANTED, [certificate(), CAME], without={"x": "y"}).missing == ("x: is left out, and no such type is agreed",)
