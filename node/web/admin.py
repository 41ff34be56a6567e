"""Pages for operators and their monitoring, on an address of their own: liveness, readiness and counts."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def admin_app(ready: Callable[[], Awaitable[str | None]], status: Callable[[], Awaitable[dict[str, Any]]]) -> Starlette:
    """`ready` gives None or the reason why not; `status` gives what /status shows."""

    async def live(_: Request) -> JSONResponse:
        return JSONResponse({"live": True})

    async def health(_: Request) -> JSONResponse:
        reason = await ready()
        if reason is None:
            return JSONResponse({"live": True, "ready": True})
        return JSONResponse({"live": True, "ready": False, "reason": reason}, status_code=503)

    async def show_status(_: Request) -> JSONResponse:
        return JSONResponse(await status())

    return Starlette(routes=[Route("/health/live", live), Route("/health", health), Route("/status", show_status)])
