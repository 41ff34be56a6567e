"""What a node offers about evidence, by the setting in force."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.app import Node
from tests.homes import free_port, make_pair


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """Of a home that names no authority for time, with one entry in its log."""
    node = Node.open(make_pair(tmp_path)[0].folder)
    node.evidence.act(node.clock.now(), "Lin", "looked", "a test")
    yield node
    node.close()


def configure(node: Node, text: str) -> None:
    """With this in the table of evidence, which is taken into force."""
    path = node.home.folder / "node.toml"
    path.write_text(f"{path.read_text()}\n[evidence]\n{text}")
    node.take(node.read_again())


def test_the_log_is_signed_as_it_is_and_nobody_is_asked_for_a_time_where_nobody_is_named(node: Node) -> None:
    assert node.proof.sign_log() == ""
    last, log = node.evidence.last_checkpoint(), node.evidence.log()
    assert last is not None
    assert log is not None
    assert last.checkpoint.size == log.size
    assert node.proof.time_authority() is None


def test_the_authority_is_that_of_the_setting_in_force(node: Node) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    configure(node, f'time_stamp_authority = "{url}"\nallow_private = true\n')
    authority = node.proof.time_authority()
    assert authority is not None
    assert [one.name for one in authority.asked] == [url]
    # It is signed all the same.
    assert f"the authority for time gave none: {url} does not answer" in node.proof.sign_log()
    assert node.evidence.last_checkpoint() is not None


def test_what_failed_is_remembered_from_one_asking_to_the_next(node: Node) -> None:
    configure(node, f'time_stamp_authority = "http://127.0.0.1:{free_port()}/"\nallow_private = true\n')
    first, second = node.proof.time_authority(), node.proof.time_authority()
    assert first is not None
    assert second is not None
    assert first.heard is second.heard


def test_an_authority_in_our_own_network_is_asked_only_where_the_home_says_so(node: Node) -> None:
    configure(node, f'time_stamp_authority = "http://127.0.0.1:{free_port()}/"\n')
    assert "where that is meant, node.toml says [evidence] allow_private = true" in node.proof.sign_log()


@pytest.mark.parametrize(
    ("text", "signs", "seals"),
    [
        ("", "sign", "sign"),
        ('key = "tls"', "tls", "tls"),
        ('seal = "tls"', "sign", "tls"),
        ('key = "tls"\nseal = "sign"', "tls", "sign"),
    ],
)
def test_checkpoints_and_bundles_have_their_keys(node: Node, text: str, signs: str, seals: str) -> None:
    own = {name: one.certificate.sha256 for name, one in node.setting.certificates.own.items()}
    configure(node, text)
    node.proof.sign_log()
    last = node.evidence.last_checkpoint()
    assert last is not None
    assert (last.signers[0], node.proof.retrieving().sealer().certificate.sha256) == (own[signs], own[seals])
