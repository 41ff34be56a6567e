"""The rules of AEO lists that compare records with each other or with the register: AEO-04, 06, 08, 10, 12 and 15."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from typing import Any, Final

from node.customs.checking.document import Header
from node.customs.checking.judging import Breach, Path
from node.customs.operators.digest import Line, set_digest
from node.customs.operators.history import OnFile
from node.customs.operators.port import OperatorRegister
from node.customs.operators.record import OperatorRecord, RecordRefused, read_record
from node.customs.operators.record_set import FULL, SetHead, read_head
from node.customs.operators.standing import BATCH, has_shrunk, is_active_again, is_not_newer, is_out_of_turn
from node.customs.xpath.scope import Scope

_FAR: Final = date.max


class OnceActive:
    """AEO-06: an operator is active once at a time in its tier."""

    def __init__(self, _scope: Scope, _header: Header) -> None:
        self._periods: dict[tuple[str, str], list[tuple[date, date]]] = {}

    def row(self, element: Any, path: Path) -> Iterator[Breach]:
        """See `Check`."""
        said = {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in element}
        if said["OperationCode"] == "DELETE" or said["StatusCode"] != "ACTIVE":
            return
        begins = date.fromisoformat(said["ValidFrom"])
        ends = date.fromisoformat(said["ValidTo"]) if "ValidTo" in said else _FAR
        periods = self._periods.setdefault((said["TIN"], said["TierCode"]), [])
        if any(begins <= other_ends and other_begins <= ends for other_begins, other_ends in periods):
            yield Breach(element, (said["TIN"],), path(element))
        # Only a broken list has more than a few periods of one operator; what is looked through stays small.
        if len(periods) < _MOST_PERIODS:
            periods.append((begins, ends))

    def end(self, _root: Any) -> Iterable[Breach]:
        """See `Check`."""
        return ()


#: Periods of one operator and tier that are compared with each other.
_MOST_PERIODS: Final = 50


class Digest:
    """AEO-15: a full list has a digest, and that of a list in one part is the digest of its records."""

    def __init__(self, _scope: Scope, _header: Header) -> None:
        self._lines: list[Line] = []

    def row(self, element: Any, _path: Path) -> Iterable[Breach]:
        """See `Check`."""
        said = {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in element}
        self._lines.append(Line(said["TIN"], said["TierCode"], said["StatusCode"], int(said["RecordVersion"])))
        return ()

    def end(self, root: Any) -> Iterator[Breach]:
        """See `Check`."""
        head = read_head(root)
        if not head.digest:
            if head.mode == FULL:
                yield Breach(root)
        elif head.parts == 1 and head.digest != set_digest(self._lines):
            yield Breach(next(child for child in root if child.tag.endswith("}SetDigest")))


class Standing:
    """AEO-04, 08, 10 and 12: a list against the register, a thousand operators at a time."""

    def __init__(self, register: OperatorRegister, scope: Scope, _header: Header) -> None:
        self._register, self._scope = register, scope
        self._head: SetHead | None = None
        self._batch: list[tuple[OperatorRecord, str]] = []

    def row(self, element: Any, path: Path) -> Iterator[Breach]:
        """See `Check`."""
        if self._head is None:
            self._head = read_head(element.getparent())
        try:
            self._batch.append((read_record(element), path(element)))
        except RecordRefused as error:
            yield Breach(element, (str(error),), path(element), "AEO-08")
        if len(self._batch) == BATCH:
            yield from self._compared(self._head)

    def _compared(self, head: SetHead) -> Iterator[Breach]:
        keys = list(dict.fromkeys((record.tin, record.tier) for record, _ in self._batch))
        held = self._register.on_file(head.sender, head.programme, keys) if keys else {}
        for record, path in self._batch:
            before = held.get((record.tin, record.tier))
            if before is not None:
                yield from _against(head, record, before, path)
        self._batch = []

    def end(self, root: Any) -> Iterator[Breach]:
        """See `Check`."""
        head = self._head or read_head(root)
        yield from self._compared(head)
        shrunk = has_shrunk(head, self._register, int(self._scope.profile.values.get("maxShrinkPercent", 100)))
        if shrunk is not None:
            yield Breach(None, (str(shrunk),), "/AeoRecordSet/RecordQuantity", "AEO-10")
        expected = is_out_of_turn(head, self._register)
        if expected is not None:
            yield Breach(None, (str(expected), str(head.since)), "/AeoRecordSet/SinceSequence", "AEO-12")


def _against(head: SetHead, record: OperatorRecord, before: OnFile, path: str) -> Iterator[Breach]:
    if is_not_newer(head, record, before):
        yield Breach(None, (record.tin,), f"{path}/RecordVersion", "AEO-08")
    if is_active_again(record, before):
        yield Breach(None, (record.tin,), f"{path}/StatusCode", "AEO-04")


class _Unasked:
    """AEO-04, 08, 10 and 12 for a list of our own: how far the partner follows it is known to the partner, and to who publishes it."""

    def __init__(self, _scope: Scope, _header: Header) -> None: ...

    def row(self, _element: Any, _path: Path) -> Iterable[Breach]:
        """See `Check`."""
        return ()

    def end(self, _root: Any) -> Iterable[Breach]:
        """See `Check`."""
        return ()


def checks(register: OperatorRegister | None) -> dict[str, Any]:
    """The programs by the names that packs call them; without a register a list is compared with itself alone."""
    return {
        "operators.once-active": OnceActive,
        "operators.digest": Digest,
        "operators.standing": _Unasked if register is None else partial(Standing, register),
    }
