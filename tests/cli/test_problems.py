"""Every failure has one line and one exit code, and nothing in it can move a terminal."""

import json

import pytest

from node.cli.problems import MEANINGS, CommandFailed, ExitCode, Told, one_line, read_failure, tell
from node.configuration import ConfigurationError, Problem
from node.msh.ports import StorageUnavailable, SubmissionError, TransportError

ROWS = [
    (
        CommandFailed(ExitCode.NOT_FOUND, "message x", "is not here", "list them: n2n message list"),
        ExitCode.NOT_FOUND,
        "message x: is not here: list",
    ),
    (
        ConfigurationError([Problem("node.toml", "listen.port", "is no number", "write 8443")]),
        ExitCode.CONFIGURATION,
        "node.toml: listen.port: is no",
    ),
    (SubmissionError("action x: not agreed; agreed are y, z"), ExitCode.USAGE, "submit: action x: not agreed: agreed are y, z"),
    (StorageUnavailable("disk full"), ExitCode.UNREACHABLE, "store: disk full"),
    (TransportError("b:443: nothing listens there"), ExitCode.UNREACHABLE, "partner: b:443"),
    (
        FileNotFoundError(2, "No such file or directory", "missing.xml"),
        ExitCode.UNREACHABLE,
        "missing.xml: No such file or directory: look at its name",
    ),
    (
        OSError(28, "No space left on device", "x.asice"),
        ExitCode.UNREACHABLE,
        "x.asice: No space left on device: make room on that disk",
    ),
    (
        StorageUnavailable("s3://a/b: 403", "look at the credentials"),
        ExitCode.UNREACHABLE,
        "store: s3://a/b: 403: look at the cred",
    ),
    (ZeroDivisionError("a bug"), ExitCode.BUG, "n2n: ZeroDivisionError: a bug"),
]


@pytest.mark.parametrize(("error", "code", "start"), ROWS, ids=[type(row[0]).__name__ for row in ROWS])
def test_an_error_is_one_line_and_a_code(
    error: Exception, code: ExitCode, start: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tell(error, as_json=False) is code
    out, err = capsys.readouterr()
    assert out == ""
    assert f"error: {start}" in err
    assert ("Traceback" in err or "ZeroDivisionError" in err) == (code is ExitCode.BUG)


def test_every_problem_of_a_configuration_is_told() -> None:
    problems = [Problem("a.toml", "x", "wrong"), Problem("b.toml", "", "missing")]
    assert [str(one) for one in read_failure(ConfigurationError(problems))[1]] == [
        "error: a.toml: x: wrong",
        "error: b.toml: missing",
    ]


def test_with_json_the_error_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    tell(CommandFailed(ExitCode.NOT_FOUND, "here", "nothing", "look there"), as_json=True)
    assert json.loads(capsys.readouterr().err) == {
        "exit": 7,
        "errors": [{"where": "here", "problem": "nothing", "remedy": "look there"}],
    }


@pytest.mark.parametrize("text", ["a\nb", "a\r\x1b[31mb", "a\x00\x9bb", "a\u202eb"])
def test_no_control_character_reaches_the_terminal(text: str) -> None:
    assert one_line(text).isprintable()
    assert str(Told(text, text)).isprintable()


def test_each_exit_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(ExitCode)
