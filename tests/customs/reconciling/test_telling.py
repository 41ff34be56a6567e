"""What a comparison comes to, for programs."""

from node.customs.reconciling.comparing import reconcile
from node.customs.reconciling.telling import as_json
from tests.manifests import GRACE, NIGHT, entry, mirrored, ours, theirs


def result():
    missing = [entry(f"m{number}") for number in range(5)]
    early = entry("early", at=NIGHT.begins - GRACE)
    return reconcile(ours([*missing, entry("both")], NIGHT), theirs([mirrored(entry("both")), early], NIGHT), NIGHT, GRACE)


def test_everything_is_told():
    told = as_json(result())
    assert (told["us"], told["them"], told["agreed"], told["differ"], told["undecided"]) == ("TW-CUSTOMS", "KR-CUSTOMS", 1, 5, 0)
    assert (told["agrees"], told["outcome"]) == (False, "AJ")
    assert [one["document"] for one in told["differences"]] == ["m0", "m1", "m2", "m3", "m4"]
    first = told["differences"][0]
    assert (first["rule"], first["what"], first["direction"], first["message_id"]) == (
        *("REC-22", "missing there", "SENT", "as4-m0@example"),
    )
    assert (first["ours"], first["theirs"], first["remedy"], first["actor"]) == ("L4 AP", "", "resend", "TW-CUSTOMS")
    assert first["en"]
    assert first["zh"]
    assert "not_listed" not in told


def test_what_is_too_much_is_counted_and_what_counts_comes_first():
    edge = [entry(f"a{number}", at=NIGHT.begins) for number in range(3)]
    found = reconcile(ours([*edge, entry("z")], NIGHT), theirs([], NIGHT), NIGHT, GRACE)
    told = as_json(found, 2)
    assert [one["rule"] for one in told["differences"]] == ["REC-22", "REC-25"]
    assert (told["not_listed"], told["differ"], told["undecided"]) == (2, 1, 3)
