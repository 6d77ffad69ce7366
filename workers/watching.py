"""The watch process: looks every second for what went quiet; needs the database, not the broker."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time

import structlog
import uvloop

from workers.logs import configure
from workers.ports.runtime import Runtime
from workers.runtime import open_runtime
from workers.settings import Settings
from workers.stages.watch import tidy, watch

SECONDS = 1.0
TIDY_SECONDS = 3_600.0

log = structlog.get_logger()


async def keep_watching(runtime: Runtime, stopped: asyncio.Event) -> None:
    """Round after round until `stopped`; a round that fails is tried again."""
    tidy_at = time.monotonic()
    while not stopped.is_set():
        try:
            await watch(runtime)
            await runtime.figures.looked("watch")
            if time.monotonic() >= tidy_at:
                tidy_at = time.monotonic() + TIDY_SECONDS
                await tidy(runtime)
        except Exception as error:  # the database is away: look again
            log.warning("watch_round_failed", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), SECONDS)


async def run(settings: Settings) -> None:
    """Watches until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with open_runtime(settings) as runtime:
        await keep_watching(runtime, stopped)


def main() -> None:
    """The Procfile's `watch`."""
    settings = Settings()
    configure(settings.log_level)
    uvloop.run(run(settings))


if __name__ == "__main__":
    main()
