"""aeo.toml is read with every problem collected."""

from datetime import timedelta

from node.agreements.arrangements import load_arrangements
from node.configuration import Problems
from node.customs.operators.arrangement import Direction, OwnProgramme

TEXT = """
[own]
authority = "TW-CUSTOMS"
programme = "TW-AEO"

[[arrangement]]
partner = "kr"
authority = "KR-KCS"
programme = "KR-AEO"
country = "KR"
profile = "mra.tw-kr.1"
direction = "in"
every_hours = 6
full_every_days = 7
tiers = ["AEOS"]
withhold = ["Alias"]
"""


def load(folder, text):
    (folder / "aeo.toml").write_text(text)
    problems = Problems()
    return load_arrangements(folder, problems), [str(one) for one in problems.found]


def test_a_home_may_have_none(tmp_path):
    problems = Problems()
    found = load_arrangements(tmp_path, problems)
    assert (found.own, dict(found.by_partner), problems.found) == (None, {}, [])


def test_everything_is_read(tmp_path):
    found, problems = load(tmp_path, TEXT)
    assert problems == []
    assert found.own == OwnProgramme("TW-CUSTOMS", "TW-AEO")
    kr = found.by_partner["kr"]
    assert (kr.direction, kr.every, kr.full_every) == (Direction.IN, timedelta(hours=6), timedelta(days=7))
    assert (kr.tiers, kr.withheld, kr.state) == (("AEOS",), ("Alias",), "in force")
    assert found.with_authority("KR-KCS", "KR-AEO") is kr
    assert found.with_authority("KR-KCS", "other") is None


def test_what_is_wrong_is_told_with_its_place(tmp_path):
    text = TEXT.replace('"KR-KCS"', '""').replace('["Alias"]', '["Name"]').replace('programme = "TW-AEO"\n', "") + "pace = 1\n"
    problems = load(tmp_path, text)[1]
    assert len(problems) == 4
    assert any("own.authority" in one for one in problems)
    assert any("arrangement[1].authority: is required" in one for one in problems)
    assert any("'Name' always goes out" in one for one in problems)
    assert any("pace" in one for one in problems)
