"""`n2n submit --batch`: every document of a folder, each in a message of its own."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from node.cli.acting import ordered
from node.cli.invocation import current, show
from node.cli.problems import CommandFailed, ExitCode, Told, one_line

if TYPE_CHECKING:
    from node.app import Node
    from node.batching import Piece, Wrong


def submit_batch(
    folder: Path, partner: str, action: str | None, properties: Sequence[str], media_type: str | None, priority: int | None
) -> None:
    """Submit a folder and tell what was submitted. Raises CommandFailed with everything that is wrong, before anything goes out."""
    from node.app import Node
    from node.cli.submit import media_type_of, read_properties
    from node.customs.reconciling.batch import MarkRefused

    files = _files(folder)
    node = Node.open(current.home_folder(), current.passwords())
    try:
        node.check_sending(partner)
        payloads = [(path.name, node.payload(path, media_type or media_type_of(path))) for path in files]
        if action or partner not in node.setting.agreements.agreements:
            # Told once, and not for every document.
            node.setting.agreements.for_submission(partner, None, action or "")
        pieces = node.batching.plan(partner, payloads)
        if wrong := list(node.batching.wrong(partner, action, pieces)):
            raise _refused(folder, wrong, "nothing was submitted; mend them and submit the folder again")
        how = {"properties": read_properties(properties), "priority": priority}
        with ordered(node, "submit", about={"partner": partner}):
            submitted, failed = _submitted(node, partner, action, pieces, **how)
        served = node.served()
    except MarkRefused as error:
        raise CommandFailed(ExitCode.USAGE, str(folder), str(error), "put the documents into it, and nothing else") from None
    finally:
        node.close()
    if failed:
        raise _refused(
            folder, failed, f"{len(pieces) - len(failed)} of {len(pieces)} are submitted; the same command submits the others"
        )
    told = {
        "batch": pieces[0].mark.batch_id,
        "partner": partner,
        "total": len(pieces),
        "submitted": sum(submitted.values()),
        "served": served,
        "messages": [
            {
                "name": one.name,
                "sequence": one.mark.sequence,
                "message_id": one.message_id,
                "again": not submitted[one.message_id],
            }
            for one in pieces
        ],
    }
    show(told, _lines(told))


def _submitted(
    node: "Node", partner: str, action: str | None, pieces: "Sequence[Piece]", **how: Any
) -> "tuple[dict[str, bool], list[Wrong]]":
    """Whether each was submitted only now, and what was refused by what is on file."""
    from node.batching import Wrong
    from node.msh.ports import SubmissionError

    submitted, failed = {}, []
    for piece in pieces:
        try:
            submitted[piece.message_id] = node.batching.submit(partner, action, piece, how["properties"], how["priority"])
        except SubmissionError as error:
            failed.append(Wrong(piece.name, str(error)))
    return submitted, failed


def _files(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if strange := [path for path in found if not path.is_file()]:
        raise CommandFailed(ExitCode.USAGE, str(strange[0]), "is no regular file", "a batch is a folder of documents alone")
    return found


def _refused(folder: Path, wrong: "Iterable[Wrong]", remedy: str) -> CommandFailed:
    failed = CommandFailed(ExitCode.USAGE, str(folder), "is not submitted whole", remedy)
    failed.told = (*(Told(str(folder / one.name), one.why) for one in wrong), *failed.told)
    return failed


def _lines(told: dict[str, Any]) -> Iterator[str]:
    before = told["total"] - told["submitted"]
    again = f", {before} of them before" if before else ""
    yield f"batch {told['batch']}: {told['total']} documents are submitted to {told['partner']}{again}"
    for one in told["messages"]:
        yield f"  {one['sequence']:>6}  {one_line(one['name'])}  {one['message_id']}"
    yield "next: n2n message list" if told["served"] else "next: n2n serve (nobody serves this home now)"
