"""A Pipedrive that costs next to nothing: `python -m tests.bench.pages PORT LATENCY_MS PEOPLE`.

Its people are made beforehand, as bytes. It knows `ids` and lists behind a cursor.
`GET /reset?people=N&limit=N` says how many there are from now on, and how many calls may go in two
seconds; more are answered 429. `GET /count` tells of the calls since then: how many, their tokens,
and how many were too many.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from typing import cast
from urllib.parse import parse_qs, urlsplit

import uvloop

PAGE, TOKENS, WINDOW = 500, 10, 2.0
#: A person with what Pipedrive sends of everybody, asked for or not (pipedrive.md §3.4).
_PERSON = (
    '{"id":%d,"name":"Ada Lovelace","first_name":"Ada","last_name":"Lovelace","owner_id":7,'
    '"org_id":null,"add_time":"2026-01-01T08:00:00Z","update_time":"2026-01-01T08:00:00Z",'
    '"is_deleted":false,"visible_to":3,"label_ids":[],"picture_id":null,"phones":[{"value":'
    '"+3725%07d","primary":true,"label":"mobile"}],"emails":[{"value":"ada%d@example.com",'
    '"primary":true,"label":"work"}],"custom_fields":{}}'
)


class Pages:
    """The people, and the calls so far."""

    def __init__(self, people: int) -> None:
        self._everybody = [(_PERSON % (n, n, n)).encode() for n in range(1, people + 1)]
        self._lately: deque[float] = deque()
        self.reset(people, 1)

    def reset(self, people: int, limit: int) -> None:
        """So many people and calls in a window; counts from here on."""
        self._people = self._everybody[:people]
        self._lists = [self._list(at) for at in range(0, people, PAGE)]
        self._limit = limit
        self.calls = self.refused = 0

    def told(self) -> bytes:
        """What the benchmark asks."""
        tokens = self.calls * TOKENS
        told = {"calls": self.calls, "tokens": tokens, "refused": self.refused}
        return json.dumps(told).encode()

    def answer(self, target: str) -> tuple[int, bytes]:
        """A status and a body."""
        now = time.monotonic()
        while self._lately and self._lately[0] <= now - WINDOW:
            self._lately.popleft()
        if len(self._lately) >= self._limit:
            self.refused += 1
            return 429, b'{"success":false}'
        self._lately.append(now)
        self.calls += 1
        asked = parse_qs(urlsplit(target).query)
        if "ids" in asked:
            ids = map(int, asked["ids"][0].split(","))
            return 200, _envelope([self._people[n - 1] for n in ids], None)
        return 200, self._lists[int(asked.get("cursor", ["0"])[0])]

    def headers(self) -> bytes:
        """The limit, as answers tell it."""
        return b"x-ratelimit-limit: %d\r\n" % self._limit

    def _list(self, start: int) -> bytes:
        page = self._people[start : start + PAGE]
        is_last = start + PAGE >= len(self._people)
        return _envelope(page, None if is_last else str(start // PAGE + 1))


def _envelope(people: list[bytes], cursor: str | None) -> bytes:
    more = json.dumps({"next_cursor": cursor}).encode()
    people_of = b",".join(people)
    return b'{"success":true,"data":[' + people_of + b'],"additional_data":' + more + b"}"


class Line(asyncio.Protocol):
    """One connection; a request has no body."""

    def __init__(self, pages: Pages, latency: float) -> None:
        self._pages = pages
        self._latency = latency
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by class

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            target = self._data.split(b" ", 2)[1].decode()
            self._data = self._data[end + 4 :]
            self._say(target)

    def _say(self, target: str) -> None:
        if not target.startswith("/api/"):
            if target.startswith("/reset"):
                asked = parse_qs(urlsplit(target).query)
                self._pages.reset(int(asked["people"][0]), int(asked["limit"][0]))
            self._write(200, self._pages.told())
            return
        status, body = self._pages.answer(target)
        asyncio.get_running_loop().call_later(self._latency, self._write, status, body)

    def _write(self, status: int, body: bytes) -> None:
        head = b"HTTP/1.1 %d -\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
        self._transport.write(head % (status, len(body)) + self._pages.headers() + b"\r\n" + body)


async def _serve(port: int, latency: float, people: int) -> None:
    pages = Pages(people)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Line(pages, latency), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), float(sys.argv[2]) / 1000, int(sys.argv[3])))
