"""A Twilio that costs next to nothing: `python -m tests.bench.stub PORT LATENCY_MS`.

Answers are bytes made beforehand, each with a SID of its own. It speaks just enough HTTP/1.1 for
clients that keep their connections. `GET /taken?N` tells what was taken from the Nth text on.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import cast
from urllib.parse import unquote_plus

import uvloop

_CONTENT = (
    b'{"account_sid":"AC11111111111111111111111111111111","api_version":"2010-04-01","body":"'
    + b"Hello there, we moved your visit. " * 4
    + b'","date_created":"Wed, 25 Nov 2026 12:00:00 +0000","date_sent":null,"date_updated":'
    b'"Wed, 25 Nov 2026 12:00:00 +0000","direction":"outbound-api","error_code":null,'
    b'"error_message":null,"from":"+37255500001","messaging_service_sid":null,"num_media":"0",'
    b'"num_segments":"1","price":null,"price_unit":"USD","status":"queued","subresource_uris":'
    b'{"media":"/2010-04-01/Accounts/AC11111111111111111111111111111111/Messages/SM/Media.json"},'
    b'"to":"+37250000000","uri":"/2010-04-01/Accounts/AC1/Messages/SM.json","sid":"SM%032x"}'
)
_LENGTH = len(_CONTENT % 1)
_CREATED = (
    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
    b"Twilio-Request-Id: RQ00000000000000000000000000000001\r\n"
    b"Twilio-Concurrent-Requests: 7\r\n\r\n" % _LENGTH
)


class Stub:
    """What it has taken, for all its connections."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.taken: list[tuple[int, bytes]] = []
        self.first = self.last = 0.0

    def answer(self, body: bytes) -> bytes:
        """The bytes for one create."""
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.taken.append((len(self.taken) + 1, body))
        return _CREATED + _CONTENT % len(self.taken)

    def told(self, line: bytes) -> bytes:
        """The answer to a question of the benchmark itself."""
        if b"/reset" in line:
            self.taken, self.first, self.last = [], 0.0, 0.0
        since = line.partition(b"?")[2].split(b" ")[0]
        told = {
            "count": len(self.taken),
            "first": self.first,
            "last": self.last,
            "callbacks": [_callback(*one) for one in self.taken[int(since) :]] if since else [],
        }
        body = json.dumps(told).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def _callback(number: int, body: bytes) -> tuple[str, str]:
    """A text's SID and the address for its receipts."""
    given = body.partition(b"StatusCallback=")[2].partition(b"&")[0]
    return f"SM{number:032x}", unquote_plus(given.decode()).partition("#")[0]


class Line(asyncio.Protocol):
    """One connection; requests come one after the other, in any number of pieces."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by class

    def data_received(self, data: bytes) -> None:
        self._data = self._data + data if self._data else data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head, length = self._data[:end], 0
            if (at := head.lower().find(b"content-length:")) >= 0:
                length = int(head[at + 15 :].split(b"\r\n", 1)[0])
            if len(self._data) < end + 4 + length:
                return
            body = self._data[end + 4 : end + 4 + length]
            self._data = self._data[end + 4 + length :]
            self._say(head, body)

    def _say(self, head: bytes, body: bytes) -> None:
        if not head.startswith(b"POST"):
            self._transport.write(self._stub.told(head.partition(b"\r\n")[0]))
        elif self._stub.latency:
            loop = asyncio.get_running_loop()
            loop.call_later(self._stub.latency, self._transport.write, self._stub.answer(body))
        else:
            self._transport.write(self._stub.answer(body))


async def _serve(port: int, latency: float) -> None:
    stub = Stub(latency)
    server = await asyncio.get_running_loop().create_server(lambda: Line(stub), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
