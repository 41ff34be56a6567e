"""The files with which a pack begins are tried in tests/customs/checking/test_trial.py; here: what must not be overwritten."""

import pytest

from node.cli.pack_new import write_pack
from node.cli.problems import CommandFailed


def test_a_pack_is_never_overwritten(tmp_path):
    names = write_pack(tmp_path / "a", "a1", "a.b", "urn:a", "A")
    assert {name.partition("/")[0] for name in names} == {"pack.toml", "types", "xsd", "rules", "profiles", "samples"}
    with pytest.raises(CommandFailed, match="exists already"):
        write_pack(tmp_path / "a", "a1", "a.b", "urn:a", "A")
