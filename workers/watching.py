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
from workers.stages.bills import read_bills
from workers.stages.tariffs import read_tariffs
from workers.stages.watch import LOOKS_A_ROUND, tidy, watch

SECONDS = 1.0
TIDY_SECONDS = 3_600.0

log = structlog.get_logger()


async def keep_watching(runtime: Runtime, stopped: asyncio.Event) -> None:
    """Round after round until `stopped`; a round that fails is tried again.

    Behind a full one there is no pause: after a bad hour thousands wait to be looked up.
    """
    tidy_at = time.monotonic()
    while not stopped.is_set():
        done = 0
        try:
            done = await watch(runtime)
            await runtime.figures.looked("watch")
            if time.monotonic() >= tidy_at:
                tidy_at = time.monotonic() + TIDY_SECONDS
                await tidy(runtime)
        except Exception as error:  # the database is away: look again
            log.warning("watch_round_failed", error=type(error).__name__)
        if done < LOOKS_A_ROUND:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), SECONDS)


async def keep_reading(runtime: Runtime, stopped: asyncio.Event) -> None:
    """Prices and senders, beside the rounds: nobody's look-up waits for a price."""
    while not stopped.is_set():
        try:
            await read_tariffs(runtime)
        except Exception as error:  # the database is away: look again
            log.warning("tariffs_not_read", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), SECONDS)


async def keep_billing(runtime: Runtime, stopped: asyncio.Event) -> None:
    """What texts did cost: a long list of them holds up nothing else."""
    while not stopped.is_set():
        try:
            await read_bills(runtime, stop=stopped.is_set)
        except Exception as error:  # the database is away: look again
            log.warning("bills_not_read", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), SECONDS)


async def run(settings: Settings) -> None:
    """Watches until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with open_runtime(settings) as runtime:
        loops = (keep_watching, keep_reading, keep_billing)
        await asyncio.gather(*(keep(runtime, stopped) for keep in loops))


def main() -> None:
    """The Procfile's `watch`."""
    settings = Settings()
    configure(settings.log_level)
    uvloop.run(run(settings))


if __name__ == "__main__":
    main()
