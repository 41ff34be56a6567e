"""The log is examined: some of each tampering is found at its place (`./check --faults audit`: a thousand), and the roots are those of the tree."""

import hashlib

import pytest

from node.evidence.merkle import LeafHashes, root
from node.store.log_audit import MOST, Roots, audit
from tests.bars import audit as bar
from tests.logged import logged


def test_each_kind_of_tampering_is_found_at_its_place(tmp_path):
    assert bar.run(tmp_path, full=False, rounds=2 * len(bar.TAMPERINGS), messages=150).problems == ()


def test_a_column_of_another_kind_is_found(tmp_path):
    made = logged(tmp_path)
    made.exchange(b"1")
    messages = made.both.stores["b"].messages
    messages.writer.run(lambda cursor: cursor.execute("UPDATE evidence_entry SET octets = 'text' WHERE number = 2") and None)
    (found,) = audit(messages)
    assert found.where == "entry 2 of the log of evidence"
    made.close()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 100, 257])
def test_the_root_grows_as_the_tree_does(size):
    leaves, roots = [hashlib.sha256(b"%d" % one).digest() for one in range(size)], Roots()
    for one in leaves:
        roots.add(one)
    assert roots.root == root(LeafHashes(leaves), size)


def test_of_a_log_with_very_many_changes_some_are_told(tmp_path):
    made = logged(tmp_path)
    for number in range(60):
        made.exchange(b"%d" % number)
    messages = made.both.stores["b"].messages
    assert not list(audit(messages))
    messages.writer.run(lambda cursor: cursor.execute("UPDATE evidence_entry SET partner = 'x'") and None)
    found = list(audit(messages))
    assert len(found) == MOST + 1
    assert found[0].where == "entry 1 of the log of evidence"
    made.close()


def test_what_was_written_after_the_last_checkpoint_and_is_gone_with_its_head_is_not_missed(tmp_path):
    """The limit: nobody can tell, until somebody outside holds a later checkpoint."""
    made = logged(tmp_path)
    made.exchange(b"1")
    made.prove()
    made.exchange(b"2")
    messages = made.both.stores["b"].messages
    (chain,) = messages.database.read("SELECT chain FROM evidence_entry WHERE number = 2", {})[0]
    sweep = ("DELETE FROM evidence_entry WHERE number > 2", "UPDATE evidence_head SET number = 2")
    for one in sweep:
        messages.writer.run(lambda cursor, one=one: cursor.execute(one) and None)
    messages.writer.run(
        lambda cursor: (
            cursor.execute("UPDATE evidence_head SET chain = (SELECT chain FROM evidence_entry WHERE number = 2)") and None
        )
    )
    assert chain
    assert not list(audit(messages))
    made.close()
