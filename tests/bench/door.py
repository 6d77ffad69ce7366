"""What the door costs: polls, link actions and receipts, beside endpoints that do next to nothing."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from uuid import UUID

import httpx

from tests.bench.figures import Figures, figures
from tests.bench.ground import COOKIE, Ground
from tests.bench.machine import cpu_of, under_test
from tests.flood import signed
from tests.servers import free_port, wait_until
from workers.domain.callback import callback_url

_ATTEMPTS = """
INSERT INTO attempts (id, recipient_id, batch_id, company_id, account_sid, sender, number, body_hash,
  state, sid, answered_at)
SELECT gen_random_uuid(), id, batch_id, 42, %(account)s, '+37255500001', number, '\\x00', 'accepted',
  'SM' || lpad(to_hex(id), 32, '0'), now()
FROM recipients WHERE batch_id = %(id)s RETURNING id, sid
"""
_ACCEPTED = """
UPDATE recipients r SET state = 'accepted', looking = true, attempt_id = a.id
FROM attempts a WHERE a.recipient_id = r.id AND r.batch_id = %(id)s
"""


def hammer(
    ground: Ground,
    port: int,
    requests: Sequence[str],
    *,
    web: int,
    connections: int = 16,
    expected: int,
) -> Figures:
    """Rate, CPU of the web process and the database, and how long an answer takes."""
    prepared = ground.folder / "requests.jsonl"
    prepared.write_text("\n".join(map(json.dumps, requests)))
    before = cpu_of(web), cpu_of(ground.postgres)
    command = [sys.executable, "-m", "tests.bench.hammer", str(prepared), str(port)]
    out = subprocess.run([*command, str(connections)], capture_output=True, check=True).stdout
    own, database = cpu_of(web) - before[0], cpu_of(ground.postgres) - before[1]
    told = json.loads(out)
    assert told["statuses"] == {str(expected): len(requests)}, told["statuses"]
    return figures(len(requests), told["seconds"], own) | {
        "database ms": 1000 * database / len(requests),
        "p50 ms": told["p50 ms"],
        "p99 ms": told["p99 ms"],
    }


@contextlib.contextmanager
def bare(token: str) -> Iterator[tuple[int, int]]:
    """The bare endpoints' port and process."""
    port = free_port()
    with under_test():
        command = [sys.executable, "-m", "tests.bench.bare", str(port), token]
        process = subprocess.Popen(command)
    try:
        wait_until(lambda: _says_hello(port), what="the bare endpoints")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(10)


def _says_hello(port: int) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"http://127.0.0.1:{port}/hello").status_code == 200
    return False


def get(path: str, *, tag: str = "") -> str:
    """A signed-in browser's request for JSON."""
    known = f"If-None-Match: {tag}\r\n" if tag else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"Cookie: volley={COOKIE}\r\n{known}\r\n"
    )


def click(number: int, people: int) -> str:
    """The link action for so many people, others each time; a browser that is signed in."""
    start = 1_000_000 + number * people
    ids = ",".join(map(str, range(start, start + people)))
    query = f"resource=person&view=list&companyId=42&userId=7&selectedIds={ids}&filter=%7B%7D"
    return (
        f"GET /actions/sms?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Cookie: volley={COOKIE}\r\nAccept: text/html\r\n\r\n"
    )


def polls(ground: Ground, batch_id: UUID) -> tuple[str, str]:
    """The poll of a page that has seen everything: without its tag, and with it."""
    path, cookies = f"/batches/{batch_id}/progress", {"volley": COOKIE}
    first = httpx.get(ground.web + path, cookies=cookies, timeout=60)
    path += f"?since={first.json()['next_since']}"
    while (told := httpx.get(ground.web + path, cookies=cookies)).json()["changed"]:
        path = f"{path.partition('?')[0]}?since={told.json()['next_since']}"
    return get(path), get(path, tag=told.headers["etag"])


def accepted(ground: Ground, people: int) -> list[tuple[UUID, str]]:
    """A batch that Twilio has: its attempts and their SIDs."""
    batch_id = ground.draft(people)
    ground.confirm(batch_id)
    made = ground.sql(_ATTEMPTS, id=batch_id, account=ground.environment["TWILIO_ACCOUNT_SID"])
    ground.sql(_ACCEPTED, id=batch_id)
    ground.sql("VACUUM ANALYZE attempts")
    return [(attempt, sid) for attempt, sid in made]


def receipt(ground: Ground, attempt_id: UUID, sid: str, status: str) -> str:
    """A signed status callback."""
    key = ground.environment["SECRET_KEY"]
    url = callback_url(ground.web, attempt_id, key).partition("#")[0]
    return posted(url, ground.web, fields(ground, sid, status), ground)


def posted(url: str, origin: str, form: dict[str, str], ground: Ground) -> str:
    """A form that Twilio signed for `url`."""
    token = ground.environment["TWILIO_AUTH_TOKEN"]
    return signed(url, form, origin=origin, token=token)


def fields(ground: Ground, sid: str, status: str) -> dict[str, str]:
    """What Twilio posts of a text."""
    account = ground.environment["TWILIO_ACCOUNT_SID"]
    return {
        "AccountSid": account,
        "ApiVersion": "2010-04-01",
        "From": "+37255500001",
        "MessageSid": sid,
        "MessageStatus": status,
        "SmsSid": sid,
        "SmsStatus": status,
        "To": "+37250000001",
    }


def bare_receipts(ground: Ground, count: int) -> Figures:
    """The same forms at an endpoint that only checks the signature."""
    with bare(ground.environment["TWILIO_AUTH_TOKEN"]) as (port, pid):
        origin = f"http://127.0.0.1:{port}"
        form = fields(ground, "SM" + "0" * 32, "delivered")
        one = posted(f"{origin}/signed", origin, form, ground)
        return hammer(ground, port, [one] * count, web=pid, connections=100, expected=204)


def bare_hello(ground: Ground, count: int) -> Figures:
    """What any answer costs."""
    with bare("-") as (port, pid):
        return hammer(ground, port, [get("/hello")] * count, web=pid, expected=200)
