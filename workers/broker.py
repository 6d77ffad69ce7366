"""The life of a worker process: runtime and sender opened and drained around Dramatiq's worker."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import FrameType

import dramatiq
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AsyncIO, Middleware

from workers.actors import Crew
from workers.garbage import collect_rarely
from workers.ports.runtime import Runtime
from workers.queue import make_redis_broker
from workers.runtime import open_runtime
from workers.sender import Sender
from workers.settings import Settings


class WorkerLife(Middleware):
    """Opens the runtime and starts the sender on Dramatiq's loop; drains both at the end."""

    def __init__(
        self,
        settings: Settings,
        opening: Callable[[Settings], AbstractAsyncContextManager[Runtime]] = open_runtime,
    ) -> None:
        self._settings = settings
        self._opening = opening
        self._crew: Crew | None = None
        self._stack = contextlib.AsyncExitStack()
        self._running: asyncio.Task[None] | None = None
        self._stopping = False

    def crew(self) -> Crew:
        """What this process has open."""
        assert self._crew is not None  # no message comes before the worker has booted
        return self._crew

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        _stop_once()
        _on_loop(self._open)

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        self._stopping = True
        _on_loop(self._drain)

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        # Called in reverse order of the middleware, so the loop is still there.
        _on_loop(self._stack.aclose)

    async def _open(self) -> None:
        runtime = await self._stack.enter_async_context(self._opening(self._settings))
        sender = Sender(runtime)
        self._crew = Crew(runtime, sender, lambda: self._stopping)
        collect_rarely()
        self._running = asyncio.get_running_loop().create_task(sender.run())

    async def _drain(self) -> None:
        await self.crew().sender.drain()
        if self._running is not None:
            await self._running


def _stop_once() -> None:
    """Lets Dramatiq's own handler hear SIGTERM once.

    A stop that reaches the whole group (systemd, `kill -- -group`) comes here twice: directly, and
    passed on by Dramatiq's master. Dramatiq takes the second for impatience and exits at once,
    with texts on the wire. Who is impatient has SIGKILL.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    stop = signal.getsignal(signal.SIGTERM)

    def once(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)
        if callable(stop):
            stop(number, frame)

    if callable(stop):
        signal.signal(signal.SIGTERM, once)


def _on_loop(work: Callable[[], Awaitable[None]]) -> None:
    thread = get_event_loop_thread()
    assert thread is not None  # AsyncIO comes before us in the list of middleware
    thread.run_coroutine(work())


def make_broker(settings: Settings, life: WorkerLife) -> dramatiq.Broker:
    """The worker's broker; without a `BROKER_URL` one that never rings (the sender looks itself)."""
    if settings.broker_url:
        return make_redis_broker(settings, [life])
    return StubBroker(middleware=[AsyncIO(), life])
