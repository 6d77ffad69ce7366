"""Serves an ASGI app on a free loopback port, in a thread, for tests that want a real socket."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

#: Below the ports that the system gives away itself: until its server listens, nobody else gets one.
#: Test runs beside this one begin elsewhere.
_PORTS = (20_000 + nth % 12_000 for nth in itertools.count(os.getpid() * 3_001))


def free_port() -> int:
    """A loopback port that nobody listens on right now."""
    for port in _PORTS:
        with contextlib.suppress(OSError), _taken(port):
            return port
    raise AssertionError("no port is free")


def wait_until(
    condition: Callable[[], bool],
    *,
    seconds: float = 30,
    what: str | Callable[[], str] = "it",
    every: float = 0.02,
) -> None:
    """Polls `condition` every so many seconds; fails when it does not come true in time.

    `what` is said then; what can be told only then is asked for.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(
                f"waited {seconds} s for {what if isinstance(what, str) else what()}"
            )
        time.sleep(every)


@contextlib.contextmanager
def serve(app: Any, *, port: int = 0, **options: Any) -> Iterator[str]:
    """The URL of `app`, served until the block ends; 0 = at any port."""
    with _taken(port) as taken:
        port = int(taken.getsockname()[1])
        config = uvicorn.Config(
            app, host="127.0.0.1", port=port, log_level="warning", access_log=False,
            **{"timeout_keep_alive": 600, **options},  # never ended as a client uses it again
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([taken],), daemon=True)
        thread.start()
        wait_until(lambda: server.started or not thread.is_alive(), what="the server")
        assert server.started, "it ended instead of serving"
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(10)


def _taken(port: int) -> socket.socket:
    """A port that is ours from here on; 0 = any."""
    taken = socket.socket()
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen(2_048)  # two may be bound to one port, but only one listens
    except OSError:
        taken.close()
        raise
    return taken
