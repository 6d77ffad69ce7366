"""What programs are told, to the letter of the design's §6."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.desk import BROWSER, Desk, a_desk, a_quiet_line, id_of, tells
from tests.line import Line, a_line
from workers.domain.action import Chosen, Filtered
from workers.domain.batch import Phase, phase
from workers.domain.delivery import State
from workers.ports.reading import BatchView

pytestmark = pytest.mark.anyio
PHASES = {"resolving", "draft", "sending", "paused", "delivering", "settled", "canceled", "refused"}
STATES = {state.value for state in State}
REASONS = {"hold", "pace", "quiet_hours", "pipedrive_budget", "account", "paused"}


@pytest.fixture(scope="module")
async def line(module_database_url: str) -> AsyncIterator[Line]:
    async with a_quiet_line(module_database_url, people=450) as line:
        yield line


@pytest.fixture
async def rep(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


def is_settled(view: BatchView) -> bool:
    return phase(view.life, view.counts, view.now) is Phase.SETTLED


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def assert_progress(said: dict[str, Any]) -> None:
    """Keys and types of the promised progress."""
    UUID(said["batch"])
    assert said["phase"] in PHASES
    assert said["total"] is None or is_whole(said["total"])
    assert all(is_whole(said[key]) for key in ("revision", "seq"))
    assert set(said["counts"]) <= STATES
    assert all(is_whole(people) and people > 0 for people in said["counts"].values())
    if said["total"] is not None:
        assert sum(said["counts"].values()) == said["total"]
    for wait in said["waiting"]:
        assert set(wait) == {"for", "until", "people"}
        assert wait["for"] in REASONS
        assert is_whole(wait["people"])
        if wait["until"] is not None:
            assert datetime.fromisoformat(wait["until"]).tzinfo is not None
    assert isinstance(said["next_since"], str)
    assert isinstance(said["more"], bool)
    assert len(said["changed"]) <= 200
    for row in said["changed"]:
        assert_row(row)


def assert_row(row: dict[str, Any]) -> None:
    """Keys and types of a person."""
    assert set(row) >= {"id", "person_id", "name", "number", "state", "reason"}
    assert row["person_id"] is None or is_whole(row["person_id"])
    assert isinstance(row["name"], str)
    assert row["number"] is None or re.fullmatch(r"\+[1-9]\d{6,14}", row["number"])
    assert row["state"] in STATES
    assert row["reason"] is None or isinstance(row["reason"], str)
    assert (row["reason"] is not None) or row["state"] != "skipped"


async def walked(rep: Desk, batch: str, since: str = "") -> tuple[list[dict[str, Any]], str]:
    """Every changed row from `since` to the end, and the last cursor."""
    found: list[dict[str, Any]] = []
    for _ in range(100):
        said = await rep.progress(batch, since)
        assert_progress(said)
        found += said["changed"]
        if not said["changed"]:
            return found, said["next_since"]
        since = said["next_since"]
    raise AssertionError("the walk never ends")


async def listed(rep: Desk, batch: str, query: str = "") -> list[dict[str, Any]]:
    """Every row of the list, page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(100):
        answer = await rep.get(f"{batch}/recipients?cursor={cursor}{query}")
        said = answer.json()
        assert set(said) == {"recipients", "next_cursor"}
        for row in said["recipients"]:
            assert_row(row)
        found += said["recipients"]
        cursor = said["next_cursor"]
        if cursor is None:
            return found
        assert isinstance(cursor, str)
        assert len(said["recipients"]) == 100
    raise AssertionError("the walk never ends")


async def test_changed_rows_walked_to_the_end_are_all_rows(rep: Desk) -> None:
    batch = await rep.found(Filtered("everyone"))
    rows, end = await walked(rep, batch)
    ids = [row["id"] for row in rows]
    assert len(ids) == len(set(ids)) == (await rep.progress(batch))["total"] > 400
    assert sorted(ids) == sorted(row["id"] for row in await listed(rep, batch))
    assert await walked(rep, batch, end) == ([], end)


async def test_after_the_end_only_what_changed_is_told(rep: Desk) -> None:
    batch = await rep.found(Filtered("everyone"))
    _, end = await walked(rep, batch)
    await rep.post(f"{batch}/send", body="Hello", **await rep.seen(batch))
    canceled = await rep.post(f"{batch}/cancel")
    assert canceled.status_code == 202
    rows: list[dict[str, Any]] = []
    async with asyncio.timeout(30):
        while not rows:  # viewers share what was read up to a second ago
            rows, _ = await walked(rep, batch, end)
    assert {row["state"] for row in rows} == {"canceled"}
    assert len(rows) == (await rep.progress(batch))["counts"]["canceled"]


