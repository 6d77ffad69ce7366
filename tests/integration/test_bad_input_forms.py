"""Forms that come too late, from elsewhere, or unreadable: nothing is lost, nothing is done."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.routing import Route

from tests.desk import (
    BROWSER,
    COLLEAGUE,
    PROGRAM,
    Desk,
    a_desk,
    a_quiet_line,
    allow,
    boxes,
    explains,
    nothing_changes,
    refused,
    tells,
)
from tests.line import Line
from web.app import LONGEST_BODY, create_app

pytestmark = pytest.mark.anyio
TEXT = "Tere, {{ person.first_name }} – 10 % off & <more>\nHomme üheksast."
CONTROLS = (
    "draft",
    "send",
    "undo",
    "pause",
    "resume",
    "cancel",
    "retry",
    "send-anyway",
    "again",
    "reconnect",
    "delete-text",
    "fall-back",
    "opt-out",
    "other-number",
    "people/{recipient}/opt-in",
    "people/{recipient}/opt-out",
    "people/{recipient}/reveal",
    "plain",
    "put-back",
    "save-text",
    "test",
    "text-stopped",
    "use-text",
)


@pytest.fixture(scope="module")
async def line(module_database_url: str) -> AsyncIterator[Line]:
    async with a_quiet_line(module_database_url) as line:
        yield line


@pytest.fixture
async def rep(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


async def test_the_forms_tried_here_are_all_there_are(line: Line) -> None:
    found = {
        route.path.removeprefix("/batches/{id}/")
        for route in create_app(line.settings).routes
        if isinstance(route, Route) and route.path.startswith("/batches/{id}/") and "POST" in (route.methods or ())
    }  # fmt: skip
    assert found == set(CONTROLS)


def form_of(name: str) -> dict[str, object]:
    return {"revision": 1, "body": TEXT, "people": 2, "seq": 10**9} if name != "draft" else {
        "revision": 1, "body": TEXT,
    }  # fmt: skip


async def test_a_text_sent_after_the_session_ended_is_back_in_its_box_unsent(rep: Desk) -> None:
    batch = await rep.found()
    form = {**await rep.seen(batch), "body": TEXT}
    rep.http.cookies.clear()
    async with nothing_changes(rep.line):
        told = await rep.post(f"{batch}/send", **form)
        left = await rep.post(f"{batch}/send", BROWSER, **form)
    said = tells(told, 401, "signed_out")
    assert "Sending goes on" in said["title"]
    assert "Tere" not in left.headers["location"]
    assert left.headers["location"].startswith(f"{rep.line.site}/oauth/authorize?")

    back = await allow(rep, left)

    assert (back.status_code, back.headers["location"]) == (303, f"{batch}?signed=again")
    page = await rep.get(back.headers["location"], BROWSER)
    assert boxes(html.unescape(page.text)) == [TEXT]
    assert (await rep.progress(batch))["phase"] == "draft"
    assert rep.line.twilio.requests == []
    sent = await rep.post(f"{batch}/send", body=TEXT, **await rep.seen(batch))
    assert sent.status_code == 202


@pytest.mark.parametrize("name", CONTROLS)
async def test_nothing_is_done_without_a_session(rep: Desk, name: str) -> None:
    batch = await rep.found()
    rep.http.cookies.clear()
    async with nothing_changes(rep.line):
        left = await rep.post(f"{batch}/{name}", BROWSER, **form_of(name))
        told = await rep.post(f"{batch}/{name}", **form_of(name))
    assert urlsplit(left.headers["location"]).path == "/oauth/authorize"
    tells(told, 401, "signed_out")


async def test_a_text_is_shown_to_copy_when_the_draft_moved_on_meanwhile(rep: Desk) -> None:
    batch = await rep.found()
    async with a_desk(rep.line, None) as elsewhere:
        left = await elsewhere.post(f"{batch}/send", BROWSER, revision=1, body=TEXT, people=2)
        await rep.post(f"{batch}/draft", revision=1, body="Somebody was faster")
        back = await allow(elsewhere, left)
    page = explains(back, 200, "You were signed out, so nothing was done.", "has changed meanwhile")
    assert boxes(page) == [TEXT]
    assert (await rep.progress(batch))["phase"] == "draft"


async def test_somebody_else_who_signs_in_instead_changes_nothing_of_it(rep: Desk) -> None:
    batch = await rep.found()
    async with a_desk(rep.line, None) as elsewhere:
        left = await elsewhere.post(f"{batch}/send", BROWSER, revision=1, body=TEXT, people=2)
        back = await allow(elsewhere, left, user_id=COLLEAGUE.user_id)
        assert TEXT in boxes(explains(back, 200))
        explains(await elsewhere.get(batch, BROWSER), 404)
    assert (await rep.progress(batch))["revision"] == 1


FOREIGN: dict[str, dict[str, str]] = {
    "another site": {"origin": "https://evil.test", "sec-fetch-site": "cross-site"},
    "another site in an old browser": {"origin": "https://evil.test", "sec-fetch-site": ""},
    "nowhere": {"origin": "null", "sec-fetch-site": "cross-site"},
    "our name with another scheme": {"origin": "https://127.0.0.1", "sec-fetch-site": "same-site"},
    "Pipedrive": {"origin": "https://app.pipedrive.com", "sec-fetch-site": "cross-site"},
}


@pytest.mark.parametrize("where", FOREIGN)
@pytest.mark.parametrize("name", ["draft", "send", "cancel"])
async def test_a_form_from_elsewhere_is_refused(rep: Desk, where: str, name: str) -> None:
    batch = await rep.found()
    foreign = {key: value for key, value in FOREIGN[where].items() if value}

    async def ask(headers: Mapping[str, str]) -> httpx.Response:
        form = {key: str(value) for key, value in form_of(name).items()}
        return await rep.http.post(f"{batch}/{name}", data=form, headers={**headers, **foreign})

    await refused(rep, ask, 403, "foreign_origin", "came from another site", rep.line.url)


@pytest.mark.parametrize(
    "name", [name for name in CONTROLS if name != "reconnect" and "/" not in name]
)  # those read no text
async def test_a_form_too_large_is_refused(rep: Desk, name: str) -> None:
    batch = await rep.found()

    async def ask(headers: Mapping[str, str]) -> httpx.Response:
        return await rep.post(
            f"{batch}/{name}", headers, **{**form_of(name), "body": "x" * 150_000}
        )

    await refused(rep, ask, 413, "form_too_long", "more text than we take", "Shorten it")


async def test_a_body_larger_than_anything_we_read_is_refused(rep: Desk) -> None:
    batch = await rep.found()

    async def ask(headers: Mapping[str, str]) -> httpx.Response:
        return await rep.post(f"{batch}/send", headers, body="x" * (LONGEST_BODY + 1))

    await refused(rep, ask, 413, "too_long", "more than fits", "send less")


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "not UTF-8": (b"revision=1&people=2&body=%FF", "application/x-www-form-urlencoded"),
    "raw bytes": (b"revision=1&people=2&body=\xff\xfe", "application/x-www-form-urlencoded"),
    "a thousand fields": (b"a=1&" * 1_200, "application/x-www-form-urlencoded"),
    "JSON": (b'{"revision":1,"people":2,"body":"Hi"}', "application/json"),
    "nothing": (b"", "application/x-www-form-urlencoded"),
    "plain text": (b"revision 1", "text/plain"),
    "a multipart form": (
        b'--x\r\nContent-Disposition: form-data; name="revision"\r\n\r\n1\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
}


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("name", ["draft", "send", "retry"])
async def test_a_form_that_cannot_be_read_is_refused(rep: Desk, kind: str, name: str) -> None:
    content, content_type = UNREADABLE[kind]
    batch = await rep.found()
    ours = {"origin": rep.line.url, "content-type": content_type}
    async with nothing_changes(rep.line):
        address = f"{batch}/{name}"
        shown = await rep.http.post(address, content=content, headers={**BROWSER, **ours})
        told = await rep.http.post(address, content=content, headers={**PROGRAM, **ours})
    explains(shown, 422)
    assert told.status_code == 422
    assert told.json()["error"] in {"unreadable_form", "not_a_number"}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
async def test_a_wrong_method_is_refused(rep: Desk, method: str) -> None:
    batch = await rep.found()

    async def ask(headers: Mapping[str, str]) -> httpx.Response:
        ours = {**headers, "origin": rep.line.url}
        return await rep.http.request(method, f"{batch}/progress", headers=ours)

    await refused(rep, ask, 405, "method_not_allowed", "can't be used that way")


async def test_a_get_never_sends(rep: Desk) -> None:
    batch = await rep.found()
    for name in CONTROLS:
        address = f"{batch}/{name}?revision=1&people=2&body=Hi&seq=999"
        async with nothing_changes(rep.line):
            page, told = await rep.get(address, BROWSER), await rep.get(address)
        explains(page, 405)
        tells(told, 405, "method_not_allowed")


async def test_rubbish_in_what_is_looked_at_is_no_accident(rep: Desk) -> None:
    batch = await rep.found()
    for query in ("since=x", "since=9.9.9", "since=-1.-1", "since=" + "9" * 30 + ".1"):
        async with nothing_changes(rep.line):
            answer = await rep.get(f"{batch}/progress?{query}")
        assert answer.status_code == 200, (query, answer.text)
    for query in ("cursor=x", "cursor=OS45OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "q=%25_", "person=-1"):  # fmt: skip
        for page in (batch, f"{batch}/recipients"):
            answer = await rep.get(f"{page}?{query}", BROWSER)
            assert answer.status_code == 200, (query, answer.text)
    for address in (f"{batch}?q=%00", f"{batch}/recipients?cursor=%00", "/support?q=%00"):
        explains(await rep.get(address, BROWSER), 400, "This address can't be read.")
    assert (await rep.get(f"{batch}/recipients?state=happy")).json()["error"] == "unknown_state"
