"""A click in Pipedrive, with every kind of token and session, up to the draft batch."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from tests.door import Browser, Door, install, state_of
from tests.simulators.pipedrive_link import sign
from workers.domain.action import Chosen

pytestmark = pytest.mark.anyio
ASKED = "/oauth/authorize"


def batch_in(location: str) -> UUID:
    assert location.startswith("/batches/"), location
    return UUID(location.removeprefix("/batches/"))


async def test_a_click_with_a_token_opens_a_draft_at_a_clean_address(
    door: Door, browser: Browser
) -> None:
    await install(door)
    answer = await browser.get(door.pipedrive.link_url([3, 1, 2]))
    assert answer.status_code == 303
    batch_id = batch_in(answer.headers["location"])
    view = await door.runtime.batches.view(batch_id)
    assert view is not None
    assert (view.company_id, view.user_id, view.selection) == (42, 7, Chosen((3, 1, 2)))
    assert door.bell.rung == [batch_id]


async def test_the_token_signs_the_browser_in(door: Door, browser: Browser) -> None:
    await install(door)
    await browser.get(door.pipedrive.link_url([1]))
    again = await browser.get(door.pipedrive.link_url([2], token=None))
    batch_in(again.headers["location"])


async def test_ten_thousand_picked_people_fit(door: Door, browser: Browser) -> None:
    await install(door)
    people = range(1, 10_001)
    answer = await browser.get_long(door.pipedrive.link_url(people))
    view = await door.runtime.batches.view(batch_in(answer.headers["location"]))
    assert view is not None
    assert view.selection == Chosen(tuple(people))


async def test_the_first_click_installs_and_then_goes_on(door: Door, browser: Browser) -> None:
    left = await browser.get(door.pipedrive.link_url([5, 6]))
    assert left.status_code == 303
    assert ASKED in left.headers["location"]
    assert "5" not in state_of(left) or len(state_of(left)) == 32  # the selection stays with us
    assert await door.batches() == 0
    answer = await browser.allow(left)
    view = await door.runtime.batches.view(batch_in(answer.headers["location"]))
    assert view is not None
    assert view.selection == Chosen((5, 6))
    assert door.bell.rung == [view.id]


@pytest.mark.parametrize("token", [None, "expired"])
async def test_without_a_good_token_pipedrive_says_who_it_is(
    door: Door, browser: Browser, token: str | None
) -> None:
    await install(door)
    left = await browser.get(door.pipedrive.link_url([5], token=token))
    assert ASKED in left.headers["location"]
    assert await door.batches() == 0
    batch_in((await browser.allow(left)).headers["location"])


@pytest.mark.parametrize("token", [None, "expired"])
async def test_a_session_is_enough_without_a_good_token(
    door: Door, browser: Browser, token: str | None
) -> None:
    await browser.sign_in()
    answer = await browser.get(door.pipedrive.link_url([5], token=token))
    batch_in(answer.headers["location"])


async def test_another_persons_session_is_not_enough(door: Door, browser: Browser) -> None:
    await browser.sign_in(user_id=8)
    left = await browser.get(door.pipedrive.link_url([5], token=None))
    assert ASKED in left.headers["location"]
    assert await door.batches() == 0


async def test_a_forged_token_is_refused_even_with_a_session(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    answer = await browser.get(door.pipedrive.link_url([5], token="forged"))
    assert answer.status_code == 401
    assert "text/html" in answer.headers["content-type"]
    assert "made by your Pipedrive" in answer.text
    assert await door.batches() == 0


async def test_a_token_for_another_user_is_refused(door: Door, browser: Browser) -> None:
    await install(door)
    now = int(door.pipedrive.now())
    claims = {"userId": 8, "companyId": 42, "iat": now, "exp": now + 300}
    token = sign(claims, door.pipedrive.jwt_secret)
    answer = await browser.get(door.pipedrive.link_url([5], token=token))
    assert answer.status_code == 401


async def test_a_program_is_told_in_json(door: Door, browser: Browser) -> None:
    url = door.pipedrive.link_url([5], token="forged")
    answer = await browser.get(url, Accept="application/json")
    assert answer.status_code == 401
    assert answer.json()["error"] == "forged_token"


async def test_two_tokens_in_one_link_are_refused(door: Door, browser: Browser) -> None:
    await install(door)
    url = door.pipedrive.link_url([5])
    answer = await browser.get(url + "&token=" + url.rpartition("token=")[2])
    assert answer.status_code == 422
    assert await door.batches() == 0


async def test_the_same_click_finds_its_batch(door: Door, browser: Browser) -> None:
    await install(door)
    url = door.pipedrive.link_url([1, 2])
    found = {(await browser.get(url)).headers["location"] for _ in range(5)}
    assert len(found) == 1
    assert await door.batches() == 1


async def test_the_same_click_without_a_token_finds_its_batch(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    url = door.pipedrive.link_url([1, 2], token=None)
    found = {(await browser.get(url)).headers["location"] for _ in range(5)}
    assert len(found) == 1


@pytest.mark.parametrize("token", [True, None])
async def test_fifty_clicks_at_once_make_one_batch(
    door: Door, browser: Browser, token: object
) -> None:
    await browser.sign_in()
    url = door.pipedrive.link_url([1, 2], token=token)
    answers = await asyncio.gather(*[browser.get(url) for _ in range(50)])
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await door.batches() == 1


async def test_a_replayed_token_of_an_installed_user_finds_the_same_batch_after_it_ran_out(
    door: Door, browser: Browser
) -> None:
    """S5: after its end it is as absent, and then never more than a draft."""
    await browser.sign_in()
    answer = await browser.get(door.pipedrive.link_url([1], token="expired"))
    batch_in(answer.headers["location"])
    assert await door.batches() == 1


@pytest.mark.parametrize("appended", ["=", "==", "%3D", "."])
async def test_a_token_with_something_appended_is_refused(
    door: Door, browser: Browser, appended: str
) -> None:
    await install(door)
    answer = await browser.get(door.pipedrive.link_url([1]) + appended)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "header", [("Sec-Purpose", "prefetch"), ("Sec-Purpose", "prefetch;prerender"), ("Purpose", "prefetch"), ("X-Moz", "prefetch")]
)  # fmt: skip
async def test_fetching_ahead_leaves_no_trace(
    door: Door, browser: Browser, header: tuple[str, str]
) -> None:
    await browser.sign_in()
    for token in (True, None):
        answer = await browser.get(door.pipedrive.link_url([1], token=token), **dict([header]))
        assert answer.status_code == 204
    assert await door.batches() == 0
    assert door.bell.rung == []


async def test_a_head_leaves_no_trace(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    answer = await browser.client.head(door.pipedrive.link_url([1]))
    assert answer.status_code == 204
    assert await door.batches() == 0


async def test_link_previews_make_no_batch(door: Door, browser: Browser) -> None:
    url = door.pipedrive.link_url([1], token=None)
    for _ in range(100):
        assert (await browser.get(url)).status_code == 303
    assert await door.batches() == 0


async def test_only_so_many_drafts_a_minute(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    links = [door.pipedrive.link_url([n], token=None) for n in range(1, 23)]
    statuses = [(await browser.get(url)).status_code for url in links]
    assert statuses == [303] * 20 + [429] * 2
