"""What went wrong, told once: `error: where: what: remedy` on standard error (JSON with --json) and an exit code."""

import errno
import json
import sys
import traceback
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """What the exit code of a command says."""

    DONE = 0
    NO = 1
    USAGE = 2
    CONFIGURATION = 3
    UNREACHABLE = 4
    REFUSED = 5
    TIMED_OUT = 6
    NOT_FOUND = 7
    NOT_ALLOWED = 8
    BUG = 70
    INTERRUPTED = 130


MEANINGS: Final = {
    ExitCode.DONE: "done",
    ExitCode.NO: "done, and the answer is no: a check found problems",
    ExitCode.USAGE: "wrong usage: the command line, or what it asks for, is not possible as it stands",
    ExitCode.CONFIGURATION: "configuration error: a file of the home needs attention",
    ExitCode.UNREACHABLE: "something this needs is not reachable: the partner, the disk, or a port that is taken",
    ExitCode.REFUSED: "the partner refused the message; the ebMS error is in the output",
    ExitCode.TIMED_OUT: "timed out waiting; the work goes on",
    ExitCode.NOT_FOUND: "not found",
    ExitCode.NOT_ALLOWED: "not allowed: it would overwrite or reveal something",
    ExitCode.BUG: "an error in the node itself; the traceback is on standard error",
    ExitCode.INTERRUPTED: "interrupted",
}


#: Against errors of the system.
_REMEDIES: Final = {
    errno.EACCES: "give this user the right to it, or name another place",
    errno.EPERM: "give this user the right to it, or name another place",
    errno.EROFS: "that disk is mounted to be read alone: name another place",
    errno.ENOSPC: "make room on that disk, or name another place",
    errno.EDQUOT: "make room on that disk, or name another place",
    errno.EISDIR: "name a file",
    errno.ENOTDIR: "a file stands where a folder belongs: name another place",
    errno.EEXIST: "a file stands where a folder belongs: name another place",
    errno.ENOENT: "look at its name",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One problem as it is shown."""

    where: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        return "error: " + ": ".join(one_line(part) for part in (self.where, self.problem, self.remedy) if part)


class CommandFailed(Exception):
    """A command cannot do what was asked; `where` names the file, option or partner."""

    def __init__(self, code: ExitCode, where: str, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.code = code
        self.told: tuple[Told, ...] = (Told(where, problem, remedy),)


def read_failure(error: BaseException) -> tuple[ExitCode, tuple[Told, ...]]:
    """Exit code and problems of anything that a command raised."""
    if isinstance(error, CommandFailed):
        return error.code, error.told
    # By name, so that a failing command line need not import the whole node.
    match type(error).__name__:
        case "ConfigurationError":
            found = getattr(error, "problems", ())
            told = tuple(Told(f"{p.file}: {p.key}" if p.key else p.file, p.problem, p.remedy) for p in found)
            return ExitCode.CONFIGURATION, told
        case "SubmissionError":
            what, _, remedy = str(error).partition("; ")
            return ExitCode.USAGE, (Told("submit", what, remedy),)
        case "StorageUnavailable" | "StoreUnreadable":
            remedy = getattr(error, "remedy", "") or "look at free space and permissions of data/"
            return ExitCode.UNREACHABLE, (Told("store", str(error), remedy),)
        case "TransportError":
            return ExitCode.UNREACHABLE, (Told("partner", str(error)),)
    if isinstance(error, OSError):
        return ExitCode.UNREACHABLE, (Told(str(error.filename or "system"), error.strerror or str(error), remedy_of(error)),)
    return ExitCode.BUG, (Told("n2n", f"{type(error).__name__}: {error}", "this is an error in the node; please report it"),)


def remedy_of(error: OSError) -> str:
    """What helps against an error of the system; empty where nobody can tell."""
    return _REMEDIES.get(error.errno or 0, "")


def tell(error: BaseException, *, as_json: bool) -> ExitCode:
    """Write an error to standard error; the exit code that goes with it."""
    code, told = read_failure(error)
    if code is ExitCode.BUG:
        traceback.print_exception(error)
    if as_json:
        print(json.dumps({"exit": int(code), "errors": [asdict(one) for one in told]}, ensure_ascii=False), file=sys.stderr)
    else:
        for one in told:
            print(one, file=sys.stderr)
    return code


def one_line(text: str) -> str:
    """Text that may come from a peer or a file, harmless on a terminal: no control characters, one line."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
