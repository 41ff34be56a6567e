"""The log: one entry a line whatever a peer wrote."""

import json
import logging
import sys

import pytest

from node.cli.log import JsonLines, TextLines, set_up


def record(message: str, *, failed: bool = False) -> logging.LogRecord:
    try:
        raise ZeroDivisionError("a bug of ours")
    except ZeroDivisionError:
        found = sys.exc_info() if failed else None
    return logging.LogRecord("node.web", logging.WARNING, "x.py", 1, message, (), found)


HOSTILE = 'refused\n2026-01-01T00:00:00Z info  forged\r\x1b[2J","level":"info'


def test_a_text_line_cannot_be_forged() -> None:
    line = TextLines().format(record(HOSTILE))
    assert line.isprintable()


def test_a_json_line_holds_the_text_as_a_value() -> None:
    line = JsonLines().format(record(HOSTILE))
    assert "\n" not in line
    entry = json.loads(line)
    assert (entry["event"], entry["level"], entry["logger"]) == (HOSTILE, "warning", "node.web")
    assert entry["at"].endswith("Z")


@pytest.mark.parametrize("formatter", [TextLines(), JsonLines()])
def test_a_failure_keeps_its_traceback(formatter: logging.Formatter) -> None:
    assert "ZeroDivisionError: a bug of ours" in formatter.format(record("failed", failed=True))


def test_the_node_speaks_and_libraries_only_warn() -> None:
    root, node = logging.getLogger(), logging.getLogger("node")
    before = root.handlers[:], root.level, node.level
    try:
        set_up(as_json=True)
        assert logging.getLogger("node.web").isEnabledFor(logging.INFO)
        assert not logging.getLogger("aiohttp").isEnabledFor(logging.INFO)
    finally:
        root.handlers[:], root.level, node.level = before
