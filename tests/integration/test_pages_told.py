"""What a page asks for is what it is told: its own people, by whole numbers, at its own moments."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from tests.desk import BROWSER, Desk
from tests.viewers import Viewers, some_viewers

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def viewers(module_database_url: str) -> AsyncIterator[Viewers]:
    async with some_viewers(module_database_url) as viewers:
        yield viewers


@pytest.mark.parametrize("path", ["/recipients", "/recipients.csv", "/progress"])
async def test_support_finds_nobody_by_a_part_of_a_masked_number(
    viewers: Viewers, path: str
) -> None:
    """Else ten questions would tell a digit, and a hundred all of them."""
    person = (await viewers.owner.progress(viewers.batch, "0.0"))["changed"][0]
    number = person["number"]

    async def finds(desk: Desk, part: str) -> bool:
        asked = f"{viewers.batch}{path}?since=0.0&shown=&state=ready&q={quote(part)}"
        return person["name"] in (await desk.get(asked)).text

    parts = [number[1:], number[4:8], number[1:-1], number[-3:]]
    assert [await finds(viewers.owner, part) for part in (number, *parts)] == [True] * 5
    assert [await finds(viewers.support, part) for part in (number, *parts)] == [
        True,
        True,  # the same without its +
        False,
        False,
        False,
    ]


async def test_of_those_who_changed_each_page_is_told_whom_it_shows(viewers: Viewers) -> None:
    """And of everybody in the figures; a page of another list never gets what this one is told."""
    address = f"{viewers.batch}/progress?since=0.0"
    everybody = (await viewers.owner.get(address)).json()
    (first, *_, last) = sorted(row["id"] for row in everybody["changed"])

    asked = [f"{address}&shown={shown}" for shown in (first, last, "", f"{first}-{last}")]
    answers = await asyncio.gather(*(viewers.owner.get(one) for one in asked))
    told = [answer.json() for answer in answers]

    found = [sorted(row["id"] for row in one["changed"]) for one in told]
    assert found[:3] == [[first], [last], []]
    assert len(found[3]) == len(everybody["changed"])
    keys = ("counts", "next_since", "seq", "more")
    assert all(one[key] == everybody[key] for one in told for key in keys)


async def test_pages_of_one_text_are_told_to_ask_again_at_the_same_moment(viewers: Viewers) -> None:
    beats = []
    for desk in (viewers.owner, viewers.support):
        asked = time.time() * 1000
        answer = await desk.get(f"{viewers.batch}/progress?since=0.0")
        again = int(answer.headers["volley-again-in"])
        beats.append((asked + again, time.time() * 1000 + again))  # the moment lies between
        await asyncio.sleep(0.3)

    (first, first_end), (second, second_end) = beats
    apart = ((second + second_end - first - first_end) / 2 + 1_000) % 2_000 - 1_000
    unsure = (first_end - first + second_end - second) / 2
    assert abs(apart) < 100 + unsure, "asked 300 ms after one another"


async def test_a_group_that_is_named_a_thousand_times_is_named_once(viewers: Viewers) -> None:
    once = await viewers.owner.get(f"{viewers.batch}?state=ready", BROWSER)
    often = await viewers.owner.get(f"{viewers.batch}?{'state=ready&' * 1_000}", BROWSER)

    assert once.status_code == often.status_code == 200
    assert len(often.text) < len(once.text) + 1_000
