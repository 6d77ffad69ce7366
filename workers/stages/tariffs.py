"""Reads prices and senders that pages want to know, in the background."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from workers.domain.cost import Tariff
from workers.domain.errors import ProviderError, Rejected
from workers.ports.runtime import Runtime
from workers.ports.tariffs import Unread

SOON = timedelta(minutes=10)


async def read_tariffs(runtime: Runtime) -> int:
    """One round over what is wanted; returns how many were asked for."""
    due = await runtime.tariffs.due()
    await asyncio.gather(*(_read(runtime, unread) for unread in due))
    return len(due)


async def _read(runtime: Runtime, unread: Unread) -> None:
    kind, _, name = unread.about.partition(" ")
    account = await runtime.accounts.made_with(
        unread.company_id, account_sid=unread.account_sid, origin=name if kind == "pool" else ""
    )
    if account is None:
        await runtime.tariffs.ask_again(unread, after=SOON)
        return
    try:
        if kind == "pool":
            await runtime.tariffs.keep_pool(unread, await runtime.tariff_reader.pool(account))
        else:
            tariff = await runtime.tariff_reader.price(account, name)
            await runtime.tariffs.keep_tariff(unread, tariff)
    except Rejected:  # Twilio knows no such country
        if kind == "price":
            await runtime.tariffs.keep_tariff(unread, Tariff())
        else:
            await runtime.tariffs.ask_again(unread, after=SOON)
    except ProviderError:
        await runtime.tariffs.ask_again(unread, after=SOON)
