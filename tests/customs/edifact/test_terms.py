from datetime import date
from typing import Any

import pytest

from node.customs.edifact.terms import choose, terms_of
from node.customs.profile import Profile, ProfileRefused
from tests.customs.edifact.manifests import PROFILE, TERMS, profile

KIND = "CUSCAR:D:95B:UN"
DAY = date(2026, 11, 16)


def test_the_terms_are_the_section_of_the_profile() -> None:
    assert (TERMS.kind, TERMS.zone, TERMS.hs_edition, TERMS.syntax) == (KIND, "+08:00", "2022", "")
    assert TERMS.authority("JPCUS") == "JP-CUSTOMS" and TERMS.party("JP-CUSTOMS") == "JPCUS"
    assert TERMS.authority("STRANGER") == "STRANGER" and TERMS.party("KR-KCS") == "KR-KCS"


@pytest.mark.parametrize(
    "change",
    [
        {"zone": "Taipei"},
        {"zone": None},
        {"hsEdition": 2022},
        {"syntax": "UNOZ:3"},
        {"authorities": ["JPCUS"]},
        {"authorities": {"A": 1}},
    ],
)
def test_terms_that_cannot_be_used_say_so(change: dict[str, Any]) -> None:
    with pytest.raises(ProfileRefused, match=r"edifact\."):
        terms_of(profile(**change))


def test_a_profile_without_the_section_has_no_terms() -> None:
    with pytest.raises(ProfileRefused):
        terms_of(Profile("x.1", (), "1.0", DAY, None, {}))


def named(id_: str, begins: date, ends: date | None = None, **edifact: Any) -> Profile:
    return Profile(id_, (), "1.0", begins, ends, {"edifact": {**PROFILE.values["edifact"], **edifact}})


def test_a_message_gets_the_profile_of_its_kind_and_day_that_knows_its_sender() -> None:
    old, new = named("a.1", date(2024, 1, 1)), named("a.2", date(2026, 1, 1))
    ended = named("a.3", date(2026, 2, 1), date(2026, 3, 1))
    d03a = named("b.1", date(2026, 5, 1), message="CUSCAR:D:03A:UN")
    stranger = named("c.1", date(2026, 6, 1), authorities={"XXCUS": "XX-CUSTOMS"})
    every = [ended, stranger, old, d03a, new, Profile("rcep.1", (), "1.0", date(2026, 7, 1), None, {})]
    chosen = [
        choose(every, KIND, "JPCUS", DAY),
        choose(every, KIND, "XXCUS", DAY),
        choose(every, "CUSCAR:D:03A:UN", "JPCUS", DAY),
    ]
    assert [terms and terms.profile.id for terms in chosen] == ["a.2", "c.1", "b.1"]
    assert choose(every, KIND, "JPCUS", date(2020, 1, 1)) is None
