"""R6: PostgreSQL killed and started again, and every session ended over and over."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import psycopg

from tests.chaos.audit import closed, found_late, until_quiet
from tests.chaos.scene import Scene
from tests.chaos.trial import Figures, Trial
from tests.rep import JSON
from tests.servers import wait_until
from tests.services import name_of

#: So long a request waits for the database; a shorter outage is a wait, not an error.
POOL_SECONDS = 5
END_SESSIONS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = %s AND pid <> pg_backend_pid()
"""


def killed(
    trial: Trial, *, people: int = 5_000, times: int = 5, away: float = 8, back: float = 5
) -> Figures:
    """R6: kill -9 of the whole server in the middle; the first time it stays `away` for long.

    `back`: seconds within which the web answers again.
    """
    recovered = []
    with trial.scene(people=people, twilio="--latency 0.05") as scene:
        batch, ready = scene.everybody_sent()
        with polling(scene, batch) as seen:
            for turn in range(times):
                scene.pass_texts(scene.luck.randint(1, ready // (times + 2)), most=20)
                trial.servers.kill("postgres")
                time.sleep(scene.luck.uniform(0.2, 2) if turn else away)  # so long it is away
                trial.servers.postgres.start()
                recovered.append(_until_answered(scene, batch))
        until_quiet(scene, batch, seconds=90)
        books = closed(scene, batch)
        late = found_late(scene)
    seen.check(met=away > POOL_SECONDS)
    assert max(recovered) <= back, recovered
    return {
        "people": ready,
        "kills": times,
        "web is back after (s)": round(max(recovered), 2),
        "answers seen meanwhile": dict(seen.statuses),
        **late,
        "unconfirmed": books.counts["unconfirmed"],
    }


def sessions_ended(trial: Trial, *, people: int = 10_500, seconds: float = 60) -> Figures:
    """R6: every session is ended every two seconds."""
    ended = 0
    with trial.scene(people=people, twilio="--latency 0.05") as scene:
        batch, ready = scene.everybody_sent()
        end = time.monotonic() + seconds
        name = name_of(scene.database_url)
        with polling(scene, batch) as seen:
            while time.monotonic() < end:
                time.sleep(scene.luck.uniform(1, 2))  # the moment of the cut
                with psycopg.connect(trial.servers.postgres.url, autocommit=True) as connection:
                    row = connection.execute(END_SESSIONS, [name]).fetchone()
                    ended += row[0] if row else 0
            recovered = _until_answered(scene, batch)
        until_quiet(scene, batch, seconds=90)
        books = closed(scene, batch)
    seen.check(met=False)
    assert recovered <= 5, recovered
    return {
        "people": ready,
        "sessions ended": ended,
        "answers seen meanwhile": dict(seen.statuses),
        "unconfirmed": books.counts["unconfirmed"],
    }


def _until_answered(scene: Scene, batch: str) -> float:
    """Seconds until the page's poll is answered again."""
    begun = time.monotonic()
    wait_until(lambda: _poll(scene, batch).status_code == 200, seconds=60, what="the web")
    return time.monotonic() - begun


def _poll(scene: Scene, batch: str) -> httpx.Response:
    return scene.rep.http.get(f"{scene.rep.url}{batch}/progress", headers=JSON)


@dataclass
class Seen:
    """What a rep who keeps polling was answered."""

    statuses: Counter[int] = field(default_factory=Counter)
    without_retry_after: int = 0

    def check(self, *, met: bool) -> None:
        """Never anything but an answer or "come again"; somebody did meet the outage."""
        assert set(self.statuses) <= {200, 304, 503}, self.statuses
        assert self.without_retry_after == 0
        if met:
            assert self.statuses[503], "the outage was never met"


@contextlib.contextmanager
def polling(scene: Scene, batch: str) -> Iterator[Seen]:
    """Polls every 50 ms in a thread while the block runs, as a browser of its own."""
    seen, stop = Seen(), threading.Event()

    def poll() -> None:
        with httpx.Client(cookies=scene.rep.http.cookies, timeout=30) as http:
            while not stop.wait(0.05):
                answer = http.get(f"{scene.rep.url}{batch}/progress", headers=JSON)
                seen.statuses[answer.status_code] += 1
                if answer.status_code == 503 and "retry-after" not in answer.headers:
                    seen.without_retry_after += 1

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join(30)
