"""Problems of packs name their files."""

from node.customs.packs.problems import PackProblem, PackRefused


def test_a_refusal_tells_every_problem():
    refused = PackRefused(PackProblem(f"p/{name}", "is wrong") for name in "ab")
    assert str(refused) == "p/a: is wrong\np/b: is wrong"
    assert [problem.file for problem in refused.problems] == ["p/a", "p/b"]
