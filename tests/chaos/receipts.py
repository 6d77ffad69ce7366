"""R12: every receipt three times, out of order, steadily, and some that are a day late."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from tests.chaos.audit import ask, closed
from tests.chaos.scene import Scene
from tests.chaos.trial import Figures, Trial
from tests.servers import wait_until
from tests.simulators.twilio_callbacks import sign
from workers.domain.callback import callback_url

STATUSES = ("queued", "sending", "sent", "delivered")
#: Twilio waits so long for an answer, in seconds.
PATIENCE = 15
#: Of receipts that come steadily, 99 of 100 are kept and answered within this, in seconds.
SOON = 0.1
A_DAY_LATER = """UPDATE attempts SET started_at = started_at - interval '25 hours',
  answered_at = answered_at - interval '25 hours'"""


@dataclass(frozen=True, slots=True)
class Post:
    """One receipt, signed."""

    url: str
    form: Sequence[tuple[str, str]] = field(repr=False)
    signature: str


@dataclass(slots=True)
class Answered:
    """What became of many; times in seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)

    def p99(self) -> float:
        return sorted(self.times)[len(self.times) * 99 // 100]


def steady(trial: Trial, *, people: int = 510, a_second: int = 200) -> Figures:
    """R12: all receipts of all people, each three times, in any order; then some a day later."""
    with trial.scene(people=people, twilio="--no-callbacks", SILENCE="1h") as scene:
        batch, ready = scene.everybody_sent()
        wait_until(lambda: scene.rep.progress(batch)["counts"].get("accepted") == ready, seconds=60)
        sids = ask(scene, "SELECT id, sid FROM attempts")
        posts = [_receipt(scene, *one, status=status) for one in sids for status in STATUSES] * 3
        trial.luck.shuffle(posts)
        answered = asyncio.run(_drive(posts, a_second))
        assert set(answered.statuses) == {204}, answered.statuses
        books = closed(scene, batch)
        assert books.counts["delivered"] == ready, books.counts
        assert ask(scene, "SELECT count(*) FROM receipts") == [(len(STATUSES) * ready,)]
        read = _a_day_late(scene, sids[:20])
        books = closed(scene, batch)
        assert (books.counts["read"], books.counts["delivered"]) == (read, ready - read)
    assert answered.p99() < SOON, answered.p99()
    return {
        "people": ready,
        "receipts": len(posts),
        "a second": a_second,
        "p99 (ms)": round(1000 * answered.p99()),
        "slowest (ms)": round(1000 * max(answered.times)),
        "errors": 0,
        "lost": 0,
    }


def _a_day_late(scene: Scene, sids: Iterable[Any]) -> int:
    """Behind "delivered" a "sent" moves nobody, a "read" does; how many."""
    ask(scene, f"{A_DAY_LATER} RETURNING 1")
    late = [_receipt(scene, *one, status=status) for one in sids for status in ("read", "sent")]
    assert set(asyncio.run(_drive(late, 200)).statuses) == {204}
    return len(late) // 2


def _receipt(scene: Scene, attempt_id: Any, sid: Any, *, status: str) -> Post:
    environment = scene.fleet.environment
    url = callback_url(environment["PUBLIC_URL"], attempt_id, environment["SECRET_KEY"])
    account = environment["TWILIO_ACCOUNT_SID"]
    form = [("MessageSid", sid), ("MessageStatus", status), ("AccountSid", account)]
    return Post(url.partition("#")[0], form, sign(environment["TWILIO_AUTH_TOKEN"], url, form))


async def _drive(posts: Sequence[Post], a_second: float) -> Answered:
    """Posts so many a second, however long the answers take."""
    loop, answered = asyncio.get_running_loop(), Answered()
    begun = loop.time()

    async def one(session: aiohttp.ClientSession, post: Post) -> None:
        at = loop.time()
        headers = {
            "X-Twilio-Signature": post.signature,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body, url = urlencode(post.form), URL(post.url, encoded=True)
        async with session.post(url, data=body, headers=headers) as answer:
            answered.statuses[answer.status] += 1
        answered.times.append(loop.time() - at)

    async with (
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=100),
            timeout=aiohttp.ClientTimeout(total=PATIENCE),
        ) as session,
        asyncio.TaskGroup() as group,
    ):
        for number, post in enumerate(posts):
            if (early := begun + number / a_second - loop.time()) > 0:
                await asyncio.sleep(early)
            group.create_task(one(session, post))
    return answered
