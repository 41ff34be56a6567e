"""The homes of nations: each reads without a problem, knows its partners, and signs with its next key after the change."""

from node.setting import Setting
from node.simulation.homes import make_homes, next_key
from node.simulation.nation import START
from node.simulation.plan import make_plan


def test_every_home_is_in_order_and_has_its_partners(tmp_path):
    plan = make_plan(1, 3, 2, 2)
    homes = make_homes(tmp_path, plan, START)
    for home in homes.values():
        setting = Setting(home)
        assert setting.problems.found == []
        assert len(setting.agreements.agreements) == 2


def test_the_next_key_signs_after_the_change(tmp_path):
    home = next(iter(make_homes(tmp_path, make_plan(1, 2, 2, 2), START).values()))
    assert Setting(home).home.keys.sign == "sign"
    next_key(home)
    assert Setting(home).home.keys.sign == "sign-next"
