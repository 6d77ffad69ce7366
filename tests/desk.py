"""A rep at a whole line: what browsers and programs are answered, and proof that nothing changed."""

from __future__ import annotations

import contextlib
import html
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from psycopg import sql

from tests.line import REP, Line, a_line
from workers.domain.action import Chosen, LinkAction, Selection
from workers.ports.outside import Tokens, User
from workers.stages.accept import accept
from workers.stages.resolve import resolve
from workers.store.tables import metadata

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
PROGRAM = {"accept": "application/json"}

#: Reads and sign-ins write these; everything else is what a refusal must leave alone.
_PASSING = frozenset({"account_facts", "sessions", "session_identities", "continuations", "looks"})
_WRONG = ("traceback", "went wrong", "exception", "psycopg", "starlette", ">none<")

COLLEAGUE = replace(REP, user_id=9, name="Ott Ohakas", is_admin=False)
STRANGER = User(
    43, 70, "Stella Strange", "Other OÜ", "other", "EE", "Europe/Tallinn", is_admin=True
)

Ask = Callable[[Mapping[str, str]], Awaitable[httpx.Response]]


@dataclass(slots=True)
class Desk:
    """A line and one browser at it."""

    line: Line
    http: httpx.AsyncClient

    async def get(self, path: str, headers: Mapping[str, str] = PROGRAM) -> httpx.Response:
        return await self.http.get(path, headers=dict(headers))

    async def post(
        self, path: str, headers: Mapping[str, str] = PROGRAM, /, **form: object
    ) -> httpx.Response:
        """A form of our own page."""
        ours = {"origin": self.line.url, "sec-fetch-site": "same-origin", **headers}
        texts = {name: str(value) for name, value in form.items()}
        return await self.http.post(path, data=texts, headers=ours)

    async def sign_in(self, user: User = REP) -> None:
        """By a link action of that user, as Pipedrive signs it."""
        link = self.line.pipedrive.link_url([1], user_id=user.user_id, company_id=user.company_id)
        answer = await self.get(link, BROWSER)
        await self.until_found(id_of(answer.headers["location"]))

    async def prove(self) -> None:
        """Pipedrive's own page tells who the rep is, as the settings want it."""
        self.line.pipedrive.add_user(42, REP.user_id, REP.name, admin=REP.is_admin)
        back = await allow(self, await self.get("/install", BROWSER))
        assert back.status_code == 303, back.text

    async def found(self, selection: Selection = Chosen((1, 2)), by: User = REP) -> str:  # noqa: B008 – frozen
        """The address of a new draft whose people are all found."""
        batch_id = await self.opened(selection, by)
        await self.until_found(batch_id)
        return f"/batches/{batch_id}"

    async def until_found(self, batch_id: UUID) -> None:
        """As the worker would within a second."""
        await resolve(self.line.runtime, batch_id)
        await self.line.until(batch_id, lambda view: view.life.resolved_at is not None)

    async def opened(self, selection: Selection = Chosen((1, 2)), by: User = REP) -> UUID:  # noqa: B008 – frozen
        """A new batch, whose people the worker will find in a moment."""
        action = LinkAction("sms", "person", "list", by.company_id, by.user_id, selection)
        return await accept(self.line.runtime, action, key=uuid4().bytes, reusable=False)

    async def progress(self, batch: str, since: str = "") -> dict[str, Any]:
        answer = await self.get(f"{batch}/progress?since={since}")
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    async def seen(self, batch: str) -> dict[str, object]:
        """Revision and number of people, as the page's form would post them."""
        said = await self.progress(batch)
        return {"revision": said["revision"], "people": said["counts"].get("ready", 0)}


def id_of(batch: str) -> UUID:
    """The batch at an address."""
    assert batch.startswith("/batches/"), batch
    return UUID(batch.removeprefix("/batches/"))


