"""R3, R4, R5: the broker flushed, dead, or full; the database is the truth and nobody notices."""

from __future__ import annotations

import statistics
import time

import redis

from tests.chaos.audit import closed, until_quiet
from tests.chaos.trial import Figures, Trial
from tests.servers import wait_until

#: Twice the second after which an idle sender looks by itself, with room for a busy machine.
LONGEST_GAP = 10.0


def flushed(trial: Trial, *, people: int = 10_500, times: int = 10) -> Figures:
    """R3: FLUSHALL in the middle; the next text leaves within ten seconds."""
    gaps = []
    with trial.scene(people=people, twilio="--latency 0.05") as scene:
        batch, ready = scene.everybody_sent()
        with redis.Redis.from_url(trial.servers.valkey.url) as broker:
            for _ in range(times):
                scene.pass_texts(scene.luck.randint(1, ready // (2 * times)), most=20)
                at, begun = scene.oracle.texts(), time.monotonic()
                broker.flushall()
                scene.until_texts(min(at + 25, ready), seconds=LONGEST_GAP)  # 20 were on the wire
                gaps.append(time.monotonic() - begun)
        until_quiet(scene, batch, seconds=60 + ready / 100)
        books = closed(scene, batch)
        assert books.counts["delivered"] == ready, books.counts
    return {"people": ready, "flushes": times, "longest pause (s)": round(max(gaps), 2)}


def dead(trial: Trial, *, people: int = 1_000, seconds: float = 30) -> Figures:
    """R4: no broker for a while; what is confirmed meanwhile is sent, and Send answers at once."""
    took, batches = [], []
    with trial.scene(people=people) as scene:
        everyone = list(scene.pipedrive.people)
        groups = [everyone[first : first + 50] for first in range(0, len(everyone), 50)]
        for group in groups[:20]:
            batches.append(scene.chosen(group))
        trial.servers.kill("valkey")
        began = time.monotonic()
        for batch in batches:
            draft = scene.rep.progress(batch)
            begun = time.monotonic()
            scene.send(batch)
            took.append(time.monotonic() - begun)
            assert draft["phase"] == "draft"
            time.sleep(seconds / len(batches) / 2)  # Sends spread over the outage
        time.sleep(max(0, seconds - (time.monotonic() - began)))  # the rest of the outage
        trial.servers.valkey.start()
        for batch in batches:
            until_quiet(scene, batch)
            assert closed(scene, batch).counts["unconfirmed"] == 0
    slowest = statistics.quantiles(took, n=20)[-1]
    assert slowest < 0.5, took
    return {"batches": len(batches), "broker away (s)": seconds, "Send p95 (s)": round(slowest, 3)}


#: Bytes of memory of a broker that is to be full.
ROOM = 8 * 2**20


def full(trial: Trial, *, people: int = 10_500) -> Figures:
    """R5: the broker has no room left from before the link until everybody is texted."""
    with redis.Redis.from_url(trial.servers.valkey.url) as broker:
        wait_until(lambda: _used(broker) < ROOM / 2, what="what others left in the broker to go")
        broker.config_set("maxmemory", ROOM)
        try:
            with trial.scene(people=people, twilio="--latency 0.02") as scene:
                written = _fill(broker)
                batch, ready = scene.everybody()
                again = _fill(broker)
                scene.send(batch)
                scene.until_texts(ready // 2, seconds=120)
                again += _fill(broker)
                assert again < written, f"the broker was not full: {again} after {written}"
                until_quiet(scene, batch, seconds=60 + ready / 100)
                books = closed(scene, batch)
                assert books.counts["delivered"] == ready, books.counts
        finally:
            broker.config_set("maxmemory", "0")
            broker.flushall()
    return {"people": ready, "maxmemory (MiB)": ROOM // 2**20, "filled with (KiB)": written // 1024}


def _used(broker: redis.Redis) -> int:
    """Bytes of its memory that are taken."""
    return int(broker.info("memory")["used_memory"])


def _fill(broker: redis.Redis) -> int:
    """Bytes written until it took no more."""
    written, piece = 0, 65_536
    while piece >= 64:
        try:
            broker.set(f"filler {written}", b"x" * piece)
            written += piece
        except redis.ResponseError:
            piece //= 4
    return written
