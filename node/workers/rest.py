"""A worker's rest between two looks, which a wake or a stop ends early."""

import asyncio


async def rest(until: asyncio.Event, seconds: float) -> bool:
    """Wait for the event, but no longer than so many seconds; whether it came."""
    try:
        async with asyncio.timeout(seconds):
            await until.wait()
    except TimeoutError:
        return False
    return True
