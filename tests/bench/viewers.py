"""Pages that are open: `python -m tests.bench.viewers PORT PATH PLACE COOKIE VIEWERS SECONDS`.

Each polls like `web/static/volley.js` right after a change, first at a moment of its own and then when
it is told to, with the tag and the place that it was told last. They were opened at PLACE
(`SEQ.0&shown=IDS`), in browsers with the cookies COOKIE0, COOKIE1 and so on. Prints how many answers
of which status, their times and how long they are.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter

import uvloop

EVERY = 2.0
_SINCE = re.compile(rb'"next_since":"([0-9.]+)"')


async def _view(
    first: float, end: float, port: int, path: str, place: str, cookie: str, told: Counter[str]
) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    since, _, shown = place.partition("&")
    tag, times, at = "", list[float](), first
    while at < end:
        await asyncio.sleep(max(0, at - time.monotonic()))
        begun = time.monotonic()
        known = f"If-None-Match: {tag}\r\n" if tag else ""
        writer.write(
            f"GET {path}?since={since}&{shown} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
            f"Cookie: volley={cookie}\r\n{known}\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        status = head[9:12].decode()
        if found := re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE):
            body = await reader.readexactly(int(found[1]))
            told["bytes"] += len(body)
            if found := _SINCE.search(body):
                since = found[1].decode()
        if found := re.search(rb"\r\netag: *(\S+)", head, re.IGNORECASE):
            tag = found[1].decode()
        times.append(time.monotonic() - begun)
        told[status] += 1
        again = re.search(rb"\r\nvolley-again-in: *(\d+)", head, re.IGNORECASE)
        at = time.monotonic() + int(again[1]) / 1000 if again else at + EVERY
    writer.close()
    return times


async def _all(
    port: int, path: str, place: str, cookie: str, viewers: int, seconds: float
) -> dict[str, object]:
    told: Counter[str] = Counter()
    now = time.monotonic()
    each = [
        _view(now + EVERY * n / viewers, now + seconds, port, path, place, f"{cookie}{n}", told)
        for n in range(viewers)
    ]
    times = sorted(one for many in await asyncio.gather(*each) for one in many)
    sizes = told.pop("bytes", 0)
    return {
        "statuses": told,
        "p99 ms": 1000 * times[len(times) * 99 // 100],
        "polls": len(times),
        "KB": sizes / 1024 / len(times),
    }


if __name__ == "__main__":
    port, path, place, cookie, viewers, seconds = sys.argv[1:]
    looking = _all(int(port), path, place, cookie, int(viewers), float(seconds))
    print(json.dumps(uvloop.run(looking)))
