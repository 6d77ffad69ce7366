"""`volley restored`: holds what a database from before would send a second time."""

from __future__ import annotations

import asyncio

from workers.runtime import open_runtime
from workers.settings import Settings


def hold() -> str:
    """What was done, for the person at the terminal."""
    return asyncio.run(_hold(Settings()))


async def _hold(settings: Settings) -> str:
    async with open_runtime(settings) as runtime:
        batches = await runtime.restoring.hold()
    return (
        f"{batches} confirmed texts are held. Start Volley: it asks Twilio who was texted since, and "
        "then each rep presses Go on."
    )
