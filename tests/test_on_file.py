"""The register as people see it."""

from node.app import Node
from tests.registered import NUMBER, home_with_story


def test_its_parts_look_at_one_register(tmp_path):
    node = Node.open(home_with_story(tmp_path).folder)
    on_file, now = node.on_file, node.clock.now()
    try:
        assert on_file.dossiers is on_file.dossiers
        assert [one.subject[1] for one in on_file.dossiers.find(NUMBER, None, now)] == [NUMBER]
        assert len(on_file.timelines.about(NUMBER).documents) == 4
        assert [one.state for one in on_file.landings.find("JPTYO-KSL-2026-1118")] == ["ARRIVED"]
        assert on_file.deciding is on_file.deciding
    finally:
        node.close()
