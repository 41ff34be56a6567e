"""The chapters themselves are told in tests/cli/test_demo.py, by two nodes; here: what is read from a certificate."""

from node.cli.demo_chapters import _certified
from node.ebms.xml import parse_xml
from tests.documents import sample


def test_the_quantity_that_counts_is_the_one_that_uses_are_written_off_from():
    assert _certified(parse_xml(sample("co-rcep-multi-item").read_bytes())) == (1, 40.0, "NAR")
