"""What was changed in files or in the store comes into force in a node that serves, between two messages."""

import asyncio
import logging
import ssl
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Final

from node.app import Node
from node.configuration import refuse
from node.gaps import gaps_of
from node.renewing import InForce, Renewing
from node.setting import Setting

#: How often it is looked whether files of the home were changed.
RENEW_SECONDS: Final = 2.0
#: After a look it is not looked for so many times as long as it took.
LOOK_SHARE: Final = 40
#: What the swap of TLS may take.
SWAP_SECONDS: Final = 6.0

log = logging.getLogger("node")


class Swapping:
    """`swapped` runs on the event loop whenever another setting, or another key for TLS, is in force; with the TLS to serve by."""

    def __init__(
        self,
        node: Node,
        loop: asyncio.AbstractEventLoop,
        swapped: Callable[[ssl.SSLContext | None], Coroutine[Any, Any, None]],
    ) -> None:
        self._node, self._loop, self._swapped = node, loop, swapped
        self._renewing = Renewing(
            *(node.home.folder, node.home.data, node.clock, self._read, self._take, node.setting.fingerprint),
            versions=node.mark,
        )
        self._look_again_at = 0.0
        #: When the TLS of this home changes next by itself.
        self._tls_until = node.setting.tls_until(node.clock.now())

    def sweep(self) -> int:
        """Take in what was changed since the last look; 1 when another setting is in force now."""
        began, done = self._loop.time(), 0
        if began >= self._look_again_at:
            done = self._renewing.sweep()
            if not self._renewing.has_read:
                # Of ten thousand partners a mere look takes a quarter of a second.
                self._look_again_at = self._loop.time() + LOOK_SHARE * (self._loop.time() - began)
        now = self._node.clock.now()
        if not done and self._tls_until is not None and now >= self._tls_until:
            log.info("another key speaks TLS from now on")
            self._swap(self._node.setting, now)
        return done

    def read_anyhow(self) -> None:
        """Read the files now, also those that a reference names outside of the home."""
        try:
            self._renewing.sweep(anyhow=True)
        except Exception:
            log.exception("changed files are not taken in; next try in %g s", RENEW_SECONDS)

    @property
    def in_force(self) -> InForce:
        """Which setting is in force, and what stands against the files that lie there."""
        return self._renewing.in_force

    def _read(self) -> Setting:
        setting = self._node.read_again()
        # Also where it is not taken in: somebody has changed it.
        self._node.auditing.look(setting.fingerprint)
        return setting

    def _take(self, setting: Setting) -> list[str]:
        # Built first, so that a key that OpenSSL refuses changes nothing.
        now = self._node.clock.now()
        setting.problems.raise_if_any()
        try:
            setting.server_tls(now)
        except ssl.SSLError as error:
            refuse("node.toml", "listen.tls", f"TLS does not take this key: {error}", "put another one there")
        next_start = self._node.take(setting)
        tell_gaps(setting, now)
        self._swap(setting, now)
        return next_start

    def _swap(self, setting: Setting, now: datetime) -> None:
        self._tls_until = setting.tls_until(now)
        context = setting.server_tls(now) if self._node.home.listen.key else None
        asyncio.run_coroutine_threadsafe(self._swapped(context), self._loop).result(SWAP_SECONDS)


def tell_gaps(setting: Setting, now: datetime) -> None:
    """Log the times in which no certificate counts."""
    for gap in gaps_of(setting, now):
        log.warning("%s", gap)
