"""The tokens over the checkpoints of a bundle: an unbroken row from the first note on, each renewed before what it rests on ended."""

from collections.abc import Iterator
from datetime import datetime

from node.evidence.case import AHEAD, Case
from node.evidence.finding import Check, Finding, found, said_at
from node.evidence.notes import NoteRefused, Stamped, judge_token, read_note, sha256


def check_tokens(case: Case) -> Iterator[Finding]:
    """The check `tokens`."""
    for size in sorted(case.checkpoints):
        yield from _check_row(case, size)


def _check_row(case: Case, size: int) -> Iterator[Finding]:
    at = f"checkpoints/{size}"
    notes = [name for name in (f"{at}.stamp-{k}.json" for k in range(case.last_stamp(size))) if name in case.files]
    if not notes or f"{at}.stamp-0.tst" not in case.files:
        yield found(Check.TOKENS, "tokens.none", f"{at}.json", size=size)
    row: list[Stamped] = []
    tokens: list[bytes] = []
    for k in range(case.last_stamp(size)):
        name, token = f"{at}.stamp-{k}.json", case.files.get(f"{at}.stamp-{k}.tst")
        problem = _wrong_note(case, at, name, tokens)
        if problem is not None:
            yield problem
            return
        if token is None:
            if k + 1 < case.last_stamp(size):
                yield found(Check.TOKENS, "tokens.gap", name, number=k)
                return
            break
        held = _judged(case, f"{at}.stamp-{k}.tst", token, case.files[name])
        if isinstance(held, Finding):
            yield held
            return
        if row and (late := _late(case, row[-1], held.token.time)):
            yield found(
                Check.TOKENS,
                "tokens.late",
                f"{at}.stamp-{k}.tst",
                why=late,
                number=k,
                time=said_at(held.token.time),
            )
            return
        if row and held.token.time < row[-1].token.time - AHEAD:
            before = said_at(row[-1].token.time)
            yield found(
                Check.TOKENS, "tokens.older", f"{at}.stamp-{k}.tst", number=k, time=said_at(held.token.time), before=before
            )
            return
        row.append(held)
        tokens.append(token)
    if row:
        yield from _conclude(case, size, row)


def _conclude(case: Case, size: int, row: list[Stamped]) -> Iterator[Finding]:
    at = f"checkpoints/{size}"
    first, last = row[0], row[-1]
    case.stamped[size] = first.token.time
    if old := _late(case, last, case.at):
        case.aged.add(size)
        yield found(
            Check.TOKENS, "tokens.old", f"{at}.stamp-{len(row) - 1}.tst", why=old, authority=last.path[0].subject, size=size
        )
        return
    yield found(
        Check.TOKENS,
        "tokens.good" if len(row) == 1 else "tokens.renewed",
        f"{at}.json",
        size=size,
        time=said_at(first.token.time),
        authority=first.path[0].subject,
        number=len(row) - 1,
        until=said_at(last.good_until),
    )


def _wrong_note(case: Case, at: str, name: str, tokens: list[bytes]) -> Finding | None:
    """What is wrong with a note, or None."""
    octets = case.files.get(name)
    if octets is None:
        return found(Check.TOKENS, "tokens.note-missing", name)
    try:
        note = read_note(octets)
    except NoteRefused as refused:
        return found(Check.TOKENS, "tokens.note-form", name, why=refused)
    over = sha256(case.files[f"{at}.json"]), sha256(case.files.get(f"{at}.sig", b""))
    if (note.checkpoint, note.signature) != over:
        return found(Check.TOKENS, "tokens.note-other", name)
    if note.tokens != tuple(sorted(map(sha256, tokens))) or (not tokens and note.evidence):
        return found(Check.TOKENS, "tokens.note-row", name)
    if missing := [one for one in note.evidence if one not in case.objects]:
        return found(Check.TOKENS, "tokens.evidence", name, digest=missing[0])
    return None


def _judged(case: Case, name: str, token: bytes, note: bytes) -> Stamped | Finding:
    anchors = case.time_anchors()
    others = [one.der for one in case.of_notes()]
    try:
        held = judge_token(token, note, others, anchors, [case.revocation()])
    except NoteRefused as refused:
        return found(Check.TOKENS, "tokens.bad", name, why=refused)
    if held.token.time > case.at + AHEAD:
        return found(Check.TOKENS, "tokens.future", name, time=said_at(held.token.time))
    return held


def _late(case: Case, held: Stamped, moment: datetime) -> str:
    """Why a token could no longer be verified at a moment; empty where it could."""
    for one in held.path:
        if one.x509.not_valid_after_utc < moment:
            return f"{one.subject}: {said_at(one.x509.not_valid_after_utc)}"
    for name in held.algorithms:
        if name in case.fallen and case.fallen[name] < moment:
            return f"{name}: {said_at(case.fallen[name])}"
    return ""
