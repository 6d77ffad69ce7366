"""S7: every route of the table × every id of another company; nothing is shown, nothing changes.

Both are made from the code: a new route is tried by itself, a field that we know nothing of is given
ids of theirs, and a path with a new kind of id fails here until it is said which of them are theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

import web
from tests.asking import until_answered
from tests.desk import (
    BROWSER,
    PROGRAM,
    STRANGER,
    Desk,
    a_desk,
    a_quiet_line,
    facts,
    id_of,
    install,
)
from tests.line import REP, Line
from tests.route_table import route_table
from web.views import current
from workers.domain.action import Chosen
from workers.domain.batch import Phase

pytestmark = pytest.mark.anyio

BODY = "Acme's own secret text"
#: What a field is given that can't name anything of a company's.
HARMLESS = {
    "resource": "person", "view": "list", "selectedIds": "1,2", "filter": '{"everyone":1}', "k": "x",
    "since": "0.0", "revision": "1", "body": "theirs", "people": "2", "seq": "999999999", "code": "x",
    "section": "country", "country": "GB", "participants": "yes", "done": "country", "listed": "other",
}  # fmt: skip
#: Buttons of a draft's list, of which a form has one: whose row it names.
PICKS = ("out", "in", "number")
#: How `web` asks for a field of a form or an address.
_FIELD = re.compile(
    r'(?:query_params|form|fields)(?:\.getlist|\.get)?[(\[]"(\w+)"|\b(?:typed|whole)\("(\w+)"'
)


@dataclass
class Theirs:
    """What is Acme's: the ids that may stand in a path, in a field, and what nobody else may read."""

    in_paths: dict[str, list[str]] = field(default_factory=dict)
    in_fields: dict[str, list[str]] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)


@dataclass
class Two:
    """A line with two companies: Acme with a past, and a draft of the other's, which asks."""

    line: Line
    theirs: Theirs
    own: str


@pytest.fixture(scope="module")
async def two(module_database_url: str) -> AsyncIterator[Two]:
    async with (
        a_quiet_line(module_database_url, undo_seconds=0) as line,
        a_desk(line) as acme,
        a_desk(line, STRANGER) as beta,
    ):
        own = id_of(await beta.found(Chosen((1, 2)), by=STRANGER))
        yield Two(line, await acmes(acme), str(own))


async def acmes(desk: Desk) -> Theirs:
    """A draft, a text that went out, its people, its attempts, and a sign-in under way."""
    draft, sent = await desk.found(Chosen((8, 9))), await desk.found(Chosen((8, 11, 14, 16)))
    answer = await desk.post(f"{sent}/send", body=BODY, **await desk.seen(sent))
    assert answer.status_code == 202, answer.text
    await desk.line.until(id_of(sent), lambda view: current(view) is Phase.SETTLED)
    people = (await desk.get(f"{sent}/recipients")).json()["recipients"]
    texted = next(row for row in people if row["state"] == "delivered")
    told = (await desk.get(f"/support?q={texted['name']}")).json()["people"]
    tries = [one for person in told for one in person["attempts"]]
    batches = [str(id_of(address)) for address in (sent, draft)]
    attempts, sids = [one["attempt"] for one in tries], [one["sid"] for one in tries]
    assert sids, "somebody was texted"
    async with a_desk(desk.line, None) as elsewhere:
        left = await elsewhere.get("/install", BROWSER)
    question = await desk.get(desk.line.pipedrive.link_url([8, 9], action="history"), BROWSER)
    asked = [question.headers["location"].removeprefix("/history/")]
    await until_answered(desk.line, question.headers["location"])
    rows = [str(row["id"]) for row in people]
    fields = {name: ["42"] for name in ("company", "company_id", "companyId")}
    fields |= {name: ["7"] for name in ("user", "user_id", "userId")}
    fields |= {name: rows for name in ("person", "cursor", "in", "out")}
    fields["q"] = [texted["name"], texted["number"], str(texted["person_id"]), sids[0], batches[0]]
    fields["state"] = [httpx.URL(left.headers["location"]).params["state"], "delivered"]
    fields["number"] = [f"{row['id']} {row['number']}" for row in people if row["number"]]
    fields["text"] = batches  # ids of saved texts look the same
    fields["text"] = await a_saved_text(desk, draft)
    for name in read_fields() - {"", *fields, *HARMLESS, *PICKS}:  # one we know nothing of
        fields[name] = [rows[0], batches[0], attempts[0]]
    fields["sender"] = [desk.line.settings.twilio_from]
    secrets = {BODY, REP.name, *batches, *attempts, *sids}
    secrets |= {row[key] for row in people for key in ("name", "number") if row[key]}
    paths = {"id": batches, "attempt": attempts, "recipient": rows, "question": asked}
    return Theirs(paths, fields, secrets)


