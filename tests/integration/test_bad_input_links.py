"""Bad link actions: each is refused with what to do, for browsers and programs, and stores nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import psycopg
import pytest

from tests.builders import link_query
from tests.desk import (
    BROWSER,
    PROGRAM,
    Desk,
    a_desk,
    a_quiet_line,
    explains,
    id_of,
    nothing_changes,
    refused,
    tells,
)
from tests.line import Line
from tests.simulators.pipedrive_link import sign

pytestmark = pytest.mark.anyio
AGAIN = "Go back to Pipedrive and choose the action again."
MOST = 50
EVERYONE = '{"everyone":1}'


@pytest.fixture(scope="module")
async def line(module_database_url: str) -> AsyncIterator[Line]:
    async with a_quiet_line(module_database_url, max_chosen=MOST) as line:
        yield line


@pytest.fixture
async def rep(line: Line) -> AsyncIterator[Desk]:
    """Signed in."""
    async with a_desk(line) as desk:
        yield desk


@pytest.fixture
async def nobody(line: Line) -> AsyncIterator[Desk]:
    """Not signed in."""
    async with a_desk(line, None) as desk:
        yield desk


def bad_tokens(line: Line) -> dict[str, str]:
    now, secret = int(line.pipedrive.now()), line.pipedrive.jwt_secret
    good: dict[str, Any] = {"userId": 7, "companyId": 42, "iat": now, "exp": now + 300}
    return {
        "forged": sign(good, "somebody-else's-secret-0123456789"),
        "of another user": sign({**good, "userId": 8}, secret),
        "of another company": sign({**good, "companyId": 43}, secret),
        "without an end": sign({"userId": 7, "companyId": 42}, secret),
        "that lives for a year": sign({**good, "exp": now + 31_536_000}, secret),
        "from the future": sign({**good, "iat": now + 9_000, "exp": now + 9_300}, secret),
        "cut": sign(good, secret)[:-5],
        "with something appended": sign(good, secret) + "=",
        "of words": "not.a.token",
        "empty": "",
    }


@pytest.mark.parametrize(
    "kind",
    [
        "forged", "of another user", "of another company", "without an end", "that lives for a year",
        "from the future", "cut", "with something appended", "of words", "empty",
    ],
)  # fmt: skip
async def test_a_bad_token_is_refused_even_with_a_session(
    line: Line, rep: Desk, nobody: Desk, kind: str
) -> None:
    query = link_query(ids=[1, 2], company=42) + f"&token={bad_tokens(line)[kind]}"

    async def ask(headers: Mapping[str, str]) -> httpx.Response:
        return await desk.get(f"/actions/sms?{query}", headers)

    for desk in (rep, nobody):
        await refused(desk, ask, 401, "forged_token", "made by your Pipedrive", AGAIN)


@pytest.mark.parametrize("token", [None, "expired"])
async def test_without_a_good_token_somebody_unknown_signs_in_first(
    line: Line, nobody: Desk, token: str | None
) -> None:
    link = line.pipedrive.link_url([1, 2], token=token)
    async with nothing_changes(line):
        left, told = await nobody.get(link, BROWSER), await nobody.get(link, PROGRAM)
    assert left.status_code == 303
    assert left.headers["location"].startswith(f"{line.site}/oauth/authorize?")
    tells(told, 401, "signed_out")


BAD_LINKS: dict[str, tuple[str, int, str, str, str]] = {
    "nothing at all": ("", 422, "unknown_resource", "not supported", "Choose the action in a list"),
    "products": (
        link_query(ids=[1], resource="product", company=42),
        422, "unknown_resource", "This kind of record is not supported.", "in a list of people",
    ),
    "activities of a day that is none": (
        link_query(
            resource="activity", company=42, filter={"everyone": 1, "activity_end_date": "2026-02-30"}
        ),
        422, "bad_filter", "can't be read", AGAIN,
    ),
    "an unknown page": (
        link_query(ids=[1], view="kanban", company=42), 422, "unknown_view", "not supported", AGAIN,
    ),
    "nobody and no filter": (
        link_query(filter=None, company=42),
        422, "nothing_selected", "Nobody is selected.", "Tick people in Pipedrive's list",
    ),
    "nobody and an empty filter": (
        link_query(filter="", company=42), 422, "nothing_selected", "Nobody is selected.", "Tick people",
    ),
    "more people than the limit": (
        link_query(ids=range(1, MOST + 2), company=42),
        413, "too_many_people", "51 people are picked; 50 is the most", "save a filter",
    ),
    "more exclusions than the limit": (
        link_query(excluded=range(1, MOST + 2), company=42),
        413, "too_many_people", "51 people are unticked; 50 is the most", "save a filter",
    ),
    "ids that are words": (
        link_query(ids=["a", "b"], company=42), 422, "bad_ids", "something else", AGAIN,
    ),
    "ids with a minus": (link_query(ids=[-1], company=42), 422, "bad_ids", "something else", AGAIN),
    "ids with a fraction": (link_query(ids=["1.5"], company=42), 422, "bad_ids", "something else", AGAIN),
    "ids in other digits": (link_query(ids=["１２"], company=42), 422, "bad_ids", "something else", AGAIN),
    "ids with a gap": (link_query(ids=[1, "", 2], company=42), 422, "bad_ids", "something else", AGAIN),
    "an endless id": (link_query(ids=["9" * 30], company=42), 422, "bad_ids", "something else", AGAIN),
    "an injected id": (
        link_query(ids=["1);DROP TABLE batches"], company=42), 422, "bad_ids", "something else", AGAIN,
    ),
    "excluded words": (link_query(excluded=["x"], company=42), 422, "bad_ids", "something else", AGAIN),
    "a filter that is a word": (
        link_query(filter="everyone", company=42), 422, "bad_filter", "can't be read", AGAIN,
    ),
    "a filter that is a list": (link_query(filter="[1]", company=42), 422, "bad_filter", "can't be read", AGAIN),
    "a filter cut short": (
        link_query(filter='{"filter_id":12', company=42), 422, "bad_filter", "may have lost its end", AGAIN,
    ),
    "a filter of nothing": (link_query(filter="{}", company=42), 422, "unknown_filter", "which list", "save the filter"),
    "a filter of two kinds": (
        link_query(filter={"filter_id": 1, "user_id": 7}, company=42),
        422, "unknown_filter", "which list", "save the filter",
    ),
    "a filter of another kind": (
        link_query(filter={"team_id": 3}, company=42), 422, "unknown_filter", "which list", "save the filter",
    ),
    "a filter that nests for ever": (
        link_query(filter='{"everyone":' * 2_000, company=42), 422, "bad_filter", "can't be read", AGAIN,
    ),
    "ids without their filter": (
        link_query(ids=[1, 2], filter=None, company=42), 422, "cut_short", "lost its end", "Nothing was sent.",
    ),
    "ids that end in a comma": (
        link_query(ids=[1, ""], company=42), 422, "cut_short", "lost its end", "save a filter",
    ),
    "several records of one page": (
        link_query(ids=[1, 2], view="details", company=42), 422, "not_one", "several records", AGAIN,
    ),
    "nobody who clicked": (
        link_query(ids=[1], user="", company=42), 422, "unknown_person_asking", "who clicked it", AGAIN,
    ),
    "a company that is a word": (
        link_query(ids=[1], company="acme"), 422, "unknown_person_asking", "who clicked it", AGAIN,
    ),
    "something said twice": (
        link_query(ids=[1], company=42) + "&selectedIds=2", 422, "repeated_parameter", "same thing twice", AGAIN,
    ),
    "damaged letters": (
        link_query(ids=[1], company=42) + "&filter=%FF", 422, "unreadable_link", "damaged", "choose the action again",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_LINKS)
async def test_a_link_that_makes_no_sense_is_explained_and_stores_nothing(
    rep: Desk, kind: str
) -> None:
    query, status, key, *words = BAD_LINKS[kind]

    async def ask(headers: Mapping[str, str]) -> httpx.Response:
        return await rep.get(f"/actions/sms?{query}", headers)

    await refused(rep, ask, status, key, *words)


@pytest.mark.parametrize("action", ["whatsapp"])
async def test_an_action_that_is_not_built_says_so_and_stores_nothing(
    line: Line, rep: Desk, action: str
) -> None:
    async def ask(headers: Mapping[str, str]) -> httpx.Response:
        return await rep.get(line.pipedrive.link_url([1], action=action), headers)

    await refused(rep, ask, 501, "not_built", "isn't built yet", "Send a text (SMS)")


async def test_a_link_cut_anywhere_never_means_other_people(line: Line, rep: Desk) -> None:
    """At every byte: refused, or (only the token is missing then) exactly the picked people."""
    picked = [1, 23, 456, 7890]
    link = line.pipedrive.link_url(picked).partition("/actions/")[2]
    statuses = set()
    for end in range(len("sms?"), len(link)):
        answer = await rep.get(f"/actions/{link[:end]}", BROWSER)
        statuses.add(answer.status_code)
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/batches/")
    assert statuses == {303, 401, 422}
    query = "SELECT DISTINCT selection FROM batches WHERE selection != '{\"ids\": [1]}'"
    async with await psycopg.AsyncConnection.connect(line.settings.postgres_url) as connection:
        found = [row[0] for row in await (await connection.execute(query)).fetchall()]
    assert found == [{"ids": picked}]


async def test_more_people_in_a_filter_than_the_limit_end_in_a_page_that_says_so(
    empty_line: Line,
) -> None:
    async with a_desk(empty_line) as desk:
        link = empty_line.pipedrive.link_url(filter=json.loads(EVERYONE))
        batch = (await desk.get(link, BROWSER)).headers["location"]
        view = await empty_line.until(
            id_of(batch), lambda view: view.life.refused_reason is not None
        )
        assert view.life.refused_reason == "too_many_people"
        page = await desk.get(batch, BROWSER)
        explains(page, 200, "more people than one text may go to", "Select fewer people")
        assert 'id="send"' not in page.text

        async def ask(headers: Mapping[str, str]) -> httpx.Response:
            return await desk.post(f"{batch}/send", headers, revision=1, people=500, body="Hello")

        await refused(desk, ask, 409, "refused", "can't be sent", "Hello</textarea>")


@pytest.fixture
async def empty_line(database_url: str) -> AsyncIterator[Line]:
    """A line whose company has twice as many people as a filter may find."""
    async with a_quiet_line(database_url, people=1_000, max_filtered=500) as line:
        yield line
