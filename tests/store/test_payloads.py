"""A folder and a bucket are one to whoever keeps octets; a node with a folder never loads the library of the other."""

import subprocess
import sys
from inspect import get_annotations, signature

import pytest

from node.store.files import PayloadFiles
from node.store.objects import PayloadObjects
from node.store.payloads import Payloads

ASKED = [name for name in vars(Payloads) if not name.startswith("_")]


@pytest.mark.parametrize("kind", [PayloadFiles, PayloadObjects])
def test_each_place_answers_every_question(kind):
    for name in ASKED:
        asked = getattr(Payloads, name)
        if callable(asked):
            assert list(signature(getattr(kind, name)).parameters) == list(signature(asked).parameters), name
    assert "quarantine" in ASKED
    assert get_annotations(Payloads) == {}


def test_a_node_with_a_folder_does_not_load_obstore():
    code = "import node.app, sys; sys.exit('obstore' in sys.modules or 'node.store.objects' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