async def test_the_list_walked_to_the_end_is_everybody_once(rep: Desk) -> None:
    batch = await rep.found(Chosen((*range(1, 301), 999_999)))
    rows = await listed(rep, batch)
    assert len(rows) == len({row["id"] for row in rows}) == (await rep.progress(batch))["total"]
    assert len(rows) == 301
    gone = [row for row in rows if row["person_id"] == 999_999]
    assert [(row["state"], row["reason"]) for row in gone] == [("skipped", "gone")]
    skipped = await listed(rep, batch, "&state=skipped")
    assert skipped == [row for row in rows if row["state"] == "skipped"]
    assert len(await listed(rep, batch, "&q=Tamm")) == sum("Tamm" in row["name"] for row in rows)


async def test_a_poll_says_304_until_something_changes(rep: Desk) -> None:
    batch = await rep.found()
    address = f"{batch}/progress"
    first = await rep.get(address)
    tag = {"accept": "application/json", "if-none-match": first.headers["etag"]}
    assert re.fullmatch(r'(W/)?"[^"]+"', first.headers["etag"])
    same = await rep.get(address, tag)
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == first.headers["etag"]
    await rep.post(f"{batch}/draft", revision=1, body="Hello")
    draft = await rep.get(address, tag)
    assert (draft.status_code, draft.json()["revision"]) == (200, 2), "an edit is a change"
    await rep.post(f"{batch}/send", revision=2, people=2, body="Hello")
    sent = await rep.get(address, {**tag, "if-none-match": draft.headers["etag"]})
    assert (sent.status_code, sent.json()["phase"]) == (200, "sending")
    assert [wait["for"] for wait in sent.json()["waiting"]] == ["hold"]
    await rep.post(f"{batch}/pause")
    paused = await rep.get(address, {**tag, "if-none-match": sent.headers["etag"]})
    assert (paused.status_code, paused.json()["phase"]) == (200, "paused")
    several = {**tag, "if-none-match": f'"other", W/{paused.headers["etag"]}'}
    assert (await rep.get(address, several)).status_code == 304, "RFC 9110 §13.1.2: a list, weak"


async def test_every_form_answers_programs_with_202_and_browsers_with_303(rep: Desk) -> None:
    for name, form in (
        ("draft", {"revision": 1, "body": "Hello"}),
        ("send", {"revision": 2, "body": "Hello", "people": 2}),
        ("undo", {}),
        ("send", {"revision": 3, "body": "Hello", "people": 2}),
        ("pause", {}),
        ("resume", {}),
        ("cancel", {}),
        ("again", {}),
    ):
        if name == "draft":
            one, other = await rep.found(), await rep.found()
        told = await rep.post(f"{one}/{name}", **form)
        shown = await rep.post(f"{other}/{name}", BROWSER, **form)
        assert told.status_code == 202, (name, told.text)
        assert set(told.json()) >= {
            "batch",
            "phase",
            "total",
            "revision",
            "seq",
            "counts",
            "waiting",
        }
        assert (shown.status_code, shown.content) == (303, b""), (name, shown.text)
        if name != "again":
            assert shown.headers["location"].partition("?")[0] == other


async def test_undo_goes_back_to_a_draft_with_a_new_revision(rep: Desk) -> None:
    batch = await rep.found()
    await rep.post(f"{batch}/send", revision=1, people=2, body="Hello")
    undone = (await rep.post(f"{batch}/undo")).json()
    assert (undone["phase"], undone["on_their_way"]) == ("draft", 0)
    assert undone["revision"] > 1
    tells(await rep.post(f"{batch}/send", revision=1, people=2, body="Hello"), 409, "stale")
    assert rep.line.twilio.requests == []


async def test_the_export_holds_everybody_and_no_formula(rep: Desk) -> None:
    odd = rep.line.pipedrive.add_person(name="=1+1", phone="+372 5612 9999")["id"]
    full = rep.line.pipedrive.add_person(name='＝SUM("a";b)\n@x', phone="+372 5612 9998")["id"]
    batch = await rep.found(Chosen((odd, full, 17, 29)))
    answer = await rep.get(f"{batch}/recipients.csv", {"accept": "text/csv"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(lines) == 1 + 4
    assert [len(line) for line in lines] == [len(lines[0])] * 5
    for cell in (cell for line in lines for cell in line):
        assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")), cell
    assert "'=1+1" in [line[1] for line in lines]


async def test_a_settled_batch_keeps_the_promised_shape(database_url: str) -> None:
    async with a_line(database_url, twilio={"pace": 0.02}) as line, a_desk(line) as rep:
        batch = await rep.found(Filtered("everyone"))
        _, end = await walked(rep, batch)
        sent = await rep.post(f"{batch}/send", body="Hello", **await rep.seen(batch))
        assert sent.status_code == 202
        await line.until(id_of(batch), is_settled, seconds=30)
        said = await rep.progress(batch, end)
        changed, _ = await walked(rep, batch, end)
        told = {row["id"]: row for row in changed}
        assert said["phase"] == "settled"
        rows = {row["id"]: row for row in await listed(rep, batch) if row["id"] in told}
        assert {at: row["state"] for at, row in told.items()} == {
            at: row["state"] for at, row in rows.items()
        }
        assert said["waiting"] == []
