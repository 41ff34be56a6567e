"""The proofs of the tree as commands of a shell: each hash from the two below it, left and right."""

from collections.abc import Iterator

from node.evidence.case import Case
from node.evidence.proof import CONSISTENCY, INCLUSION, read_proof


def inclusion_lines(case: Case, numbers: list[int]) -> Iterator[str]:
    """From each entry up to the root of its checkpoint."""
    yield 'root() { sed \'s/.*"root":"\\([0-9a-f]*\\)".*/\\1/\' "checkpoints/$1.json"; }\n'
    for number in numbers:
        told = read_proof(case.files.get(f"log/{number}.proof.json", b""), INCLUSION)
        if told is None:
            continue
        yield f"x=$({{ printf '\\000'; cat log/{number}.json; }} | h)\n"
        for sibling, left in zip((one.hex() for one in told.path), _sides(number - 1, told.size), strict=False):
            yield _node("x", sibling, '"$x"') if left else _node("x", '"$x"', sibling)
        yield f'same "entry {number} is under checkpoint {told.size}" "$x" "$(root {told.size})"\n'


def consistency_lines(case: Case) -> Iterator[str]:
    """Both roots from the same hashes."""
    for size in sorted(case.checkpoints)[1:]:
        told = read_proof(case.files.get(f"checkpoints/{size}.proof.json", b""), CONSISTENCY)
        if told is None or not 0 < told.place < size or not told.path:
            continue
        before, hashes = told.place, [one.hex() for one in told.path]
        first = f'"$(root {before})"' if not before & (before - 1) else hashes.pop(0)
        yield f"o={first}; n=$o\n"
        place, last = before - 1, size - 1
        while place & 1:
            place, last = place >> 1, last >> 1
        for one in hashes:
            if place & 1 or place == last:
                yield _node("o", one, '"$o"') + _node("n", one, '"$n"')
                while not place & 1 and place:
                    place, last = place >> 1, last >> 1
            else:
                yield _node("n", '"$n"', one)
            place, last = place >> 1, last >> 1
        yield f'same "checkpoint {size} continues {before}" "$o $n" "$(root {before}) $(root {size})"\n'


def _node(name: str, left: str, right: str) -> str:
    return f"{name}=$(printf '01%s%s' {left} {right} | raw | h)\n"


def _sides(index: int, size: int) -> Iterator[bool]:
    """Of each hash of a proof: whether it stands on the left. Source: RFC 9162 2.1.3.2."""
    place, last = index, size - 1
    while last > 0:
        left = bool(place & 1) or place == last
        yield left
        if left:
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
