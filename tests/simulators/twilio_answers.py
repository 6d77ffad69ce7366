"""Answers that never arrive whole: reset, silent or cut connections, spoken below HTTP."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from http import HTTPStatus
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

LONGEST_SILENCE = 300.0


def transport_of(receive: Receive) -> asyncio.Transport:
    """uvicorn's connection: ASGI has no word for breaking one, so we ask its request cycle."""
    transport: Any = getattr(getattr(receive, "__self__", None), "transport", None)
    assert transport is not None, "broken answers need uvicorn and a real socket"
    return transport  # type: ignore[no-any-return]  # uvicorn's own, untyped


async def gone(receive: Receive) -> None:
    """Returns once the connection is closed; a request nobody has read is read first."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Reset(Response):
    """The connection is reset (RST) instead of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = transport_of(receive)
        with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as twin:
            # Closing with a linger time of 0 sends RST instead of FIN (socket(7)).
            twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await gone(receive)


class Silence(Response):
    """No answer until the client gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(LONGEST_SILENCE):
                await gone(receive)
        except (TimeoutError, asyncio.CancelledError):  # canceled: the server is stopping
            transport_of(receive).abort()
            await gone(receive)


class Cut(Response):
    """The first `at` bytes of an answer, then the end of the connection."""

    def __init__(self, whole: Response, at: int) -> None:
        super().__init__(whole.body, whole.status_code)
        self.raw_headers = whole.raw_headers
        self.at = at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        phrase = HTTPStatus(self.status_code).phrase
        head = [f"HTTP/1.1 {self.status_code} {phrase}".encode()]
        head += [name + b": " + value for name, value in self.raw_headers]
        whole = b"\r\n".join(head) + b"\r\n\r\n" + bytes(self.body)
        if self.at >= len(whole):
            return await super().__call__(scope, receive, send)
        transport = transport_of(receive)
        transport.write(whole[: self.at])
        transport.close()
        await gone(receive)
