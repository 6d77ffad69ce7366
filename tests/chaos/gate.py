"""A gate between Volley and Twilio: decides what becomes of each request and of its answer."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from tests.servers import wait_until


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one create. `upto`: bytes of the answer that arrive, None = all of them."""

    forward: bool = True  # False: Twilio never hears of it
    instead: bytes | None = None  # another answer
    upto: int | None = None
    end: str = "keep"  # keep · close · reset · hang
    then: Callable[[], None] | None = None  # once all that is done


PASS = Verdict()
Ask = Callable[[bytes], Awaitable[bytes]]
Judge = Callable[[str], Verdict]  # is asked with the number a text goes to


@dataclass(frozen=True, slots=True)
class Passed:
    """One create as the gate saw it; times are seconds of `time.monotonic`."""

    to: str
    verdict: Verdict
    begun: float
    answered: float


@dataclass(slots=True)
class Gate:
    """A server on loopback, in a thread of its own."""

    twilio_port: int
    judge: Judge
    port: int = 0
    passed: list[Passed] = field(default_factory=list)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def shut(self) -> None:
        """From now on nobody listens: connections are refused."""
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(5)

    def open(self) -> None:
        """Listens, on the same port as before."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        assert self._server is not None
        self._server.close()

    def run(self) -> None:
        """The thread."""
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            async with _twilio(self.twilio_port) as ask:
                with contextlib.closing(writer):
                    while await self._one(reader, writer, ask):
                        pass

    async def _one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ask: Ask
    ) -> bool:
        """One request; whether the connection lives on."""
        request = await _message(reader)
        begun = time.monotonic()
        to = parse_qs(request.partition(b"\r\n\r\n")[2].decode()).get("To", [""])[0]
        verdict = self.judge(to) if request.startswith(b"POST") else PASS
        answer = await ask(request) if verdict.forward else b""
        answer = verdict.instead if verdict.instead is not None else answer
        if request.startswith(b"POST"):
            self.passed.append(Passed(to, verdict, begun, time.monotonic()))
        writer.write(answer[: verdict.upto])
        await writer.drain()
        if verdict.then is not None:
            verdict.then()
        await self._end(verdict.end, reader, writer)
        return verdict.end == "keep"

    async def _end(
        self, how: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if how == "hang":
            await reader.read(1)  # until the other side gives up
        if how == "reset":  # closing with a linger time of 0 sends RST instead of FIN (socket(7))
            twin: socket.socket = writer.get_extra_info("socket")
            twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


@contextlib.asynccontextmanager
async def _twilio(port: int) -> AsyncIterator[Ask]:
    """Asks Twilio over one connection, and over a new one where Twilio hung up while it was idle."""
    up, down = await asyncio.open_connection("127.0.0.1", port)

    async def ask(request: bytes) -> bytes:
        nonlocal up, down
        if up.at_eof():
            down.close()
            up, down = await asyncio.open_connection("127.0.0.1", port)
        down.write(request)
        return await _message(up)

    try:
        yield ask
    finally:
        down.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A whole request or answer: its head, and as many bytes as that says."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return head + await reader.readexactly(length)


@contextlib.contextmanager
def a_gate(twilio_port: int, judge: Judge) -> Iterator[Gate]:
    """A gate that stands until the block ends."""
    gate = Gate(twilio_port, judge)
    thread = threading.Thread(target=gate.run, daemon=True)
    thread.start()
    wait_until(lambda: gate.port != 0, what="the gate")
    try:
        yield gate
    finally:
        gate.stop()
        thread.join(5)
