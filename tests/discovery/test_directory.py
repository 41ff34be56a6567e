"""Who can send and receive which type of document."""

from node.app import Node
from node.discovery.directory import Listed, directory
from tests.homes import make_pair


def test_the_directory_reads_agreements_the_other_way_round(tmp_path):
    tw, _ = make_pair(tmp_path)
    node = Node.open(tw.folder)
    try:
        found = directory(node.setting.agreements.pmodes())
    finally:
        node.close()
    assert found
    assert {one.partner for one in found} == {"kr"}
    assert found == sorted(found, key=lambda one: (one.type_id, one.service))
    assert all(isinstance(one, Listed) and (one.we_send or one.we_receive) for one in found)
    assert not any(one.type_id.endswith("/test") for one in found)