@contextlib.asynccontextmanager
async def a_desk(line: Line, user: User | None = REP) -> AsyncIterator[Desk]:
    """A browser with its own cookies, signed in unless `user` is None."""
    async with httpx.AsyncClient(base_url=line.url, timeout=30) as http:
        desk = Desk(line, http)
        if user is not None:
            await desk.sign_in(user)
        yield desk


async def allow(desk: Desk, left: httpx.Response, *, user_id: int = 7) -> httpx.Response:
    """Signs in at Pipedrive, where the answer led, and comes back."""
    assert left.status_code == 303, left.text
    state = httpx.URL(left.headers["location"]).params["state"]
    code = desk.line.pipedrive.grant_code(42, user_id)
    return await desk.get(f"/oauth/callback?code={code}&state={state}", BROWSER)


@contextlib.asynccontextmanager
async def a_quiet_line(database_url: str, **more: object) -> AsyncIterator[Line]:
    """A line where a confirmed batch is held for long, with a colleague and another company."""
    options: dict[str, Any] = {"undo_seconds": 600, "max_drafts_a_minute": 10_000, **more}
    async with a_line(database_url, **options) as line:
        line.pipedrive.add_company(43, "Other OÜ", domain="other", people=5)
        line.pipedrive.add_user(43, 70, "Stella Strange", admin=True)
        for user in (COLLEAGUE, STRANGER):
            await install(line, user)
        yield line


async def install(line: Line, user: User) -> None:
    """As if `user` had consented."""
    grant = line.pipedrive.grant(user.company_id, user.user_id)
    tokens = Tokens(grant["access_token"], grant["refresh_token"], 3600, line.site, "contacts:read")
    await line.runtime.installations.save(user, tokens)


# ---------------------------------------------------------------- nothing changes


async def facts(line: Line) -> dict[str, list[str]]:
    """Every row of every table that a refusal must leave alone."""
    found: dict[str, list[str]] = {}
    async with await psycopg.AsyncConnection.connect(line.settings.postgres_url) as connection:
        for name in sorted(set(metadata.tables) - _PASSING):
            query = sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(name))
            rows = await (await connection.execute(query)).fetchall()
            found[name] = sorted(row[0] for row in rows)
    return found


@contextlib.asynccontextmanager
async def nothing_changes(line: Line) -> AsyncIterator[None]:
    """Not a row is written, and Twilio and Pipedrive's lists are not asked."""
    before, texted = await facts(line), len(line.twilio.requests)
    yield
    after = await facts(line)
    changed = {name: set(after[name]) ^ set(before[name]) for name in after}
    assert not any(changed.values()), changed
    assert len(line.twilio.requests) == texted


async def refused(desk: Desk, ask: Ask, status: int, key: str, *words: str) -> str:
    """Asks as a browser and as a program; both are told why, nothing changes. The browser's page."""
    async with nothing_changes(desk.line):
        shown, told = await ask(BROWSER), await ask(PROGRAM)
    page = explains(shown, status, *words)
    tells(told, status, key)
    return page


def explains(answer: httpx.Response, status: int, *words: str) -> str:
    """A page with that status that says these words and nothing of our insides."""
    page = html.unescape(answer.text)
    assert answer.status_code == status, (answer.status_code, page[:2000])
    assert answer.headers["content-type"].startswith("text/html")
    assert re.search(r"<h[12][ >]", page)
    for word in words:
        assert word in page, (word, page)
    for word in _WRONG:
        assert word not in page.lower(), word
    return page


def tells(answer: httpx.Response, status: int, key: str) -> dict[str, Any]:
    """JSON with that status and reason, and a sentence for people."""
    assert answer.status_code == status, (answer.status_code, answer.text[:2000])
    assert answer.headers["content-type"].startswith("application/json")
    said: dict[str, Any] = json.loads(answer.text)
    assert said["error"] == key, said
    assert set(said) >= {"error", "title", "advice"}
    assert said["title"].endswith((".", "?", "!")), said
    return said


def boxes(page: str) -> list[str]:
    """What stands in the page's text boxes (`explains` has unescaped them)."""
    return re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, flags=re.DOTALL)
