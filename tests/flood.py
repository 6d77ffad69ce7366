"""A flood of receipts at a pace that waits for nobody: `python -m tests.flood FILE RATE PORT...`.

FILE holds requests as JSON strings, one a line, made and signed beforehand, so that little is left to
do while they go out. Each is due at its time, RATE a second, whatever became of those before it; where
no connection is free it waits, and that counts. Prints what came back as JSON.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

import uvloop

#: To each port. Twilio opens as many as it needs; these are more than a healthy web process uses.
CONNECTIONS = 200
#: Seconds without any answer after which the rest is given up: Twilio waits 15 for one.
PATIENCE = 20.0


def signed(url: str, form: Mapping[str, str], *, origin: str, token: str) -> str:
    """A form that Twilio signed for `url` with an account's token, posted to the server at `origin`."""
    text = url + "".join(name + value for name, value in sorted(form.items()))
    signature = base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()
    body = urlencode(form)
    return (
        f"POST {url.removeprefix(origin)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        f"X-Twilio-Signature: {signature}\r\n\r\n{body}"
    )


class Flood:
    """Requests that are due one after the other, and how their answers went."""

    def __init__(self, requests: Sequence[bytes], rate: float) -> None:
        self.statuses: Counter[str] = Counter()
        self.times: list[float] = []  # from when it was due until it was answered
        self._requests, self._rate = requests, rate
        self._next = 0
        self._free: deque[Line] = deque()
        self._begun = time.monotonic()
        self.sent_last = self._heard_last = self._begun

    def free(self, line: Line) -> None:
        """The connection has nothing under way."""
        self._free.append(line)

    def answered(self, due: float, status: str) -> None:
        """A status, or what became of the connection instead."""
        self._heard_last = time.monotonic()
        self.statuses[status] += 1
        self.times.append(self._heard_last - due)

    async def run(self) -> None:
        """Returns when all are answered, or none came for long."""
        self._begun = self._heard_last = time.monotonic()
        while len(self.times) < len(self._requests):
            now = time.monotonic()
            if now - max(self._heard_last, self.sent_last) > PATIENCE:
                self.statuses["no answer"] += len(self._requests) - len(self.times)
                return
            due = min(int((now - self._begun) * self._rate) + 1, len(self._requests))
            while self._next < due and self._free:
                at = self._begun + self._next / self._rate
                self._free.popleft().ask(self._requests[self._next], at)
                self._next += 1
                self.sent_last = now
            await asyncio.sleep(0.002)

    def told(self) -> dict[str, object]:
        """Figures of the run; times count from when a request was due."""
        times = sorted(self.times) or [0.0]
        return {
            "statuses": self.statuses,
            "a second": self._next / max(self.sent_last - self._begun, 0.001),
            "p50 ms": 1000 * times[len(times) // 2],
            "p99 ms": 1000 * times[len(times) * 99 // 100],
            "longest ms": 1000 * times[-1],
            "CPU s": time.process_time(),
        }


class Line(asyncio.Protocol):
    """A connection; one request at a time."""

    def __init__(self, flood: Flood) -> None:
        self._flood = flood
        self._due: float | None = None
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by class
        self._flood.free(self)

    def ask(self, request: bytes, due: float) -> None:
        """Nothing may be under way."""
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._data += data
        if self._due is None or b"\r\n\r\n" not in self._data:
            return
        status, due = self._data[9:12].decode(), self._due
        self._due, self._data = None, b""
        self._flood.answered(due, status)
        if status == "204":  # it has no body; behind anything else the connection is not used again
            self._flood.free(self)
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self._due is not None:
            self._flood.answered(self._due, "lost")


async def _all(requests: Sequence[bytes], rate: float, ports: Sequence[int]) -> dict[str, object]:
    loop, flood = asyncio.get_running_loop(), Flood(requests, rate)
    for _ in range(CONNECTIONS):
        for port in ports:
            await loop.create_connection(lambda: Line(flood), "127.0.0.1", port)
    await flood.run()
    return flood.told()


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_text().splitlines()
    everything = [json.loads(line).encode("latin-1") for line in lines]
    ports = [int(port) for port in sys.argv[3:]]
    print(json.dumps(uvloop.run(_all(everything, float(sys.argv[2]), ports))))
