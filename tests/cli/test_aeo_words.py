"""Words of the pages about operators."""

from datetime import timedelta

from node.cli.aeo_words import age_json, fact, span, told_age
from node.customs.operators.look_up import Age
from tests.operators import at

OLD = Age(at(1), at(1.5), timedelta(hours=30), timedelta(hours=24))
NEVER = Age(None, None, None, timedelta(hours=24))


def test_a_span_is_told_in_hours_and_then_in_days() -> None:
    assert (span(timedelta(hours=47), "en"), span(timedelta(hours=48), "en")) == ("47 hours", "2 days")


def test_data_older_than_agreed_is_said_to_be() -> None:
    assert told_age(OLD, "en").endswith("30 hours, agreed at most 24 hours: OLDER THAN AGREED")
    assert told_age(NEVER, "en") == "never"
    assert (age_json(OLD)["hours_old"], age_json(OLD)["stale"]) == (30.0, True)
    assert (age_json(NEVER)["hours_old"], age_json(NEVER)["stale"]) == (None, False)


def test_values_stand_below_each_other_in_either_language() -> None:
    english, chinese = fact("operators", 7, "en"), fact("operators", 7, "zh-Hant")
    wide = sum(1 for one in chinese if ord(one) > 0x2E7F)
    assert wide
    assert english.index("7") == chinese.index("7") + wide
