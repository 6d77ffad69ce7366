"""Ten times as many people, and ten times as many again: time, memory, and the database's size."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import redis

from tests.bench import door, handover
from tests.bench.figures import Figures
from tests.bench.ground import Ground, Stub
from tests.bench.machine import memory_of
from tests.fleet import Fleet

_SIZE = "SELECT pg_database_size(current_database()) / 1048576.0"


#: Seconds between two looks at memory.
_LOOK = 0.5


def texts(ground: Ground, fleet: Fleet, stub: Stub, people: int) -> Figures:
    """Handing them over, receipts left out."""
    with _memory(ground, fleet) as memory:
        found = handover.volley(ground, fleet, stub, people)
    seconds = people / found["a second"]
    return {**found, "seconds": seconds, **memory, "database MB": _size(ground)}


def receipts(ground: Ground, fleet: Fleet, stub: Stub) -> Figures:
    """A `delivered` for each text that the stub took."""
    requests = []
    for sid, url in stub.told("/taken?0")["callbacks"]:
        form = door.fields(ground, sid, "delivered")
        requests.append(door.posted(url, ground.web, form, ground))
    web = fleet.running["web"].pid
    port = int(ground.environment["PORT"])
    with _memory(ground, fleet) as memory:
        found = door.hammer(ground, port, requests, web=web, connections=100, expected=204)
    seconds = len(requests) / found["a second"]
    return {**found, "seconds": seconds, **memory, "database MB": _size(ground)}


@contextlib.contextmanager
def _memory(ground: Ground, fleet: Fleet) -> Iterator[dict[str, float]]:
    """The most that each process and the broker had in this block, and how much of it came behind
    its first third: what is flat does not grow any more."""
    told: dict[str, float] = {}
    seen: dict[str, list[float]] = {name: [] for name in (*fleet.running, "broker")}
    is_over = threading.Event()

    def look() -> None:
        with redis.Redis.from_url(ground.environment["BROKER_URL"]) as broker:
            while True:
                for name, process in fleet.running.items():
                    seen[name].append(memory_of(process.pid))
                seen["broker"].append(broker.info("memory")["used_memory"] / 2**20)
                if is_over.wait(_LOOK):
                    return

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield told
    finally:
        is_over.set()
        looking.join()
    for name, sizes in seen.items():
        third = max(1, len(sizes) // 3)
        told[f"{name} MB"] = max(sizes, default=0.0)
        told[f"{name} grew MB"] = max(sizes[third:], default=0.0) - max(sizes[:third], default=0.0)


def _size(ground: Ground) -> float:
    ((size,),) = ground.sql(_SIZE)
    return float(size)
