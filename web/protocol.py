"""The web server's HTTP parser, taught to read link actions of 10,000 people (a megabyte of URL).

httptools refuses a URL past 64 KB (a 16-bit field), so the query is taken off before the URL is
parsed. Everything else – smuggling forms, bare line feeds – stays as strict as llhttp is.
"""

from __future__ import annotations

import asyncio
import http

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_URL = 1024 * 1024
LONGEST_PATH = 8 * 1024
MOST_HEADERS = 100
#: What may come in besides the body; beyond it we hang up instead of listening on.
LONGEST_HEAD = 4 * LONGEST_URL
#: And so long a whole request may take, or idle visitors could hold every connection.
REQUEST_SECONDS = 60.0

_SENTENCES = {
    400: "This request is not HTTP as we understand it.",
    414: "This link is far too long. In Pipedrive, save a filter and select everyone in it instead.",
    408: "This request took too long to arrive. Please try again.",
    431: "This request has too many or too long headers.",
}


class LongQueryProtocol(HttpToolsProtocol):
    """`HttpToolsProtocol` with the query taken off before the URL is parsed."""

    request_seconds = REQUEST_SECONDS
    _in_head = True
    _head_bytes = 0
    _url_bytes = 0
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn itself does
        """Who says nothing is not waited for either."""
        super().connection_made(transport)
        self._hurry()

    def data_received(self, data: bytes) -> None:
        """Counts what is no body – headers, trailers, chunks' lengths: nothing else would stop it."""
        self._head_bytes += len(data)
        if self._in_head and self._late is None:
            self._hurry()
        if self._head_bytes > LONGEST_HEAD:
            self._hang_up(414 if self._url_bytes > LONGEST_URL else 431)
            return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._url_parts: list[bytes] = []
        self._url_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A part of the URL; what is past the limit is counted and dropped."""
        self._url_bytes += len(url)
        if self._url_bytes <= LONGEST_URL:
            self._url_parts.append(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Trailers come after the headers were judged, so they are none."""
        if self._in_head:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._head_bytes -= len(body)
        super().on_body(body)

    def on_headers_complete(self) -> None:
        """The application starts after this callback, so the query is in time."""
        self._in_head, self._head_bytes = False, 0
        target = b"".join(self._url_parts).partition(b"#")[0]
        self.url, _, query = target.partition(b"?")
        if self._url_bytes > LONGEST_URL or len(self.url) > LONGEST_PATH:
            self.url, query = b"/", b""
            self.scope["state"]["too_long"] = "url"
        elif len(self.headers) > MOST_HEADERS:
            self.scope["state"]["too_long"] = "headers"
        super().on_headers_complete()
        self.scope["query_string"] = query

    def on_message_complete(self) -> None:
        self._in_head, self._head_bytes = True, 0
        self._in_time()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._in_time()
        super().connection_lost(exc)

    def _hurry(self) -> None:
        self._late = self.loop.call_later(self.request_seconds, self._hang_up, 408)

    def _in_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def send_400_response(self, msg: str) -> None:
        """uvicorn's hook for a request that cannot be parsed."""
        self._hang_up(400)

    def _hang_up(self, status: int) -> None:
        phrase = http.HTTPStatus(status).phrase
        body = (
            '<!doctype html><html lang="en"><meta charset="utf-8">'
            f"<title>{phrase}</title><h1>{phrase}</h1><p>{_SENTENCES[status]}</p>"
        ).encode()
        lines = [
            f"HTTP/1.1 {status} {phrase}",
            "content-type: text/html; charset=utf-8",
            f"content-length: {len(body)}",
            "cache-control: no-store",
            "content-security-policy: default-src 'none'; frame-ancestors 'none'",
            "referrer-policy: no-referrer",
            "x-content-type-options: nosniff",
            "connection: close",
        ]
        if not self.transport.is_closing():
            if self._in_head or not self.cycle.response_started:
                self.transport.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            self.transport.close()
