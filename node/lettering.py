"""A font with Chinese characters, where the machine has one that can be embedded in a PDF: TrueType, which Noto CJK of many distributions is not."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

_SHARED: Final = Path("/usr/share/fonts")
#: Traditional Chinese first; each as its package lays it down.
PLACES: Final = (
    _SHARED / "truetype/noto/NotoSansTC-Regular.ttf",
    _SHARED / "truetype/arphic/uming.ttc",
    _SHARED / "truetype/droid/DroidSansFallbackFull.ttf",
    _SHARED / "truetype/wqy/wqy-zenhei.ttc",
    _SHARED / "truetype/wqy/wqy-microhei.ttc",
)


def chinese_font(places: Iterable[Path] = PLACES) -> bytes | None:
    """The octets of the first that is there and can be read; None where none is."""
    for one in places:
        try:
            return one.read_bytes()
        except OSError:
            continue
    return None
