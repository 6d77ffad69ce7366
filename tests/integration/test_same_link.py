"""The same link again, at once, later and next week; and another text to the same people."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest

from tests.builders import link_query
from tests.desk import BROWSER, Desk, a_desk, a_quiet_line, allow, facts, id_of, nothing_changes
from tests.line import Line
from tests.simulators.pipedrive_link import sign
from web.tokens import LEEWAY
from workers.domain.action import Chosen

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def line(module_database_url: str) -> AsyncIterator[Line]:
    async with a_quiet_line(module_database_url) as line:
        yield line


@pytest.fixture
async def rep(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


async def opened(rep: Desk, link: str) -> str:
    """The address of the batch that a click on `link` leads to, its people found."""
    answer = await rep.get(link, BROWSER)
    assert answer.status_code == 303, answer.text
    batch: str = answer.headers["location"]
    await rep.until_found(id_of(batch))
    return batch


async def age(line: Line, minutes: int) -> None:
    """Every link was clicked so much earlier."""
    sql = "UPDATE links SET created_at = created_at - make_interval(mins => %s)"
    async with await psycopg.AsyncConnection.connect(line.settings.postgres_url) as connection:
        await connection.execute(sql, [minutes])


async def test_the_same_link_twice_is_one_batch(line: Line, rep: Desk) -> None:
    link = line.pipedrive.link_url([3, 4, 5])
    first = await opened(rep, link)
    async with nothing_changes(line):
        again = await rep.get(link, BROWSER)
    assert again.headers["location"] == first


async def test_the_same_link_finds_its_batch_after_it_was_sent_and_offers_another_text(
    line: Line, rep: Desk
) -> None:
    link = line.pipedrive.link_url([3, 4, 6])
    batch = await opened(rep, link)
    sent = await rep.post(f"{batch}/send", body="Hello", **await rep.seen(batch))
    assert sent.status_code == 202
    async with nothing_changes(line):
        assert (await rep.get(link, BROWSER)).headers["location"] == batch
        page = (await rep.get(batch, BROWSER)).text
    assert "Write another text to these people" in page
    assert "Undo" in page


def ending(line: Line, *, in_seconds: int, people: str = "3,4,7") -> str:
    """A link whose token ends so soon (a token is believed half a minute longer)."""
    end = int(time.time()) - LEEWAY + in_seconds
    claims = {"userId": 7, "companyId": 42, "iat": end - 300, "exp": end}
    token = sign(claims, line.pipedrive.jwt_secret)
    return "/actions/sms?" + link_query(ids=people.split(","), company=42, token=token)


async def test_the_link_next_week_finds_its_batch_by_its_claims(line: Line, rep: Desk) -> None:
    """Its token has ended by then; the session says who it is, the claims say which click."""
    link = ending(line, in_seconds=2)
    batch = await opened(rep, link)
    await age(line, 7 * 24 * 60)
    async with a_desk(line, None) as nobody:
        async with nothing_changes(line):
            while "/oauth/authorize" not in (await nobody.get(link, BROWSER)).headers["location"]:
                nobody.http.cookies.clear()  # so long the token itself signs in
            assert (await rep.get(link, BROWSER)).headers["location"] == batch
            left = await nobody.get(link, BROWSER)
        assert (await allow(nobody, left)).headers["location"] == batch


async def test_a_link_first_opened_after_its_token_ended_is_one_batch_for_ever(
    line: Line, rep: Desk
) -> None:
    link = ending(line, in_seconds=-600)
    batch = await opened(rep, link)
    await age(line, 7 * 24 * 60)
    async with nothing_changes(line):
        assert (await rep.get(link, BROWSER)).headers["location"] == batch
    other = ending(line, in_seconds=-500)
    assert await opened(rep, other) != batch, "another click on the same people, read afresh"


async def test_the_same_people_without_a_token_are_one_batch_for_ten_minutes(
    line: Line, rep: Desk
) -> None:
    link = line.pipedrive.link_url([4, 5, 6], token=None)
    first = await opened(rep, link)
    await age(line, 9)
    async with nothing_changes(line):
        assert (await rep.get(link, BROWSER)).headers["location"] == first
        reordered = line.pipedrive.link_url([6, 5, 4], token=None)
        assert (await rep.get(reordered, BROWSER)).headers["location"] == first
    await age(line, 2)
    second = await opened(rep, link)
    assert second != first
    assert (await rep.progress(second))["phase"] == "draft"
    assert (await rep.progress(first))["phase"] == "draft", "the old draft stays"


async def test_the_same_people_are_not_the_same_filter(line: Line, rep: Desk) -> None:
    links = {
        line.pipedrive.link_url([1, 2], token=None),
        line.pipedrive.link_url([1, 2, 3], token=None),
        line.pipedrive.link_url([12], token=None),
        line.pipedrive.link_url(filter={"user_id": 7}, token=None),
        line.pipedrive.link_url(filter={"user_id": 7}, excluded=[1], token=None),
        line.pipedrive.link_url(filter={"user_id": 8}, token=None),
        line.pipedrive.link_url(token=None),
    }
    assert len({await opened(rep, link) for link in links}) == len(links)


async def test_another_text_to_these_people_is_a_new_draft_read_afresh(
    line: Line, rep: Desk
) -> None:
    batch = await rep.found(Chosen((7, 9)))
    before = (await rep.get(f"{batch}/recipients")).json()["recipients"]
    line.pipedrive.people[7]["name"] = "Renamed Riina"

    page = await rep.post(f"{batch}/again", BROWSER)
    new: str = page.headers["location"]
    await rep.until_found(id_of(new))

    assert (page.status_code, new != batch) == (303, True)
    progress = await rep.progress(new)
    assert (progress["phase"], progress["revision"], progress["total"]) == ("draft", 1, 2)
    rows = (await rep.get(f"{new}/recipients")).json()["recipients"]
    assert "Renamed Riina" in [row["name"] for row in rows]
    assert (await rep.get(f"{batch}/recipients")).json()["recipients"] == before
    told = (await rep.post(f"{batch}/again")).json()
    assert told["batch"] not in {str(id_of(batch)), str(id_of(new))}


async def test_the_clean_address_holds_nothing_of_the_link(line: Line, rep: Desk) -> None:
    link = line.pipedrive.link_url([8, 9])
    batch = await opened(rep, link)
    token = dict(parse_qsl(urlsplit(link).query))["token"]
    page = (await rep.get(batch, BROWSER)).text
    assert token not in page
    assert "selectedIds" not in page
    assert token not in str(await facts(line))
