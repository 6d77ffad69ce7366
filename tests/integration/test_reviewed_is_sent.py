"""What the rep reviewed is byte for byte what Twilio was asked to send, for any text and any names."""

from __future__ import annotations

import asyncio
import html
import itertools
import os
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.desk import BROWSER, Desk, a_desk, id_of
from tests.line import Line, a_line
from workers.domain.action import Chosen
from workers.domain.delivery import State
from workers.ports.reading import BatchView
from workers.stages.resolve import resolve

EXAMPLES = int(os.environ.get("EXAMPLES", "10"))
_numbers = itertools.count(1000)

_NAMES = st.sampled_from(
    [
        "Zoë Tamm",
        "{{7*7}} {% raw %}",
        "{{ person.name }} O'Neil",
        "<b>Bo</b> & “Co”",
        "מרים כהן",
        "😀 Ünal-Õun",
        "  Ann   Lee ",
        "Cher",
        "e\u0301lan vital",
        "a" * 200,
    ]
) | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=30)
_PIECES = st.sampled_from(
    [
        "Hi {{ person.first_name }}",
        '{{ person.last_name | default: "fri\u00e9nd" }}',
        "{{ person.name | upcase }}",
        "{{- organization.name | truncate: 9 -}}",
        "{% if person.last_name %}Dear {{ person.last_name }}{% else %}Hello{% endif %}",
        "{% unless person.name contains 'Zo' %} no {% endunless %}",
        "{{ sender.name | prepend: '– ' }}",
        "\r\n",
        "\t ",
        "  ",
        "“curly” – it’s…\u00a0",
        "<script>&amp;",
        "\u202eright to left",
        "🎉",
        "plain words",
        "{ not a field }",
        "+=%",
    ]
)
_TEXTS = st.lists(_PIECES, min_size=1, max_size=8).map("".join)


@dataclass
class House:
    """A line with a rep, on a loop of its own that lives as long as the examples."""

    runner: asyncio.Runner
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    line: Line = field(init=False)
    rep: Desk = field(init=False)

    async def open(self, database_url: str) -> None:
        given = {"digits": False}
        self.line = await self.stack.enter_async_context(
            a_line(database_url, twilio=given, max_drafts_a_minute=10_000, quiet_hours="off")
        )
        self.rep = await self.stack.enter_async_context(a_desk(self.line))


@pytest.fixture(scope="module")
def house(module_database_url: str) -> Iterator[House]:
    with asyncio.Runner() as runner:
        house = House(runner)
        runner.run(house.open(module_database_url))
        yield house
        runner.run(house.stack.aclose())


async def reviewed(rep: Desk, batch: str, text: str) -> dict[str, str | None]:
    """What the page shows for each person, by number; None where it says they get none."""
    shown: dict[str, str | None] = {}
    if "organization.name" in text:  # names of organizations are read once a text asks for them
        await rep.post(f"{batch}/draft", revision=1, body=text)
        await resolve(rep.line.runtime, id_of(batch))
        await rep.line.until(id_of(batch), lambda view: view.organizations == "read")
    rows = (await rep.get(f"{batch}/recipients?state=ready")).json()["recipients"]
    for row in rows:
        seen = await rep.seen(batch)
        form = {"revision": seen["revision"], "body": text, "person": row["id"]}
        said = (await rep.post(f"{batch}/draft", **form)).json()
        bubble = re.search(r'<p class="bubble">(.*?)</p>', said["html"]["facts"], re.DOTALL)
        told = said["preview"]["text"] if said["preview"] else ""
        assert (html.unescape(bubble[1]) if bubble else "") == told, "page and program read alike"
        shown[row["number"]] = told or None
    return shown


def is_over(view: BatchView) -> bool:
    return view.counts[State.DELIVERED] + view.counts[State.SKIPPED] == view.counts.people


async def one_example(house: House, text: str, names: list[str]) -> None:
    line, rep = house.line, house.rep
    ids = [
        line.pipedrive.add_person(name=name, phone=f"+372 5612 {next(_numbers)}")["id"]
        for name in names
    ]
    batch = await rep.found(Chosen(tuple(ids)))
    shown = await reviewed(rep, batch, text)
    line.twilio.accepted.clear()
    answer = await rep.post(f"{batch}/send", body=text, **await rep.seen(batch))
    if not any(shown.values()):
        assert answer.status_code == 422, "nobody would get anything"
        return
    assert answer.status_code == 202, answer.text
    await line.until(id_of(batch), is_over)
    asked = {sent["to"]: sent["body"] for sent in line.twilio.accepted}
    assert asked == {number: body for number, body in shown.items() if body is not None}


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=_TEXTS, names=st.lists(_NAMES, min_size=1, max_size=3))
def test_what_was_reviewed_is_what_is_sent(house: House, text: str, names: list[str]) -> None:
    house.runner.run(one_example(house, text, names))


def test_the_rep_who_posts_a_page_without_a_script_sends_the_same(house: House) -> None:
    text = 'Tere {{ person.first_name | default: "sõber" }},\r\n“avame” 9…'

    async def journey() -> tuple[str, list[dict[str, Any]]]:
        person = house.line.pipedrive.add_person(name="Zoë", phone=f"+372 5612 {next(_numbers)}")[
            "id"
        ]
        batch = await house.rep.found(Chosen((person,)))
        house.line.twilio.accepted.clear()
        seen = await house.rep.seen(batch)
        await house.rep.post(f"{batch}/draft", BROWSER, revision=seen["revision"], body=text)
        page = (await house.rep.get(batch, BROWSER)).text
        revision = re.search(r'name="revision" value="(\d+)"', page)
        assert revision is not None
        await house.rep.post(
            f"{batch}/send", BROWSER, revision=revision[1], body=text, people=seen["people"]
        )
        await house.line.until(id_of(batch), is_over)
        bubble = re.search(r'<p class="bubble">(.*?)</p>', page, re.DOTALL)
        return html.unescape(bubble[1] if bubble else ""), list(house.line.twilio.accepted)

    shown, [sent] = house.runner.run(journey())

    assert sent["body"] == shown == "Tere Zoë,\n“avame” 9…"
