"""`n2n document batch`: what has come of documents that a partner sent together."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.invocation import Json, current, show, table
from node.cli.language import Language, chosen
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from node.customs.reconciling.batch import BatchState

_WORDS = {
    "complete": ("complete", "完整"),
    "incomplete": ("INCOMPLETE", "不完整"),
    "of": ("batch {} of {}: {} of {} documents have come", "{1} 之批次 {0}：共 {3} 則，已收 {2} 則"),
}


def register(group: typer.Typer) -> None:
    """Add the command to the group."""
    group.command("batch")(batch)


def batch(
    partner: Annotated[str, typer.Argument(metavar="PARTNER", help="Who sent it: a folder of partners/.")],
    batch_id: Annotated[str | None, typer.Argument(metavar="ID", help="The batch; else the latest ones are listed.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Of the list, at most as many, the latest first.")] = 20,
    lang: Language = "en",
    _json: Json = False,
) -> None:
    """Show whether everything has come of what a partner sent with n2n submit --batch, and which documents are missing.

    Exit code of one batch: 0 when it is complete, 1 when not.

    Example: n2n document batch kr 4f6c0a7be2f0d8a15b7c1d1f0f2a9c11
    """
    from node.app import Node

    zh = chosen(lang)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        asked = [batch_id] if batch_id is not None else node.batches.latest(partner, limit)
        states = [found for one in asked if (found := node.batches.state(partner, one)) is not None]
    finally:
        node.close()
    if batch_id is None:
        rows = [_row(one) for one in states]
        cells = [(row["batch"], row["total"], row["arrived"], row["missing_count"], _state(row, zh)) for row in rows]
        show({"partner": partner, "batches": rows}, table(("BATCH", "TOTAL", "ARRIVED", "MISSING", ""), cells))
        return
    if not states:
        raise CommandFailed(
            ExitCode.NOT_FOUND, batch_id, f"nothing of it has come from {partner}", f"n2n document batch {partner}"
        )
    (state,) = states
    findings = [finding.as_json() for finding in state.findings(partner)]
    row = {"partner": partner, **_row(state), "findings": findings}
    show(row, _lines(row, zh))
    if not state.complete:
        raise typer.Exit(ExitCode.NO)


def _row(state: "BatchState") -> dict[str, Any]:
    return {
        "batch": state.batch_id,
        "total": state.total,
        "arrived": state.arrived,
        "complete": state.complete,
        "missing_count": state.missing_count,
        # First and last of each run.
        "missing": [list(run) for run in state.missing],
        "twice": list(state.twice),
        "totals": list(state.totals),
    }


def _state(row: dict[str, Any], zh: int) -> str:
    return _WORDS["complete" if row["complete"] else "incomplete"][zh]


def _lines(row: dict[str, Any], zh: int) -> Iterator[str]:
    yield _WORDS["of"][zh].format(one_line(row["batch"]), one_line(row["partner"]), row["arrived"], row["total"])
    for finding in row["findings"]:
        yield f"{finding['rule']}  {one_line(finding['zh' if zh else 'en'])}"
    yield _state(row, zh)
