"""Other ways to send, each with one SDK message per person: Celery prefork and Dramatiq."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.bench.figures import Figures, figures
from tests.bench.ground import Ground, Stub
from tests.bench.machine import cpu_of, under_test
from tests.servers import wait_until

#: Celery is nobody's dependency here: it is installed into a folder of its own when it is wanted.
_CELERY = ("celery[redis]>=5.5",)


class NotInstalled(RuntimeError):
    """A rival could not be installed; the text says why."""


def celery_folder() -> Path:
    """Where Celery lies, installed the first time."""
    folder = Path(tempfile.gettempdir()) / f"volley-bench-celery-{os.getuid()}"
    if not (folder / "celery").is_dir():
        command = [sys.executable, "-m", "uv", "pip", "install", "-q", "--target", str(folder)]
        done = subprocess.run([*command, *_CELERY], capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotInstalled(done.stderr.strip().splitlines()[-1])
    return folder


def celery(ground: Ground, stub: Stub, people: int) -> Figures:
    """Two prefork processes, as many as cores of the machine that performance.md measured."""
    folder = celery_folder()
    work = ["celery", "-A", "tests.bench.rival_celery", "worker", "-c", "2", "-P", "prefork"]
    command = [sys.executable, "-m", *work, "-l", "ERROR", "--without-gossip", "--without-mingle"]
    fill = [sys.executable, "-m", "tests.bench.rival_celery", str(people)]
    return _run(ground, stub, people, command, fill, {"PYTHONPATH": f"{folder}:."})


def dramatiq(ground: Ground, stub: Stub, people: int) -> Figures:
    """Eight threads, Dramatiq's default."""
    command = [sys.executable, "-m", "dramatiq", "tests.bench.rival_dramatiq", "-p", "1", "-t", "8"]
    fill = [sys.executable, "-m", "tests.bench.rival_dramatiq", str(people)]
    return _run(ground, stub, people, command, fill, {"PYTHONPATH": "."})


def _run(
    ground: Ground,
    stub: Stub,
    people: int,
    command: list[str],
    fill: list[str],
    more: Mapping[str, str],
) -> Figures:
    """From the first text to the last; the queue is full before the worker starts."""
    broker = ground.environment["BROKER_URL"]
    environment = {**os.environ, **more, "RIVAL_URL": stub.url, "RIVAL_BROKER": broker}
    stub.told("/reset")
    subprocess.run(fill, env=environment, check=True)
    with _worker(command, environment) as pid:
        wait_until(lambda: stub.told()["count"] >= people // 20, seconds=60, what=command[3])
        first, cpu = stub.told(), cpu_of(pid)
        wait_until(lambda: stub.told()["count"] >= people, seconds=300, what=command[3])
        last, used = stub.told(), cpu_of(pid) - cpu
    sent = last["count"] - first["count"]
    return figures(sent, last["last"] - first["last"], used)


@contextlib.contextmanager
def _worker(command: list[str], environment: Mapping[str, str]) -> Iterator[int]:
    with under_test():
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)
