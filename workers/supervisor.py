"""Runs the processes of a Procfile on this machine, restarts what dies, stops what it started."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import urllib.request
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from workers.embedded import NotStarted, Server

#: Hosts kill after 25–30 s; the servers need a moment after the processes.
GRACE_SECONDS = 20.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_STEADY_SECONDS = 30.0  # who lived this long starts with the first pause again
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What runs together; `release` runs once, before the others."""

    commands: Mapping[str, str]
    environment: Mapping[str, str]
    servers: Sequence[Server] = ()
    ready_urls: Sequence[str] = ()
    greeting: str = ""
    folder: str = field(default_factory=os.getcwd)


def read_procfile(text: str) -> dict[str, str]:
    """Name → command line, in the order of the file."""
    lines = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return {name.strip(): command.strip() for name, colon, command in lines if colon}


def supervise(plan: Plan, say: Callable[[str], None] | None = None) -> int:
    """Runs `plan` until SIGTERM, SIGHUP or Ctrl-C; returns the exit code."""
    return asyncio.run(Supervisor(plan, say or _say).run())


class Supervisor:
    """The processes of one plan."""

    def __init__(self, plan: Plan, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._say = say
        self._width = max(map(len, [*plan.commands, "volley"]))
        self._running: dict[str, Process] = {}
        self._stopping = asyncio.Event()

    async def run(self) -> int:
        """0 = was asked to stop, 1 = could not start."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop_or_kill)
        try:
            await asyncio.gather(*(asyncio.to_thread(s.start) for s in self._plan.servers))
            return await self._run_commands()
        except NotStarted as error:
            self._tell("volley", str(error))
            return 1
        finally:
            for server in self._plan.servers:
                await asyncio.to_thread(server.stop)
            self._tell("volley", "stopped")

    async def _run_commands(self) -> int:
        commands = dict(self._plan.commands)
        release = commands.pop("release", "true")
        if not self._stopping.is_set() and await self._run_once("release", release):
            self._tell("volley", "release failed, so nothing else was started")
            return 1
        keepers = [asyncio.create_task(self._keep(*line)) for line in commands.items()]
        others = [asyncio.create_task(self._watch_servers()), asyncio.create_task(self._greet())]
        await self._stopping.wait()
        for task in others:
            task.cancel()
        await asyncio.wait([*keepers, *others], timeout=GRACE_SECONDS)
        self._signal_all(signal.SIGKILL)
        await asyncio.gather(*keepers, *others, return_exceptions=True)
        return 0

    def _stop_or_kill(self) -> None:
        """The first signal asks, the second insists."""
        if not self._stopping.is_set():
            self._tell("volley", "stopping; once more to kill")
            self._stopping.set()
            self._signal_all(signal.SIGTERM)
        else:
            self._signal_all(signal.SIGKILL)

    def _signal_all(self, number: signal.Signals) -> None:
        for process in self._running.values():
            if number is signal.SIGKILL:
                _signal_group(process.pid, number)
            elif process.returncode is None:
                process.send_signal(number)  # the leader stops its own children in order

    async def _keep(self, name: str, command: str) -> None:
        """Runs it again whenever it ends: dramatiq's master, too, exits when a child is killed."""
        pause, clock = _FIRST_PAUSE, asyncio.get_running_loop().time
        while not self._stopping.is_set():
            started = clock()
            code = await self._run_once(name, command)
            if self._stopping.is_set():
                return
            pause = _FIRST_PAUSE if clock() - started > _STEADY_SECONDS else pause
            self._tell(name, f"ended ({code}), starts again in {pause:g} s")
            await self._pause(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _run_once(self, name: str, command: str) -> int:
        """Its exit code, once it and everything it started are gone."""
        ours, theirs = os.pipe()  # asyncio's own pipe would wait for a killed leader's children
        process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", f"exec {command}"),
            env={**self._plan.environment, "PYTHONUNBUFFERED": "1"},
            cwd=self._plan.folder,
            stdin=DEVNULL,
            stdout=theirs,
            stderr=STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone, and its whole group is ours to end
            preexec_fn=_die_with_parent,
        )
        os.close(theirs)
        self._running[name] = process
        if self._stopping.is_set():
            process.terminate()
        reading = asyncio.create_task(self._read(name, ours))
        code = await process.wait()
        await self._end_group(process.pid)
        await asyncio.wait([reading], timeout=2)
        reading.cancel()
        del self._running[name]
        return code

    async def _end_group(self, group: int) -> None:
        """What a killed leader left behind."""
        for number, polls in ((signal.SIGTERM, 50), (signal.SIGKILL, 10)):
            if not _signal_group(group, number):
                return
            for _ in range(polls):
                await asyncio.sleep(0.1)
                if not _signal_group(group, 0):
                    return

    async def _read(self, name: str, pipe: int) -> None:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: protocol, os.fdopen(pipe, "rb"))
        rest = b""
        with contextlib.closing(transport):
            while chunk := await reader.read(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._tell(name, line.decode(errors="replace"))

    async def _watch_servers(self) -> None:
        while not self._stopping.is_set():
            await self._pause(0.5)
            for server in self._plan.servers:
                if not server.alive:
                    self._tell(server.name, "ended, starts again")
                    with contextlib.suppress(NotStarted):
                        await asyncio.to_thread(server.start)

    async def _greet(self) -> None:
        """Says so when everything answers."""
        for url in self._plan.ready_urls:
            while not await asyncio.to_thread(_answers, url):
                await self._pause(0.1)
        for line in self._plan.greeting.splitlines():
            self._tell("volley", line)

    async def _pause(self, seconds: float) -> None:
        """So long, or until we stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def _tell(self, name: str, line: str) -> None:
        self._say(f"{name:<{self._width}} | {line}")


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone; stopping in order goes on
        print(line, flush=True)


def _signal_group(group: int, number: int) -> bool:
    """Whether somebody of the group was there to hear it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """In the child: SIGTERM when the supervisor is killed, so that no port stays taken."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
