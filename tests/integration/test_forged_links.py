"""S1, S2 and S5 at the door: whatever is wrong with a link's token, the answer is the same 401."""

from __future__ import annotations

import json
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.door import PUBLIC_URL, Browser, Door, install, state_of
from tests.forged import FORGED, a_token, claims, mac_vectors, raw_token
from workers.domain.callback import callback_url

pytestmark = pytest.mark.anyio


def link(door: Door, token: str) -> str:
    return f"{door.pipedrive.link_url([1, 2], token=None)}&token={quote(token, safe='')}"


async def test_every_forgery_gets_the_same_answer_and_leaves_no_trace(
    door: Door, browser: Browser
) -> None:
    await install(door)
    macs = list(mac_vectors().items())
    answers = {}
    for name, token in [*FORGED.items(), *macs[:: len(macs) // 20]]:
        if len(token) > 50_000:  # more than httpx sends; `test_link_tokens` has it
            continue
        answer = await browser.get(link(door, token))
        assert answer.status_code == 401, name
        assert "set-cookie" not in answer.headers, name
        answers[name] = answer.text
    assert len(set(answers.values())) == 1, answers
    assert "made by your Pipedrive" in answers["alg none"]
    assert await door.batches() == 0
    assert (await browser.get(link(door, a_token()))).status_code == 303


async def test_tokens_of_our_own_kinds_are_no_link_tokens(door: Door, browser: Browser) -> None:
    """What proves a receipt, a session or a sign-in proves no click (S2)."""
    await browser.sign_in()
    key = door.runtime.settings.secret_keys[0]
    ours = {
        "receipt": callback_url(PUBLIC_URL, uuid4(), key).partition("k=")[2].partition("#")[0],
        "session": browser.client.cookies["__Host-volley"],
        "sign-in": state_of(await browser.get("/install")),
    }
    for name, token in ours.items():
        assert (await browser.get(link(door, token))).status_code == 401, name
    assert await door.batches() == 0


async def test_a_token_of_one_company_with_a_session_of_another_is_refused(
    door: Door, browser: Browser
) -> None:
    door.pipedrive.add_company(43, "Beta AS")
    door.pipedrive.add_user(43, 70, "Bea Beta")
    await browser.sign_in(company_id=43, user_id=70)
    theirs = door.pipedrive.link_url([1], token=None, company_id=43, user_id=70)
    answer = await browser.get(f"{theirs}&token={a_token()}")  # signed for company 42, user 7
    assert answer.status_code == 401
    assert await door.batches() == 0


async def test_claims_that_come_twice_open_the_same_draft(door: Door, browser: Browser) -> None:
    """Rightly signed, so it is Pipedrive's; the last of each counts, as for everybody (S5)."""
    await install(door)
    said = json.dumps(claims())
    once = raw_token('{"alg":"HS256"}', said)
    twice = raw_token('{"alg":"HS256"}', '{"userId":8,' + said[1:])
    found = {(await browser.get(link(door, token))).headers["location"] for token in (once, twice)}
    assert len(found) == 1
    assert await door.batches() == 1


async def test_a_token_replayed_for_another_user_opens_nothing(
    door: Door, browser: Browser
) -> None:
    await install(door)
    first = await browser.get(door.pipedrive.link_url([1, 2]))
    other = door.pipedrive.link_url([1, 2], token=None, user_id=9)
    async with door.browser() as colleague:
        await colleague.sign_in(user_id=9)
        answer = await colleague.get(f"{other}&token={a_token()}")
        assert answer.status_code == 401
        assert (await colleague.get(first.headers["location"])).status_code == 404
