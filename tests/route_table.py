"""Every route of the app, read from the app itself, so that a new one is tried without being named."""

from __future__ import annotations

import re

from starlette.routing import Mount, Route

from tests.door import settings_of
from web.app import create_app


def route_table() -> list[tuple[str, str]]:
    """(method, path) of every route; HEAD goes with GET, static files are nobody's."""
    app = create_app(settings_of("postgresql://nowhere/x", "http://127.0.0.1:9"))
    found = []
    for route in app.routes:
        assert isinstance(route, Route | Mount)
        if isinstance(route, Route):
            path = re.sub(r":\w+}", "}", route.path)
            found += [(method, path) for method in sorted(route.methods or ()) if method != "HEAD"]
    return found


def paths(name: str) -> list[str]:
    """The paths with an id of that name in them."""
    return sorted({path for _, path in route_table() if f"{{{name}}}" in path})


def methods(path: str) -> list[str]:
    """What a path can be asked with."""
    return [method for method, one in route_table() if one == path]
