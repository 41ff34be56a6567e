"""Names of people: what makes another person of a name, and what does not."""

from node.store.people import folded, people


def test_names_are_compared_without_capitals_and_spaces():
    assert folded("  Ann   LEE ") == folded("ann lee")


def test_forms_of_letters_and_signs_that_nobody_sees_make_nobody_else():
    for other in (
        "JOSE\u0301",
        "\uff2a\uff4f\uff53\u00e9",
        "Jo\u200bs\u00e9",
        "Jos\u00e9\u00a0",
        "\u202eJos\u00e9",
        "Jos\u00e9\ufe0f\u3164",
    ):
        assert folded(other) == folded("Jos\u00e9"), other
    assert folded("Jose") != folded("Jos\u00e9")


def test_names_of_one_person_and_of_nobody_are_counted_once_and_not():
    assert people(["Ann", "ann ", "", "\u200b", "Ben"]) == {"ann", "ben"}
