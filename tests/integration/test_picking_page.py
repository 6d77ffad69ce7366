"""The list of a draft: taking people out, putting them back, another of their numbers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from tests.desk import BROWSER, Desk, a_desk, a_quiet_line, tells
from tests.line import Line
from workers.domain.action import Chosen

pytestmark = pytest.mark.anyio
THREE_PHONES, SHARED, SAME, LANDLINE = 38, 26, 27, 6


@pytest.fixture(scope="module")
async def line(module_database_url: str) -> AsyncIterator[Line]:
    async with a_quiet_line(module_database_url) as line:
        yield line


@pytest.fixture
async def rep(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


async def rows(rep: Desk, batch: str) -> dict[int, dict[str, Any]]:
    """Everybody as programs are told, by their id in Pipedrive."""
    said = (await rep.get(f"{batch}/recipients")).json()
    return {row["person_id"]: row for row in said["recipients"]}


async def choose(rep: Desk, batch: str, **choice: object) -> Any:
    seen = await rep.seen(batch)
    return await rep.post(f"{batch}/draft", revision=seen["revision"], body="Hello", **choice)


async def test_a_person_is_taken_out_and_put_back_and_the_text_is_kept(rep: Desk) -> None:
    batch = await rep.found(Chosen((1, 2)))
    one = (await rows(rep, batch))[1]

    out = (await choose(rep, batch, out=one["id"])).json()
    assert out["counts"] == {"ready": 1, "skipped": 1}
    assert "you left them out" in out["html"]["rows"]
    assert "Send to 1 person" in out["html"]["send"]
    back = (await choose(rep, batch, **{"in": one["id"]})).json()
    assert back["counts"] == {"ready": 2}
    assert "Hello</textarea>" in (await rep.get(batch, BROWSER)).text


async def test_without_javascript_the_list_comes_back_where_it_was(rep: Desk) -> None:
    batch = await rep.found(Chosen((1, 2)))
    one = (await rows(rep, batch))[1]["id"]
    form = {"revision": "1", "body": "Hello", "out": one, "back": "state=ready&q=a b&evil=1"}

    answer = await rep.post(f"{batch}/draft", BROWSER, **form)

    where = f"{batch}?state=ready&q=a+b#person-{one}"
    assert (answer.status_code, answer.headers["location"]) == (303, where)


async def test_a_further_page_of_the_list_has_the_same_buttons_and_no_text_to_lose(
    rep: Desk,
) -> None:
    batch = await rep.found(Chosen((1, 2)))
    await choose(rep, batch)
    one = (await rows(rep, batch))[1]["id"]
    html = (await rep.get(f"{batch}/recipients", BROWSER)).text
    revision = re.search(r'name="revision" value="(\d+)"', html)
    assert revision is not None
    assert f'name="out" value="{one}"' in html

    await rep.post(f"{batch}/draft", BROWSER, revision=revision[1], out=one, back="cursor=abc")

    assert (await rows(rep, batch))[1]["state"] == "skipped"
    assert "Hello</textarea>" in (await rep.get(batch, BROWSER)).text


async def test_a_choice_from_an_old_page_changes_nothing_and_says_so(rep: Desk) -> None:
    batch = await rep.found(Chosen((1, 2)))
    one = (await rows(rep, batch))[1]["id"]
    await choose(rep, batch)

    answer = await rep.post(f"{batch}/draft", revision=1, out=one)

    tells(answer, 409, "stale")
    assert (await rows(rep, batch))[1]["state"] == "ready"


async def test_all_numbers_of_a_person_are_shown_in_full_and_one_can_be_chosen(rep: Desk) -> None:
    batch = await rep.found(Chosen((1, THREE_PHONES)))
    tiina = (await rows(rep, batch))[THREE_PHONES]
    assert tiina["number"] == "+37256120038"
    html = (await rep.get(batch, BROWSER)).text
    assert "+372 5612 0039" in html
    assert "612 3438" in html
    assert "a landline, which can&#39;t get texts" in html

    said = (await choose(rep, batch, number=f"{tiina['id']} +37256120039")).json()

    assert "this one" in said["html"]["rows"]
    tiina = (await rows(rep, batch))[THREE_PHONES]
    assert (tiina["number"], tiina["label"], tiina["state"]) == ("+37256120039", "mobile", "ready")


@pytest.mark.parametrize("number", ["+37256120099", "+3726123438", "+1", "nonsense"])
async def test_only_a_usable_number_of_theirs_can_be_chosen(rep: Desk, number: str) -> None:
    batch = await rep.found(Chosen((THREE_PHONES,)))
    tiina = (await rows(rep, batch))[THREE_PHONES]

    answer = await choose(rep, batch, number=f"{tiina['id']} {number}")

    tells(answer, 422, "number_not_usable")
    assert (await rows(rep, batch))[THREE_PHONES]["number"] == "+37256120038"


async def test_of_two_on_one_number_the_other_is_named_and_can_be_texted_instead(
    rep: Desk,
) -> None:
    batch = await rep.found(Chosen((SHARED, SAME)))
    both = await rows(rep, batch)
    silvi, sander = both[SHARED], both[SAME]
    assert "Shared Silvi gets the text on it" in (await rep.get(batch, BROWSER)).text

    told = tells(await choose(rep, batch, **{"in": sander["id"]}), 422, "number_taken")
    assert told["title"].startswith("Shared Silvi gets this text")
    await choose(rep, batch, out=silvi["id"])
    assert f'name="in" value="{sander["id"]}"' in (await rep.get(batch, BROWSER)).text
    said = (await choose(rep, batch, **{"in": sander["id"]})).json()

    assert said["counts"] == {"ready": 1, "skipped": 1}
    assert (await rows(rep, batch))[SAME]["state"] == "ready"


async def test_who_cannot_be_texted_has_no_way_in(rep: Desk) -> None:
    batch = await rep.found(Chosen((1, LANDLINE)))
    leida = (await rows(rep, batch))[LANDLINE]
    html = (await rep.get(f"{batch}?state=skipped", BROWSER)).text
    assert f'value="{leida["id"]}"' not in html
    assert "Put back everybody" not in html
    [reason] = re.findall(r'<td role="cell" class="state" colspan="2">.*?</td>', html, re.S)
    assert "only a landline" in reason

    tells(await choose(rep, batch, **{"in": leida["id"]}), 422, "no_way_back")
    assert (await rows(rep, batch))[LANDLINE]["state"] == "skipped"


async def test_who_opted_out_since_is_not_put_back(rep: Desk) -> None:
    batch = await rep.found(Chosen((43,)))
    one = (await rows(rep, batch))[43]
    await choose(rep, batch, out=one["id"])
    with psycopg.connect(rep.line.settings.postgres_url) as connection:  # as a receipt would
        connection.execute(
            "INSERT INTO known_numbers (company_id, channel, number, reason)"
            " VALUES (42, 'sms', %s, 'opted_out')",
            [one["number"]],
        )

    tells(await choose(rep, batch, **{"in": one["id"]}), 422, "number_not_usable")


@pytest.mark.parametrize("person", ["x", "-1", "1" * 30, "１"])
async def test_rubbish_is_nobody(rep: Desk, person: str) -> None:
    batch = await rep.found(Chosen((1,)))

    tells(await choose(rep, batch, out=person), 422, "no_such_person")


async def test_everybody_found_by_a_search_is_left_out_at_once(rep: Desk) -> None:
    batch = await rep.found(Chosen((1, SHARED, 33)))

    said = (await choose(rep, batch, out_all=1, back="q=shared")).json()
    assert said["counts"] == {"ready": 2, "skipped": 1}
    html = (await rep.get(f"{batch}?state=skipped", BROWSER)).text
    assert "Put back everybody you left out" in html
    said = (await choose(rep, batch, in_all=1, back="state=skipped")).json()
    assert said["counts"] == {"ready": 3}
