"""Answers as a page or as JSON: the Jinja environment, the content policy and the error page."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from web import shown, why, words, writing
from web.clock import number, people, when
from workers.domain.errors import Refused

HERE = Path(__file__).parent
_PRIVATE = {"Cache-Control": "no-store", "Vary": "Accept, Cookie"}
STATIC = HERE / "static"

#: Mounted by `web.app`; the files' names carry no version, their addresses do (`asset`).
static = Mount("/static", StaticFiles(directory=STATIC), name="static")


@cache
def asset(name: str) -> str:
    """The address of a static file, new whenever the file changes."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(asset=asset, why=why, words=words, writing=writing)
    made.filters.update(count=number, people=people, when=when, phone=shown.written)
    return made


environment = _environment()


def wants_json(request: Request) -> bool:
    """Whether a program asks (browsers name text/html)."""
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/html" not in accept


def page(request: Request, name: str, *, status: int = 200, **context: Any) -> Response:
    """Template `name` as a whole page; `me` (a User or None) is who the header names."""
    known = {"me": None, "path": request.url.path, **context}
    html = environment.get_template(name).render(known)
    return HTMLResponse(html, status_code=status, headers=_PRIVATE)


def fragment(name: str, **context: Any) -> str:
    """A part of a page, rendered by the same templates as the whole."""
    return environment.get_template(name).render(context)


def refused(request: Request, refusal: Refused) -> Response:
    """What happened and what to do, with its status; nothing was changed."""
    if wants_json(request):
        said = {"error": refusal.reason, "title": refusal.title, "advice": refusal.advice}
        return JSONResponse(said, refusal.status, headers=_PRIVATE)
    return page(request, "error.html", status=refusal.status, refused=refusal)


@cache
def policy(form_targets: str) -> str:
    """The content security policy; browsers check forms' redirects too, so sign-in is allowed."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        f"img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {form_targets}"
    )
