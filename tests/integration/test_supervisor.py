"""The supervisor with real processes: it starts, prefixes, restarts and stops them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.servers import free_port, wait_until
from workers.supervisor import read_procfile

_RUN = """
import json, sys
from workers.supervisor import Plan, supervise
sys.exit(supervise(Plan(**json.loads(sys.argv[1]))))
"""


class Supervised:
    """A supervisor in a process of its own, and what it printed."""

    def __init__(self, commands: dict[str, str], **plan: object) -> None:
        words = {"commands": commands, "environment": dict(os.environ), **plan}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _RUN, json.dumps(words)],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def said(self, words: str, *, times: int = 1) -> bool:
        return sum(words in line for line in self.lines) >= times

    def until(self, words: str, *, times: int = 1) -> None:
        wait_until(lambda: self.said(words, times=times), seconds=60, what=f"{words!r}")

    def pid_of(self, name: str) -> int:
        """The newest process that said `pid N` under this name."""
        mine = [line for line in self.lines if line.startswith(name) and "pid " in line]
        return int(mine[-1].rpartition("pid ")[2])


@contextlib.contextmanager
def supervised(commands: dict[str, str], **plan: object) -> Iterator[Supervised]:
    running = Supervised(commands, **plan)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.terminate()
        running.process.wait(30)


def python(program: str) -> str:
    """A command line that runs `program` and tells its pid first."""
    told = f"import os, time, signal, sys; print('pid', os.getpid()); {program}"
    return f'{sys.executable} -c "{told}"'


def gone(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


FOREVER = python("signal.pause()")


def test_a_procfile_is_read_in_order_without_comments() -> None:
    found = read_procfile("# how\nrelease: a b\n\nweb: c: d\n")

    assert list(found.items()) == [("release", "a b"), ("web", "c: d")]


def test_the_release_runs_once_and_before_the_others(tmp_path: Path) -> None:
    mark = tmp_path / "released"
    web = python(f"print('saw', os.path.exists('{mark}')); signal.pause()")

    with supervised({"web": web, "release": f"echo >> {mark}"}) as running:
        running.until("web     | saw True")

    assert mark.read_text() == "\n"


def test_a_failed_release_starts_nothing_else() -> None:
    with supervised({"release": "false", "web": FOREVER}) as running:
        assert running.process.wait(60) == 1

    assert not running.said("pid")


def test_what_is_killed_starts_again() -> None:
    with supervised({"worker": FOREVER}) as running:
        running.until("pid")
        os.kill(running.pid_of("worker"), signal.SIGKILL)

        running.until("worker | pid", times=2)


def test_what_a_killed_leader_left_behind_is_ended_before_it_starts_again(tmp_path: Path) -> None:
    program = tmp_path / "leader.py"
    program.write_text(
        "import os, signal, subprocess, sys\n"
        "print('pid', os.getpid())\n"
        "if len(sys.argv) == 1:\n"
        "    subprocess.Popen([sys.executable, __file__, 'its child'])\n"
        "signal.pause()\n"
    )

    with supervised({"worker": f"{sys.executable} {program}"}) as running:
        running.until("pid", times=2)
        left = running.pid_of("worker")
        os.kill(psutil.Process(left).ppid(), signal.SIGKILL)
        running.until("pid", times=4)

        assert gone(left)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_what_it_started_and_nothing_stays(number: signal.Signals) -> None:
    with supervised({"web": FOREVER, "worker": FOREVER}) as running:
        running.until("web    | pid")
        running.until("worker | pid")
        running.process.send_signal(number)

        assert running.process.wait(60) == 0

    assert gone(running.pid_of("web"))
    assert gone(running.pid_of("worker"))


def test_a_second_signal_kills_what_does_not_listen() -> None:
    deaf = python("signal.signal(15, signal.SIG_IGN); print('deaf'); time.sleep(99)")

    with supervised({"web": deaf}) as running:
        running.until("deaf")
        running.process.terminate()
        running.until("stopping")
        running.process.terminate()

        assert running.process.wait(60) == 0

    assert gone(running.pid_of("web"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of it")
def test_processes_do_not_outlive_a_killed_supervisor() -> None:
    with supervised({"web": FOREVER}) as running:
        running.until("pid")
        running.process.kill()

        wait_until(lambda: gone(running.pid_of("web")), what="the child's end")


def test_it_greets_when_everything_answers() -> None:
    port = free_port()
    web = f"{sys.executable} -m http.server {port} --bind 127.0.0.1"
    ready = [f"http://127.0.0.1:{port}/"]

    with supervised({"web": web}, ready_urls=ready, greeting="open me") as running:
        running.until("volley | open me")
