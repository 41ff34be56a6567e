"""One seeded fault for each check of what proves the log of evidence."""

from collections.abc import Callable
from datetime import timedelta

from node.doctor.facts import Proven
from tests.doctor.faults import Fault, Told, not_a_demo, store
from tests.doctor.homes import NOW, Home, key

AUTHORITY = '[evidence]\ntime_stamp_authority = "https://tsa.example/"\n'


def named(more: str = "", *, old: bool = False) -> Callable[[Home], None]:
    """A home that names an authority for time."""

    def seed(home: Home) -> None:
        if old:
            home.put_trust("old", key(days=-1))
        path = home.folder / "node.toml"
        text = path.read_text("utf-8")
        # The table names the key that seals already.
        assert "[evidence]\n" in text
        path.write_text(text.replace("[evidence]\n", f"{AUTHORITY}{more}", 1), "utf-8")

    return seed


def proven(**other: object) -> Told:
    return store(proven=Proven(**other))  # type: ignore[arg-type]


FAULTS = [
    Fault("proof.authority", not_a_demo(), place="time_stamp_authority", what="names no authority"),
    Fault(
        "proof.anchors", named('time_stamp_trust = ["old"]\n', old=True), place="time_stamp_trust", what="no token is believed"
    ),
    Fault(
        "proof.stamped",
        named(),
        proven(waits_since=NOW - timedelta(hours=5)),
        place="time_stamp_authority",
        what="none ever came",
    ),
    Fault(
        "proof.stamped",
        named(),
        proven(waits_since=NOW - timedelta(hours=5), stamped=NOW - timedelta(hours=6)),
        place="time_stamp_authority",
        what="the last one is of",
    ),
    Fault(
        "proof.renewed",
        named(),
        proven(stamped=NOW, ending=3, first_ending=17, ends=NOW + timedelta(days=20)),
        place="store",
        what="3 time stamps over checkpoint 17",
    ),
]
