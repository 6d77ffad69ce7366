"""Link actions that are refused, each with what to do."""

from __future__ import annotations

import pytest

from tests.door import Browser, Door, install

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("action", ["whatsapp"])
async def test_an_action_that_is_not_built_says_so(
    door: Door, browser: Browser, action: str
) -> None:
    await install(door)
    answer = await browser.get(door.pipedrive.link_url([1], action=action))
    assert answer.status_code == 501
    assert "built yet" in answer.text
    assert await door.batches() == 0


async def test_products_are_refused_and_nothing_is_stored(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    answer = await browser.get(door.pipedrive.link_url([1], resource="product"))
    assert 400 <= answer.status_code < 502
    assert "<h1>" in answer.text
    assert await door.batches() == 0


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "unknown_resource"),
        ("resource=person&view=list&userId=7&companyId=42&selectedIds=&excludedIds=", "nothing_selected"),
        ("resource=person&view=list&userId=7&companyId=42&selectedIds=1%2C2", "cut_short"),
        ("resource=person&view=list&userId=7&companyId=42&selectedIds=1%2C&filter=%7B%7D", "cut_short"),
        ("resource=person&view=list&userId=7&companyId=42&selectedIds=a&filter=%7B%7D", "bad_ids"),
        ("resource=person&view=list&userId=x&companyId=42&selectedIds=1&filter=%7B%7D", "unknown_person_asking"),
        ("resource=person&view=list&userId=7&companyId=42&filter=%FF", "unreadable_link"),
    ],
)  # fmt: skip
async def test_a_damaged_link_is_refused_with_what_to_do(
    door: Door, browser: Browser, query: str, reason: str
) -> None:
    await browser.sign_in()
    answer = await browser.get(f"/actions/sms?{query}", Accept="application/json")
    assert answer.json()["error"] == reason
    assert answer.status_code == 422
    assert await door.batches() == 0


async def test_too_many_picked_people_are_refused(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    answer = await browser.get_long(door.pipedrive.link_url(range(1, 20_002), token=None))
    assert answer.status_code == 413
    assert await door.batches() == 0
