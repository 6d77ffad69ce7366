"""Renders the simulated Pipedrive's pages and knows who is signed in in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tests.simulators.pipedrive_world import World

COOKIE = "pipedrive_simulator_user"
_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def signed_in(world: World, request: Request) -> tuple[int, int]:
    """(company, user) of this browser; the world's own user unless it chose another."""
    company, _, user = request.cookies.get(COOKIE, "").partition("-")
    who = (int(company), int(user)) if company.isdecimal() and user.isdecimal() else (0, 0)
    return who if who in world.users else (world.company_id, world.user_id)


def page(
    world: World, request: Request, template: str, status: int = 200, **values: Any
) -> Response:
    """A page from `templates/pipedrive/`."""
    who = signed_in(world, request)
    html = _PAGES.get_template(f"pipedrive/{template}").render(world=world, who=who, **values)
    return HTMLResponse(html, status)
