"""Two nodes joined in memory whose stores are real and lie on disk: what fault tests break and the invariants then judge."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from bench.pair import Keys, Node, Pair, make_pair
from node.security.suites import EDELIVERY_2_ECDSA
from node.store.messages import Store, open_store
from tests.pki import make_pki


@cache
def keys() -> tuple[Keys, Keys]:
    """Keys of both sides, made once."""
    pki = make_pki()
    a, b = (Keys(pki.key(name, "p256", "sign"), pki.key(name, "p256", "enc")) for name in ("a", "b"))
    return a, b


@dataclass
class StoredPair:
    """The pair, and its stores by the name of their side."""

    pair: Pair
    stores: dict[str, Store]

    @property
    def a(self) -> Any:
        return self.pair.a

    @property
    def b(self) -> Any:
        return self.pair.b

    def close(self) -> None:
        for one in self.stores.values():
            one.close()


def stored_pair(root: Path, now: Any = None, urls: Mapping[str, str] | None = None, **shape: bool) -> StoredPair:
    """Open (or open again) the stores of both sides below a folder; `urls` names a PostgreSQL database for a side."""
    pair = make_pair(*keys(), EDELIVERY_2_ECDSA, **shape)
    stores = {}
    for side in (pair.a, pair.b):
        if now is not None:
            side.clock.at = now
        stores[side.name] = attach(side, root / side.name, (urls or {}).get(side.name, ""))
    return StoredPair(pair, stores)


def attach(side: Node, folder: Path, url: str = "") -> Store:
    """Give a node of a pair the store of a folder."""
    store = open_store(folder, side.ports.identifiers.unique, side.clock.now(), url=url)
    side.ports = replace(side.ports, messages=store.messages, quarantine=store.quarantine)
    side.messages = store.messages  # type: ignore[assignment]
    return store
