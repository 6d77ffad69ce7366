"""What time does to installations: unused tokens are kept alive, gone companies are forgotten."""

from __future__ import annotations

from datetime import timedelta

import structlog

from workers.domain.errors import ProviderError
from workers.ports.runtime import Runtime

log = structlog.get_logger()

#: Refresh tokens die 60 days after their last use (pipedrive.md §2): two weeks are left to try.
RESTED = timedelta(days=45)
REFRESHES = 50  # a round; a round comes every hour


async def forget_gone(runtime: Runtime) -> None:
    """Drafts of who left go now; a company that nobody has the app in goes after FORGET_DAYS.

    One whose users' grants all lapsed, without an uninstall, goes after twice as long.
    """
    while await runtime.leaving.forget_drafts():
        pass
    after = timedelta(days=runtime.settings.forget_days)
    for company_id in await runtime.leaving.gone(after=after):
        while await runtime.leaving.forget(company_id, after=after):
            pass
        log.info("company_forgotten", company=company_id)


async def keep_alive(runtime: Runtime) -> None:
    """Renews tokens that nobody used for long; who must sign in again is told on their pages."""
    for company_id, user_id, generation in await runtime.installations.resting(
        RESTED, most=REFRESHES
    ):
        try:
            await runtime.access.get(company_id, user_id, stale=generation)
        except ProviderError as error:
            log.warning("not_kept_alive", company=company_id, user=user_id, code=error.code)
