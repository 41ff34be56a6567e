"""`n2n aeo board`: the state of each arrangement."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import typer

from node.cli.aeo_verify import check_one_of
from node.cli.aeo_words import age_json, fact, told_age, word
from node.cli.invocation import Json, current, plain, show
from node.cli.language import Language

if TYPE_CHECKING:
    from node.app import Node
    from node.customs.operators.board import BoardLine, LastOut
    from node.customs.operators.port import SetLine

#: Sets of ours that the board looks back at.
_SETS_OUT: Final = 5


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("board")(board)


def board(lang: Language = "en", _json: Json = False) -> None:
    """Show each arrangement: lists in and out, age against what was agreed, operators by status, what was not applied, conflicts.

    Example: n2n aeo board
    """
    from node.app import Node
    from node.customs.operators.board import board as lines_of
    from node.customs.operators.labels import LANGUAGES

    check_one_of("--lang", lang, LANGUAGES)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        now = node.clock.now()
        arrangements = node.setting.arrangements
        last = node.publishing.last_out(arrangements.own, arrangements.by_partner)
        lines = lines_of(node.operators, arrangements.by_partner.values(), last, arrangements.own, now)
        out = {one: _out_json(node, one) for one, arrangement in arrangements.by_partner.items() if arrangement.receives}
    finally:
        node.close()
    head = f"{word('as of', lang)} {plain(now)}"
    document = {"as_of": now, "partners": [{**_board_json(one), **out.get(_partner(one), {})} for one in lines]}
    told = (text for one in lines for text in ("", *_board_lines(one, lang), *_out_lines(out.get(_partner(one), {}), lang)))
    show(document, [head, *told])


def _partner(line: "BoardLine") -> str:
    return line.arrangement.partner if line.arrangement else ""


def _out_json(node: "Node", partner: str) -> dict[str, Any]:
    """What became of our latest sets for a partner, and what it rejected."""
    own = node.setting.arrangements.own
    if own is None:
        return {}
    node.publishing.follow(own, partner)
    sets = node.lists_out.sets(partner, own.programme, _SETS_OUT)
    rejected = node.publishing.rejected(own, partner, _SETS_OUT)
    return {
        "out": [asdict(one) for one in sets],
        "rejected": [
            {"mode": part.mode, "to": part.sequence, "part": part.part, "document": part.document_id, **asdict(one)}
            for part, one in rejected
        ],
    }


def _out_lines(out: Mapping[str, Any], lang: str) -> Iterator[str]:
    for one in out.get("out", ()):
        if one["state"] not in {"", "TAKEN"}:
            yield fact("list out", f"{one['mode']} {one['sequence']} {word(one['state'], lang)}, {plain(one['made_at'])}", lang)
    for one in out.get("rejected", ()):
        said = one["zh"] if lang == "zh-Hant" else one["en"]
        yield fact("rejected", f"{one['mode']} {one['to']}: {one['rule']} {one['where']} {said}".rstrip(), lang)


def _board_json(line: "BoardLine") -> dict[str, Any]:
    arrangement = line.arrangement
    return {
        "partner": arrangement.partner if arrangement else None,
        "authority": line.sender,
        "programme": line.programme,
        "arrangement": arrangement.state if arrangement else None,
        "direction": arrangement.direction.value if arrangement else None,
        "sequence": line.sequence,
        "last_in": _set_json(line.last_in) if line.last_in else None,
        "last_out": asdict(line.last_out) if line.last_out else None,
        "data": age_json(line.age),
        "operators": line.operators,
        "by_status": dict(line.by_status),
        "changes": dict(line.changes),
        "not_applied": [_set_json(one) for one in line.open],
        "conflicts": list(line.conflicts),
        "coverage": {scheme: round(share, 4) for scheme, share in line.coverage.items()},
    }


def _set_json(one: "SetLine") -> dict[str, Any]:
    return {
        "mode": one.mode,
        "to": one.to,
        "state": one.result.state.value,
        "why": one.result.why or None,
        "missing": list(one.result.missing),
        "received_at": plain(one.received_at),
        "records": one.quantity,
        "document": one.document_id,
        "message": one.message_id,
        "remarks": list(one.result.remarks),
    }


def _last_out(last: "LastOut", lang: str) -> str:
    if last.quantity is None:
        return f"{last.sequence}, {plain(last.made_at)}, {word('handed in', lang)}"
    return f"{last.mode} {last.sequence}, {plain(last.made_at)}, {last.quantity} {word('records', lang)}"


def _board_lines(line: "BoardLine", lang: str) -> Iterator[str]:
    arrangement = line.arrangement
    yield f"{arrangement.partner if arrangement else line.sender}  {line.sender} {line.programme}"
    yield fact("arrangement", word(arrangement.state if arrangement else "none", lang), lang)
    if arrangement:
        yield fact("direction", word(arrangement.direction.value, lang), lang)
    yield fact("data", told_age(line.age, lang), lang)
    yield fact("last in", _last_in(line.last_in, lang), lang)
    if line.last_out:
        yield fact("last out", _last_out(line.last_out, lang), lang)
    elif arrangement and arrangement.receives:
        yield fact("last out", word("never", lang), lang)
    yield fact("operators", _counted(line.by_status, lang), lang)
    yield fact("changes", ", ".join(f"{name} {count}" for name, count in line.changes.items()) or "-", lang)
    for one in line.open:
        missing = f" {word('missing parts', lang)} {', '.join(map(str, one.result.missing))}" if one.result.missing else ""
        yield fact(
            "not applied", f"{one.mode} {one.to} {one.result.state.value}: {one.result.why}{missing} ({one.document_id})", lang
        )
    for conflict in line.conflicts:
        yield fact("conflict", conflict, lang)
    if line.coverage:
        yield fact("coverage", ", ".join(f"{scheme} {share:.0%}" for scheme, share in sorted(line.coverage.items())), lang)


def _last_in(one: "SetLine | None", lang: str) -> str:
    if one is None:
        return word("never", lang)
    return f"{one.mode} {one.to}, {plain(one.received_at)}, {one.quantity} {word('records', lang)} ({one.document_id})"


def _counted(by_status: Mapping[str, int], lang: str) -> str:
    counted: Iterable[str] = (f"{word(status, lang)} {count}" for status, count in sorted(by_status.items()))
    return ", ".join(counted) or "0"
