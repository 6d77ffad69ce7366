"""Serves the door: `python -m web.serve`, the Procfile's web process."""

from __future__ import annotations

import signal
import sys

import uvicorn
from starlette.applications import Starlette

from web.app import create_app
from web.protocol import LongQueryProtocol
from workers import logs
from workers.settings import Settings

#: Open requests get this long at SIGTERM; hosts kill after 30 s.
GRACE_SECONDS = 20


def config(app: Starlette, *, host: str = "0.0.0.0", port: int) -> uvicorn.Config:
    """How we serve: long queries, no access log (addresses hold tokens), no word of the server."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=LongQueryProtocol,
        ws="none",
        loop="uvloop",
        lifespan="on",
        proxy_headers=False,  # addresses are built from PUBLIC_URL, never from a header
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def main() -> None:
    """Runs until SIGTERM or Ctrl-C."""
    # uvicorn raises the signal again when it has stopped; a clean stop is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = Settings()
    logs.configure(settings.log_level)
    uvicorn.Server(config(create_app(settings), port=settings.port)).run()


if __name__ == "__main__":
    main()
