"""Refresh tokens die 60 days after their last use: the watch uses them before (pipedrive.md §2)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.door import Browser, Door
from tests.past import days_pass
from workers.stages.watch import tidy

pytestmark = pytest.mark.anyio


async def test_tokens_that_nobody_used_for_long_are_renewed(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    await browser.sign_in(user_id=8)
    await days_pass(door, 46)
    await browser.sign_in(user_id=8)
    asked = len(door.pipedrive.calls_to("/oauth/token"))
    await tidy(door.runtime)
    await tidy(door.runtime)
    assert len(door.pipedrive.calls_to("/oauth/token")) == asked + 1
    assert await door.runtime.installations.resting(timedelta(days=45), most=9) == []


async def test_whose_grant_is_gone_must_sign_in_again(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    await days_pass(door, 46)
    door.pipedrive.revoke(42, 7)
    await tidy(door.runtime)
    assert await door.runtime.installations.user(42, 7) is None


async def test_a_pipedrive_that_is_down_costs_nobody_their_installation(
    door: Door, browser: Browser
) -> None:
    await browser.sign_in()
    await days_pass(door, 46)
    door.pipedrive.fail_next("/oauth/token", 503, times=5)
    await tidy(door.runtime)
    assert await door.runtime.installations.user(42, 7) is not None
    door.pipedrive.faults.clear()
    await tidy(door.runtime)
    assert await door.runtime.installations.resting(timedelta(days=45), most=9) == []
