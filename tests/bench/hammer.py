"""Sends prepared requests over a few connections: `python -m tests.bench.hammer FILE PORT CONNECTIONS`.

FILE holds requests as JSON strings, one a line. Prints seconds, statuses, and the median and 99th
percentile of the times to an answer.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import uvloop


async def _work(
    requests: Iterator[bytes], port: int, times: list[float], statuses: Counter[int]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    for request in requests:
        begun = time.monotonic()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lowered = head.lower()
        if (at := lowered.find(b"content-length:")) >= 0:
            await reader.readexactly(int(lowered[at + 15 :].split(b"\r\n", 1)[0]))
        times.append(time.monotonic() - begun)
        statuses[int(head[9:12])] += 1
    writer.close()


async def _all(requests: list[bytes], port: int, connections: int) -> dict[str, object]:
    times: list[float] = []
    statuses: Counter[int] = Counter()
    waiting = iter(requests)
    begun = time.monotonic()
    await asyncio.gather(*(_work(waiting, port, times, statuses) for _ in range(connections)))
    seconds = time.monotonic() - begun
    times.sort()
    return {
        "seconds": seconds,
        "statuses": statuses,
        "p50 ms": 1000 * times[len(times) // 2],
        "p99 ms": 1000 * times[len(times) * 99 // 100],
    }


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_text().splitlines()
    everything = [json.loads(line).encode("latin-1") for line in lines]
    print(json.dumps(uvloop.run(_all(everything, int(sys.argv[2]), int(sys.argv[3])))))
