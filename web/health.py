"""Whether this process lives, whether it can work, and its figures."""

from __future__ import annotations

import prometheus_client
import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from web.sessions import runtime_of


async def healthz(request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """The database is reachable and migrated; without a broker we are slower, not unready."""
    try:
        await runtime_of(request).installations.first_company()
    except psycopg.OperationalError:
        return JSONResponse({"ready": False, "database": "unreachable"}, 503)
    except psycopg.ProgrammingError:
        return JSONResponse({"ready": False, "database": "not migrated"}, 503)
    return JSONResponse({"ready": True, "database": "ok"})


async def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    figures = prometheus_client.generate_latest()
    return Response(figures, media_type=prometheus_client.CONTENT_TYPE_LATEST)


routes = [
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
