"""Pages of the manual that tests follow word for word."""

import re
from pathlib import Path

MANUAL = Path(__file__).parents[1] / "docs"


def blocks(page: Path, kind: str) -> list[str]:
    """What stands between the fences of a kind, without the indent of the list."""
    found = re.findall(rf"^   ```{kind}\n(.*?)^   ```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [re.sub(r"^   ", "", text, flags=re.MULTILINE) for text in found]


def pattern(shown: str) -> str:
    """What a page shows as a regular expression: `...` alone on a line stands for any lines, within a line for any text."""
    lines = (
        r"(?:.*\n)*" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + "\n" for line in shown.splitlines()
    )
    return "".join(lines)
