"""Raw sockets against the served door: long addresses pass, smuggling does not."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.servers import serve
from web.headers import SecurityHeaders
from web.limits import Limits
from web.protocol import LongQueryProtocol
from web.reactions import Reactions
from workers.settings import Settings

SEGMENT = 1_400
KB = 1_000
LONGEST_BODY = 256 * KB


async def echo(request: Request) -> Response:
    body = await request.body()
    return PlainTextResponse(f"{request.url.path} {len(request.url.query)} {len(body)}")


class Impatient(LongQueryProtocol):
    request_seconds = 1.0


def an_app() -> Starlette:
    settings = Settings(secret_key="k" * 32, public_url="https://volley.example")
    layers = [
        Middleware(SecurityHeaders, settings=settings),
        Middleware(Reactions),
        Middleware(Limits, longest_body=LONGEST_BODY),
    ]
    routes = [Route("/actions/sms", echo, methods=["GET", "POST"])]
    return Starlette(routes=routes, middleware=layers)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, int]]:
    with serve(an_app(), http=LongQueryProtocol, ws="none") as url:
        parts = urlsplit(url)
        yield str(parts.hostname), int(parts.port or 0)


def ask(server: tuple[str, int], raw: bytes, *, segment: int = SEGMENT) -> bytes:
    """Everything that is answered to `raw`, sent in pieces as a network would."""
    with socket.create_connection(server, timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it hung up on us
            for start in range(0, len(raw), segment):
                connection.sendall(raw[start : start + segment])
        return _read_all(connection)


def _read_all(connection: socket.socket) -> bytes:
    parts = []
    with contextlib.suppress(ConnectionResetError):  # hung up with words of ours still unread
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def get(target: bytes, *headers: bytes) -> bytes:
    lines = [b"GET " + target + b" HTTP/1.1", b"Host: volley.example", *headers]
    return b"\r\n".join([*lines, b"Connection: close", b"", b""])


def statuses(answer: bytes) -> list[int]:
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


@pytest.mark.parametrize("size", [7, 64, 100, 256, 980, 1_000])
def test_a_long_link_arrives_whole(server: tuple[str, int], size: int) -> None:
    query = b"selectedIds=" + b"1234%2C" * (size * KB // 7)
    answer = ask(server, get(b"/actions/sms?" + query))
    assert statuses(answer) == [200]
    assert answer.endswith(f"/actions/sms {len(query)} 0".encode())


def test_the_longest_link_takes_no_time_to_read(server: tuple[str, int]) -> None:
    seconds = []
    for _ in range(3):
        started = time.monotonic()
        ask(server, get(b"/actions/sms?" + b"x" * 980 * KB))
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 1  # the others may have met a busy machine


@pytest.mark.parametrize("size", [1_200, 3_000])
def test_a_link_past_a_megabyte_gets_a_page_that_says_so(
    server: tuple[str, int], size: int
) -> None:
    answer = ask(server, get(b"/actions/sms?" + b"x" * size * KB))
    assert statuses(answer) == [414]
    assert b"text/html" in answer
    assert b"save a filter" in answer
    assert b"referrer-policy: no-referrer" in answer.lower()


def test_a_link_without_an_end_is_hung_up_on(server: tuple[str, int]) -> None:
    answer = ask(server, b"GET /actions/sms?" + b"x" * 6_000 * KB)
    assert statuses(answer) in ([414], [])  # the answer may drown in the reset


def test_a_path_longer_than_any_of_ours_is_refused(server: tuple[str, int]) -> None:
    assert statuses(ask(server, get(b"/" + b"x" * 70 * KB))) == [414]


def test_a_fragment_is_no_part_of_the_query(server: tuple[str, int]) -> None:
    assert ask(server, get(b"/actions/sms?a=1#b?c")).endswith(b"/actions/sms 3 0")


def test_too_many_headers_are_refused(server: tuple[str, int]) -> None:
    many = [b"X-%d: y" % number for number in range(5_000)]
    assert statuses(ask(server, get(b"/actions/sms", *many))) == [431]


def test_a_header_without_an_end_is_hung_up_on(server: tuple[str, int]) -> None:
    answer = ask(server, b"GET /actions/sms HTTP/1.1\r\nX: " + b"y" * 6_000 * KB)
    assert statuses(answer) in ([431], [])


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET /actions/sms HTTP/1.1\r\nHost: ",
        b"POST /actions/sms HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nbody=",
        b"POST /actions/sms HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
    ],
    ids=["nothing", "head", "body", "trailer"],
)
def test_who_never_finishes_is_hung_up_on(said: bytes) -> None:
    with serve(an_app(), http=Impatient, ws="none") as url:
        parts = urlsplit(url)
        with socket.create_connection((str(parts.hostname), int(parts.port or 0)), 20) as slow:
            slow.sendall(said)
            assert statuses(_read_all(slow)) == [408]


def test_trailers_are_not_kept(server: tuple[str, int]) -> None:
    raw = HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"
    assert statuses(ask(server, raw + b"X: y\r\n" * 200 + b"\r\n")) == [200]
    assert statuses(ask(server, raw + b"X: " + b"y" * 6_000 * KB)) in ([431], [])


def test_an_offer_to_upgrade_is_politely_ignored(server: tuple[str, int]) -> None:
    raw = get(b"/actions/sms?a=1", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")
    raw = raw.replace(b"Connection: close", b"Connection: Upgrade, HTTP2-Settings, close")
    assert statuses(ask(server, raw)) == [200]


def test_two_requests_on_one_connection_are_both_answered(server: tuple[str, int]) -> None:
    first = b"GET /actions/sms?a=1 HTTP/1.1\r\nHost: volley.example\r\n\r\n"
    answer = ask(server, first + get(b"/actions/sms?a=22"))
    assert statuses(answer) == [200, 200]
    assert b"/actions/sms 3 0" in answer
    assert b"/actions/sms 4 0" in answer


HEAD = b"POST /actions/sms HTTP/1.1\r\nHost: volley.example\r\nConnection: close\r\n"


def test_a_body_of_the_longest_length_is_read(server: tuple[str, int]) -> None:
    body = b"z" * LONGEST_BODY
    answer = ask(server, HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert answer.endswith(f"/actions/sms 0 {LONGEST_BODY}".encode())


def test_a_longer_body_gets_a_page_that_says_so(server: tuple[str, int]) -> None:
    body = b"z" * 2_000 * KB
    answer = ask(server, HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert statuses(answer) == [413]
    assert b"more than fits" in answer


def test_a_body_without_a_length_is_counted(server: tuple[str, int]) -> None:
    chunk = b"%x\r\n" % (64 * KB) + b"z" * 64 * KB + b"\r\n"
    answer = ask(server, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 5 + b"0\r\n\r\n")
    assert statuses(answer) == [413]


POST = b"POST /actions/sms HTTP/1.1\r\nHost: volley.example\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: volley.example\r\n\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG" + SMUGGLED,
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n" + SMUGGLED,
        POST + b"Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello" + SMUGGLED,
        POST + b"Content-Length: 5, 5\r\n\r\nhello" + SMUGGLED,
        POST + b"Content-Length: +5\r\n\r\nhello" + SMUGGLED,
        POST + b"Transfer-Encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + SMUGGLED,
        POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        POST + b"Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n" + SMUGGLED,
        b"GET /actions/sms HTTP/1.1\nHost: volley.example\n\n" + SMUGGLED,
        b"GET /actions/sms HTTP/1.1\r\nHost: volley.example\r\nX: a\n\n" + SMUGGLED,
        b"GET /actions/sms HTTP/1.1\r\nHost: volley.example\r\n folded: yes\r\n\r\n" + SMUGGLED,
        b"GET /actions/sms HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n" + SMUGGLED,
        b"GET /actions/sms?a b HTTP/1.1\r\nHost: a\r\n\r\n" + SMUGGLED,
    ],
    ids=[
        "length-then-chunked",
        "chunked-then-length",
        "two-lengths",
        "list-of-lengths",
        "signed-length",
        "unknown-encoding",
        "space-before-colon",
        "bare-lf-in-chunks",
        "bare-lf",
        "bare-lf-at-the-end",
        "folded-header",
        "nul-in-header",
        "space-in-target",
    ],
)
def test_a_smuggling_form_is_refused(server: tuple[str, int], raw: bytes) -> None:
    answer = ask(server, raw)
    assert 400 in statuses(answer)
    assert 404 not in statuses(answer), "the smuggled request was read as one"
    assert b"x-content-type-options: nosniff" in answer
