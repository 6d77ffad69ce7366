"""Requests that are too long, or are no text, are refused with a page before anybody reads them."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.reactions import Mishap


class Limits:
    """Inside of `web.reactions`, so that each refusal is a page; Starlette's own limit is none."""

    def __init__(self, app: ASGIApp, *, longest_body: int) -> None:
        self._app = app
        self._longest_body = longest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _refuse_too_long(scope)
        _refuse_no_text(scope)
        self._refuse_announced(scope)
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._longest_body:
                raise _long_body()
            return message

        await self._app(scope, counted, send)

    def _refuse_announced(self, scope: Scope) -> None:
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or len(length) > 15 or int(length) > self._longest_body:
            raise _long_body()


def _refuse_too_long(scope: Scope) -> None:
    """`web.protocol` reads on past its own limits only so that we can answer."""
    match scope.get("state", {}).get("too_long"):
        case "url":
            raise Mishap(414, "link_too_long", *_LONG_LINK)
        case "headers":
            raise Mishap(431, "headers_too_long", "This browser sends too much at once.")


_LONG_LINK = (
    "This link is too long: too many people are ticked one by one.",
    "In Pipedrive, save a filter that shows these people, tick the box at the top of the list and "
    "choose the action again.",
)


def _refuse_no_text(scope: Scope) -> None:
    """A query is UTF-8; NUL is no letter, and PostgreSQL takes none."""
    query = scope["query_string"]
    try:
        is_text = b"%00" not in query and "\0" not in query.decode()
    except UnicodeDecodeError:
        is_text = False
    if not is_text:
        scope["query_string"] = b""  # nobody further out can read it either
        raise Mishap(400, "unreadable_address", "This address can't be read.")


def _long_body() -> Mishap:
    return Mishap(413, "too_long", "This is more than fits.", "Go back and send less at once.")
