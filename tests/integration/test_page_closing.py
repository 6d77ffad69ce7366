"""The opt-out line in the editor: on by default for many, off by a button, and part of the text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders_batches import ACCOUNT, a_row
from tests.paged import Page, seen, three
from workers.domain.rules import Rules
from workers.ports.reading import RecipientRow

pytestmark = pytest.mark.anyio
LINE = "Reply STOP to opt out."


def many(count: int = 101) -> list[RecipientRow]:
    return [a_row(n) for n in range(1, count + 1)]


async def test_a_text_to_many_begins_with_the_opt_out_line_in_its_box() -> None:
    big, small = Page(many()), Page(many(100))

    assert f"\n\n{LINE}</textarea>" in (first := await seen(big))
    assert f"Take off “{LINE}”" in first
    assert "More than 100 people" not in first
    assert f"{LINE}</textarea>" not in await seen(small)
    assert f"Add “{LINE}”" in await seen(small)


async def test_the_line_is_put_on_and_taken_off_by_one_button_and_counts() -> None:
    page = Page(three())

    await page.post("opt-out", revision="1", body="Hi")
    on, said = page.view.body, await seen(page)
    counted = (await page.ask("draft", revision="2", body=on)).json()
    await page.post("opt-out", revision="2", body=on)

    assert on == f"Hi\n{LINE}"
    assert f"Take off “{LINE}”" in said
    assert counted["preview"]["text"] == on
    assert counted["characters"] == len(on)
    assert page.view.body == "Hi"


async def test_a_text_to_many_without_the_line_is_pointed_at() -> None:
    page = Page(many())

    said = (await page.ask("draft", revision="1", body="Hi")).json()["html"]["facts"]

    assert "More than 100 people get this text" in said


async def test_a_sender_that_cannot_be_answered_offers_the_companys_address_or_nothing() -> None:
    page = Page(three())
    page.door.account = replace(ACCOUNT, sender="Acme")

    nothing = await seen(page)
    page.door.rules_of_all = Rules(opt_out_address="acme.example/stop")

    assert "opt out" not in nothing
    assert "Add “To opt out: acme.example/stop”" in await seen(page)


async def test_the_line_alone_is_not_sent() -> None:
    page = Page(three())

    answer = await page.ask("send", revision="1", people="2", body=f"\n\n{LINE}")

    assert (answer.status_code, answer.json()["error"]) == (422, "empty_text")
