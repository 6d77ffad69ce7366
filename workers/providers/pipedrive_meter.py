"""Pipedrive's limits as its answers tell them, and the calls that keep to them."""

from __future__ import annotations

import asyncio
import re
from typing import Protocol

import httpx

from workers.domain.errors import ProviderError, Throttled
from workers.ports.budget import Budget, Call, Meter
from workers.ports.outside import Access

#: pipedrive.md §5: flat per request, whatever its `limit`.
_COSTS = (
    (re.compile(r"/api/v2/\w+"), 10),
    (re.compile(r"/api/v2/\w+/\d+"), 1),
    (re.compile(r"/api/v1/(users/me|filters/\d+)"), 2),
)
_DEAREST = 20


def cost_of(path: str) -> int:
    """Tokens of the company's day that a read costs."""
    return next((cost for known, cost in _COSTS if known.fullmatch(path)), _DEAREST)


class Metering(Protocol):
    """What a call owes to limits before it goes and when its answer is there."""

    async def turn(self) -> None:
        """Returns when it may go."""

    async def heard(self, response: httpx.Response, wrong: ProviderError | None) -> None:
        """An answer came."""

    async def lost(self) -> None:
        """None came in time; the call may have cost as much as an answer."""


class Counted:
    """A call of somebody who is known only by its answer: a sign-in waits for no budget."""

    def __init__(self, budget: Budget, path: str) -> None:
        self._budget = budget
        self._tokens = cost_of(path)
        self._meter = Meter(is_charged=False)

    async def turn(self) -> None:
        """At once."""

    async def heard(self, response: httpx.Response, wrong: ProviderError | None) -> None:
        """Keeps the limits that the answer tells until it is known whose they are."""
        self._meter = meter_of(response, wrong)

    async def lost(self) -> None:
        """Nobody knows whose it was."""

    async def was_of(self, company_id: int, user_id: int) -> None:
        """Now it is."""
        await self._budget.heard(Call(company_id, user_id, self._tokens), self._meter)


class Metered:
    """One call as one user: waits for its turn, and tells what the answer said."""

    def __init__(self, budget: Budget, access: Access, path: str) -> None:
        self._budget = budget
        self._call = Call(access.company_id, access.user_id, cost_of(path))

    async def turn(self) -> None:
        """`Throttled` where the call may not go."""
        await asyncio.sleep(await self._budget.take(self._call))

    async def heard(self, response: httpx.Response, wrong: ProviderError | None) -> None:
        """Keeps the limits that the answer tells."""
        await self._budget.heard(self._call, meter_of(response, wrong))

    async def lost(self) -> None:
        """Counts the tokens, which Pipedrive has probably taken."""
        await self._budget.heard(self._call, Meter())


def meter_of(response: httpx.Response, wrong: ProviderError | None) -> Meter:
    """The limits of an answer; each of the headers may be missing (RPT26)."""
    headers = response.headers
    must_pause = isinstance(wrong, Throttled) and wrong.code != "budget"
    return Meter(
        burst_limit=_whole(headers.get("x-ratelimit-limit", "")) or None,
        tokens_a_day=_whole(headers.get("x-daily-ratelimit-token-limit", "")),
        tokens_left=_whole(headers.get("x-daily-ratelimit-token-remaining", "")),
        is_charged=not (_is_free(response.status_code) or isinstance(wrong, Throttled)),
        pause=wrong.after if must_pause and isinstance(wrong, Throttled) else 0.0,
    )


def _is_free(status: int) -> bool:
    """Who is not let in, or told to come back, got nothing and pays nothing."""
    return status >= 500 or status in {401, 429}


def _whole(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
