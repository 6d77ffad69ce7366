"""Handing texts over to Twilio: Volley's real worker beside other ways to do it."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import httpx

from tests.bench.figures import Figures, figures
from tests.bench.ground import COOKIE, TEXT, Ground, Stub
from tests.bench.machine import cpu_of, memory_of, under_test
from tests.fleet import Fleet
from tests.servers import wait_until

#: From the first claim until the last answer was durable.
_SECONDS = """
SELECT extract(epoch FROM max(answered_at) - min(started_at)) FROM attempts WHERE batch_id = %(id)s
"""


def loop(kind: str, stub: Stub, people: int, at_once: int = 100) -> Figures:
    """One of `tests.bench.loops`, in a process of its own."""
    stub.told("/reset")
    command = [sys.executable, "-m", "tests.bench.loops", kind, stub.url, str(people), str(at_once)]
    with under_test():
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
    out, _ = process.communicate(timeout=300)
    told = json.loads(out)
    return figures(people, told["seconds"], told["cpu"])


def volley(ground: Ground, fleet: Fleet, stub: Stub, people: int) -> Figures:
    """A confirmed batch from its first POST until every answer is durable."""
    batch_id = ground.draft(people)
    worker = fleet.running["worker"].pid
    stub.told("/reset")
    time.sleep(0.5)  # what went before is over
    before = [cpu_of(pid) for pid in (worker, ground.postgres, ground.valkey, stub.pid)]
    ground.confirm(batch_id)
    wait_until(lambda: stub.told()["count"] >= people, seconds=600, what="the texts")
    wait_until(lambda: not ground.count(batch_id, "ready", "sending"), what="the answers")
    after = [cpu_of(pid) for pid in (worker, ground.postgres, ground.valkey, stub.pid)]
    told = stub.told()
    ((seconds,),) = ground.sql(_SECONDS, id=batch_id)
    assert told["count"] == people
    assert ground.count(batch_id, "accepted") == people
    own, database, broker, around = (now - then for now, then in zip(after, before, strict=True))
    return figures(people, float(seconds), own) | {
        "database ms": 1000 * database / people,
        "broker ms": 1000 * broker / people,
        "stub ms": 1000 * around / people,
        "RSS MB": memory_of(worker),
    }


def first_post(ground: Ground, stub: Stub) -> float:
    """Milliseconds from a rep's Send until the stub has the first text."""
    batch_id = ground.draft(3)
    stub.told("/reset")
    time.sleep(1.2)  # idle: both processes have nothing to do
    headers = {"Origin": ground.web, "Accept": "application/json"}
    form = {"revision": "1", "body": TEXT, "people": "3"}
    begun = time.monotonic()
    answer = httpx.post(
        f"{ground.web}/batches/{batch_id}/send",
        data=form,
        headers=headers,
        cookies={"volley": COOKIE},
    )
    assert answer.status_code == 202, answer.text
    wait_until(lambda: stub.told()["count"] >= 3, what="the texts")
    return 1000 * (float(stub.told()["first"]) - begun)
