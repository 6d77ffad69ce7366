"""Whether this process lives, whether it can work, and its figures."""

from __future__ import annotations

import prometheus_client
import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from web import figures
from web.sessions import runtime_of
from workers.domain.errors import Away


async def healthz(request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """The database is reachable and migrated; without a broker we are slower, not unready."""
    runtime = runtime_of(request)
    try:
        database = "ok" if await runtime.schema.is_current() else "not migrated"
    except Away:
        database = "unreachable"
    broker = "ok" if await runtime.bell.is_reachable() else "unreachable"
    ready = database == "ok"
    said = {"ready": ready, "database": database, "broker": broker}
    return JSONResponse(said, 200 if ready else 503)


async def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    try:
        page = figures.shown(await runtime_of(request).figures.read())
    except (Away, psycopg.Error):  # or not migrated: this process's counters are there
        page = prometheus_client.generate_latest()
    return Response(page, media_type=prometheus_client.CONTENT_TYPE_LATEST)


routes = [
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
