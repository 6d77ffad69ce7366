"""Every route × the ids of another company's and another rep's batch: like a batch that isn't there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from uuid import uuid4

import httpx
import pytest

from tests.desk import (
    BROWSER,
    COLLEAGUE,
    PROGRAM,
    STRANGER,
    Ask,
    Desk,
    a_desk,
    a_quiet_line,
    explains,
    nothing_changes,
    refused,
    tells,
)
from tests.line import Line
from tests.route_table import methods, paths, route_table
from workers.domain.action import Chosen
from workers.ports.outside import User

pytestmark = pytest.mark.anyio

#: What routes with a batch's id are asked with, where it is more than what every form has.
ASKED: dict[str, dict[str, object]] = {
    "/batches/{id}/progress": {"since": ""},
    "/batches/{id}/recipients": {"q": "a"},
}
FORM: dict[str, object] = {"revision": 1, "body": "theirs", "people": 2, "seq": 10**9}
BATCH = paths("id")


@pytest.fixture(scope="module")
async def line(module_database_url: str) -> AsyncIterator[Line]:
    async with a_quiet_line(module_database_url) as line:
        yield line


def test_every_route_with_another_kind_of_id_has_a_test_of_its_own() -> None:
    """Receipts' is below; `test_tenants` tries what names nobody's batch."""
    others = {path for _, path in route_table() if "{" in path} - {*BATCH}
    assert others == {"/twilio/status/{attempt}", *paths("question")}


def asking(desk: Desk, method: str, path: str, batch: str) -> Ask:
    fields = ASKED.get(path, FORM)

    async def ask(headers: Mapping[str, str]) -> httpx.Response:
        address = path.replace("/batches/{id}", batch).replace("{recipient}", "1")
        if method == "GET":
            return await desk.http.get(address, params=fields, headers=dict(headers))  # type: ignore[arg-type]  # fields: httpx's own union
        return await desk.post(address, headers, **fields)

    return ask


@pytest.mark.parametrize("path", BATCH)
@pytest.mark.parametrize("who", [COLLEAGUE, STRANGER], ids=["a colleague", "another company"])
@pytest.mark.parametrize("confirmed", [False, True], ids=["draft", "confirmed"])
async def test_somebody_elses_batch_is_not_there(
    line: Line, path: str, who: User, confirmed: bool
) -> None:
    async with a_desk(line) as owner, a_desk(line, who) as desk:
        batch = await owner.found(Chosen((1, 2, 3)))
        if confirmed:
            sent = await owner.post(f"{batch}/send", body="Secret", **await owner.seen(batch))
            assert sent.status_code == 202, sent.text
        for method in methods(path):
            nowhere = asking(desk, method, path, f"/batches/{uuid4()}")
            async with nothing_changes(line):
                ask = asking(desk, method, path, batch)
                page, told = await ask(BROWSER), await ask(PROGRAM)
                same, same_told = await nowhere(BROWSER), await nowhere(PROGRAM)
            explains(page, 404, "This text isn't here.", "somebody else")
            tells(told, 404, "no_such_batch")
            assert (page.text, told.text) == (same.text, same_told.text)
            assert "Secret" not in page.text + told.text


@pytest.mark.parametrize("path", BATCH)
@pytest.mark.parametrize(
    "rubbish", ["1", "x" * 300, "%00", "00000000-0000-0000-0000-00000000000g", "..%2F", "é"]
)
async def test_a_batch_id_that_is_none_is_not_there(line: Line, path: str, rubbish: str) -> None:
    async with a_desk(line) as desk:
        for method in methods(path):
            ask = asking(desk, method, path, f"/batches/{rubbish}")
            async with nothing_changes(line):
                page, told = await ask(BROWSER), await ask(PROGRAM)
            explains(page, 404)
            assert told.status_code == 404
            assert told.json()["error"] in {"no_such_batch", "not_found"}


async def test_nothing_of_another_company_is_found_by_its_support(line: Line) -> None:
    async with a_desk(line) as owner, a_desk(line, STRANGER) as desk:
        batch = await owner.found(Chosen((1, 2, 3)))
        rows = (await owner.get(f"{batch}/recipients")).json()["recipients"]
        for query in ("", "Secret", *_traces(rows)):
            answer = await desk.http.get("/support", params={"q": query}, headers=PROGRAM)
            said = answer.json()
            assert answer.status_code == 200
            found = {one["by"] for one in said["people"]}
            assert found <= {STRANGER.name}, "the same people are in both companies"
            assert batch.removeprefix("/batches/") not in answer.text


def _traces(rows: list[dict[str, object]]) -> set[str]:
    return {str(row[key]) for row in rows for key in ("name", "number", "person_id") if row[key]}


async def test_a_rep_who_is_no_admin_may_not_search(line: Line) -> None:
    async with a_desk(line, COLLEAGUE) as desk, nothing_changes(line):
        page, told = await desk.get("/support?q=Mari", BROWSER), await desk.get("/support?q=Mari")
    explains(page, 403, "for the admins of your Pipedrive", "Ask an admin")
    tells(told, 403, "not_support")


async def test_settings_of_another_company_are_not_there(line: Line) -> None:
    """Their id can be named in the address and in the form."""
    form = {"company": 42, "section": "country", "country": "GB"}
    async with a_desk(line, STRANGER) as desk:
        for ask in (
            lambda headers: desk.get("/settings?company=42", headers),
            lambda headers: desk.post("/settings", headers, **form),
        ):
            await refused(desk, ask, 404, "no_such_company", "These settings aren't here.")


async def test_my_texts_are_only_mine(line: Line) -> None:
    async with a_desk(line) as owner, a_desk(line, COLLEAGUE) as desk:
        mine = await owner.found()
        told = (await desk.get("/")).json()["batches"]
        assert mine.removeprefix("/batches/") not in [one["batch"] for one in told]
        assert mine not in (await desk.get("/", BROWSER)).text


@pytest.mark.parametrize("attempt", [str(uuid4()), "1", "x"])
@pytest.mark.parametrize("k", ["", "?k=", "?k=00", "?k=" + "A" * 400])
async def test_a_receipt_that_nobody_signed_changes_nothing(
    line: Line, attempt: str, k: str
) -> None:
    form = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"}
    async with a_desk(line, None) as desk:
        for headers in (BROWSER, PROGRAM):
            async with nothing_changes(line):
                address = f"/twilio/status/{attempt}{k}"
                answer = await desk.http.post(address, data=form, headers=dict(headers))
            assert answer.status_code in {403, 404}, answer.text
            assert "Traceback" not in answer.text
