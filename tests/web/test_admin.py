"""Health and status for operators."""

import asyncio
import json
from typing import Any

import pytest

from node.web.admin import admin_app


async def get(app: Any, path: str) -> tuple[int, Any]:
    """One GET without a network."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": [], "query_string": b""}
    await app(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.mark.parametrize(
    ("path", "reason", "expected"),
    [
        ("/health/live", "disk full", (200, {"live": True})),
        ("/health", None, (200, {"live": True, "ready": True})),
        ("/health", "disk full", (503, {"live": True, "ready": False, "reason": "disk full"})),
        ("/status", None, (200, {"outbound": {"ACKNOWLEDGED": 1}})),
    ],
)
def test_pages(path: str, reason: str | None, expected: tuple[int, Any]) -> None:
    async def ready() -> str | None:
        return reason

    async def status() -> dict[str, Any]:
        return {"outbound": {"ACKNOWLEDGED": 1}}

    assert asyncio.run(get(admin_app(ready, status), path)) == expected
