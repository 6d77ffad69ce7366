"""Pipedrive's limits as its answers tell them, and the calls that keep to them."""

from __future__ import annotations

import asyncio
import re

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


def meter_of(response: httpx.Response, wrong: ProviderError | None) -> Meter:
    """The limits of an answer; each of the headers may be missing (RPT26)."""
    headers = response.headers
    must_pause = isinstance(wrong, Throttled) and wrong.code != "budget"
    return Meter(
        burst_limit=_whole(headers.get("x-ratelimit-limit", "")) or None,
        tokens_a_day=_whole(headers.get("x-daily-ratelimit-token-limit", "")),
        tokens_left=_whole(headers.get("x-daily-ratelimit-token-remaining", "")),
        is_charged=response.status_code < 500 and response.status_code not in {401, 429},
        pause=wrong.after if must_pause and isinstance(wrong, Throttled) else 0.0,
    )


def _whole(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
