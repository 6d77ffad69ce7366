"""What 200 open pages cost while a batch is being sent: shares of a core of the door and PostgreSQL."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import psycopg

from tests.bench import door
from tests.bench.figures import Figures
from tests.bench.ground import COOKIE, Ground
from tests.bench.machine import cpu_of

#: People whose texts are taken a second; what a page has not seen after 2 s fits in one answer.
PACE = 80
VIEWERS = 200
_GROUPS = 8  # so many at once
_MOVED = """
WITH mine AS (UPDATE batches SET seq = seq + 1 WHERE id = %(id)s RETURNING id, seq)
UPDATE recipients r SET state = 'accepted', seq = mine.seq, changed_at = now() FROM mine
WHERE r.id IN (SELECT id FROM recipients WHERE batch_id = mine.id AND state = 'ready'
  ORDER BY id LIMIT %(people)s)
"""

#: Browsers of the rep, and every fourth of an admin, who sees the numbers masked.
_OPENED = """
WITH session AS (INSERT INTO sessions (id_hash) VALUES (%(cookie)s) ON CONFLICT DO NOTHING)
INSERT INTO session_identities (id_hash, company_id, user_id) VALUES (%(cookie)s, 42, %(user)s)
ON CONFLICT DO NOTHING
"""


def watched(ground: Ground, web: int, people: int, *, seconds: float = 20) -> Figures:
    """Of a core, in percent; PostgreSQL's without what the moving itself costs."""
    batch_id = ground.draft(people)
    ground.confirm(batch_id)
    for nth in range(VIEWERS):
        cookie = hashlib.sha256(f"{COOKIE}{nth}".encode()).digest()
        ground.sql(_OPENED, cookie=cookie, user=7 if nth % 4 else 8)
    ground.sql("VACUUM ANALYZE sessions, session_identities")
    with _moving(ground, batch_id):
        _poll(ground, batch_id, min(4, seconds))  # everybody has seen the beginning
        before, begun = _cpu(ground, web), time.monotonic()
        time.sleep(seconds / 2)  # what the moving costs before anybody polls
        between, middle = _cpu(ground, web), time.monotonic()
        told = _poll(ground, batch_id, seconds)
        after, ended = _cpu(ground, web), time.monotonic()
    assert set(told["statuses"]) <= {"200", "304"}, told
    alone = [(b - a) / (middle - begun) for a, b in zip(before, between, strict=True)]
    busy = [(b - a) / (ended - middle) for a, b in zip(between, after, strict=True)]
    return {
        "web %": 100 * (busy[0] - alone[0]),
        "database %": 100 * (busy[1] - alone[1]),
        "polls": told["polls"],
        "with news": told["statuses"].get("200", 0),
        "KB": told["KB"],
        "p99 ms": told["p99 ms"],
    }


def bare(*, seconds: float = 20) -> Figures:
    """The same browsers ask a page that does nothing: what it costs to be woken so often."""
    with door.bare("-") as (port, pid):
        _ask(str(port), "/hello", "0.0", min(2, seconds))
        before, begun = cpu_of(pid), time.monotonic()
        told = _ask(str(port), "/hello", "0.0", seconds)
        spent = cpu_of(pid) - before
        return {
            "web %": 100 * spent / (time.monotonic() - begun),
            "polls": told["polls"],
            "p99 ms": told["p99 ms"],
        }


def _cpu(ground: Ground, web: int) -> tuple[float, float]:
    return cpu_of(web), cpu_of(ground.postgres)


def _poll(ground: Ground, batch_id: UUID, seconds: float) -> dict[str, Any]:
    seq = ground.sql("SELECT seq FROM batches WHERE id = %(id)s", id=batch_id)[0][0]
    address = f"{ground.web}/batches/{batch_id}"
    opened = httpx.get(address, cookies={"volley": COOKIE}, headers={"Accept": "text/html"})
    (shown,) = re.findall('data-shown="([^"]+)"', opened.text)
    place = f"{seq}.0&shown={shown}"
    return _ask(ground.environment["PORT"], f"/batches/{batch_id}/progress", place, seconds)


def _ask(port: str, path: str, place: str, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.viewers", port, path, place]
    given = [COOKIE, str(VIEWERS), str(seconds)]
    out = subprocess.run([*command, *given], capture_output=True, check=True).stdout
    told: dict[str, Any] = json.loads(out)
    return told


@contextlib.contextmanager
def _moving(ground: Ground, batch_id: UUID) -> Iterator[None]:
    """Texts are taken, a few at a time, until the block ends."""
    over = threading.Event()

    def move() -> None:
        with psycopg.connect(ground.database, autocommit=True) as connection:
            while not over.wait(_GROUPS / PACE):
                connection.execute(_MOVED, {"id": batch_id, "people": _GROUPS})

    mover = threading.Thread(target=move)
    mover.start()
    try:
        yield
    finally:
        over.set()
        mover.join()