async def a_saved_text(desk: Desk, draft: str) -> list[str]:
    """The id of a text that Acme keeps for its reps."""
    seen = await desk.seen(draft)
    form = {"revision": seen["revision"], "body": BODY, "text_name": "Acme's"}
    assert (await desk.post(f"{draft}/save-text", **form)).status_code == 202
    (kept,) = (await facts(desk.line))["saved_texts"]
    return [str(json.loads(kept)["id"])]


def read_fields() -> set[str]:
    """Every name that `web` asks an address or a form for."""
    sources = Path(web.__file__).parent.glob("*.py")
    return {
        name for path in sources for found in _FIELD.findall(path.read_text()) for name in found
    }


def test_the_fields_that_web_reads_are_found() -> None:
    assert {"q", "company", "company_id", "revision", "people", "out", "k"} <= read_fields()


@pytest.mark.parametrize(("method", "path"), route_table())
async def test_nothing_of_another_company_is_shown_or_changed(
    two: Two, method: str, path: str
) -> None:
    await install(two.line, STRANGER)
    async with a_desk(two.line, STRANGER) as desk:
        before = await acmes_rows(two)
        for address, is_theirs in addresses(two, path):
            for fields in foreign_fields(two.theirs):
                for accept in (BROWSER, PROGRAM):
                    answer = await ask(desk, method, address, fields, accept)
                    assert answer.status_code != 500, answer.text
                    assert shown(two.theirs, answer, address, fields) == set()
                    if is_theirs:
                        wanted = 404 if "{id}" in path or "{question}" in path else 403
                        assert answer.status_code == wanted, (address, answer.text)
    assert await acmes_rows(two) == before


def addresses(two: Two, path: str) -> Iterator[tuple[str, bool]]:
    """Addresses of a route, and whether they name what is Acme's.

    A path with a new kind of id fails with its name: say in `acmes` which of them are Acme's.
    """
    names = re.findall(r"{(\w+)}", path)
    for turn in range(2 if names else 1):
        theirs = {name: _turn(two.theirs.in_paths[name], turn) for name in names}
        yield path.format(**theirs), bool(names)
    if "id" in names:  # on a batch of their own, with somebody of Acme's
        yield path.format(**{**theirs, "id": two.own}), len(names) > 1


def foreign_fields(theirs: Theirs) -> Iterator[dict[str, str]]:
    """Every foreign value of every field at least once."""
    for turn in range(max(map(len, theirs.in_fields.values()))):
        named = {name: _turn(values, turn) for name, values in theirs.in_fields.items()}
        pick = PICKS[turn % len(PICKS)] if turn else None
        yield {**HARMLESS, **named, **({pick: named["person"]} if pick else {})}


def _turn(values: Sequence[str], turn: int) -> str:
    return values[turn % len(values)]


async def ask(
    desk: Desk, method: str, address: str, fields: Mapping[str, str], accept: Mapping[str, str]
) -> httpx.Response:
    """As the strangers' own browser or program, with all fields in the address or the form."""
    if method == "POST":
        return await desk.post(address, accept, **fields)
    ours = {"origin": desk.line.url, "sec-fetch-site": "same-origin", **accept}
    return await desk.http.request(method, address, params=dict(fields), headers=ours)


def shown(
    theirs: Theirs, answer: httpx.Response, address: str, fields: Mapping[str, str]
) -> set[str]:
    """What of Acme's stands in an answer, beside what the question had named itself."""
    said = answer.text + str(answer.headers)
    asked = address + " ".join(fields.values())
    return {secret for secret in theirs.secrets if secret in said and secret not in asked}


async def acmes_rows(two: Two) -> list[str]:
    """Every row of every table that is Acme's."""
    ids = [*two.theirs.in_paths["id"], *two.theirs.in_paths["attempt"]]
    marks = ('"company_id": 42,', '"company_id": 42}', *ids)
    rows = [row for table in (await facts(two.line)).values() for row in table]
    return [row for row in rows if any(mark in row for mark in marks)]
