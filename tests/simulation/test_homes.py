"""The homes of nations: each reads without a problem, knows its partners, and signs with its next key after the change."""

from datetime import timedelta

from node.setting import Setting
from node.simulation.homes import calendar as calendar_text
from node.simulation.homes import make_homes, next_key, stand_by
from node.simulation.nation import START
from node.simulation.plan import make_plan, name


def test_every_home_is_in_order_and_has_its_partners(tmp_path):
    plan = make_plan(1, 3, 2, 2)
    homes = make_homes(tmp_path, plan, START)
    for home in homes.values():
        setting = Setting(home)
        assert setting.problems.found == []
        assert len(setting.agreements.agreements) == 2


def test_the_calendar_of_a_partner_says_what_its_window_says(tmp_path):
    plan = make_plan(1, 3, 2, 2)
    homes = make_homes(tmp_path, plan, START)
    for window in plan.windows:
        closing = name(window.nation)
        calendar = Setting(homes[name((window.nation + 1) % 3)]).agreements.calendar(closing)
        hours = [START + timedelta(hours=n / 2) for n in range(2 * 24 * 21)]
        found = [calendar.closed(one) for one in hours]
        assert [bool(one) for one in found] == [window.holds(one) for one in hours]
        (policy,) = {(one.policy, one.address) for one in found if one}
        assert policy == (window.policy, stand_by(closing) if window.policy == "fall back" else "")
    assert calendar_text([]) == ""


def test_the_next_key_signs_after_the_change(tmp_path):
    home = next(iter(make_homes(tmp_path, make_plan(1, 2, 2, 2), START).values()))
    assert Setting(home).home.keys.sign == "sign"
    next_key(home)
    assert Setting(home).home.keys.sign == "sign-next"
