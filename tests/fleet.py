"""Volley's real processes, started from the Procfile's commands, to be killed and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx

from tests.servers import wait_until

ROOT = Path(__file__).parents[1]


class Fleet:
    """Processes by the Procfile's names; every one in a group of its own."""

    def __init__(
        self, environment: Mapping[str, str], folder: Path, others: Mapping[str, str] | None = None
    ) -> None:
        bin_folder = Path(sys.executable).parent
        self.environment = {
            **{name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ},
            "PATH": f"{bin_folder}:{os.environ.get('PATH', os.defpath)}",
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        lines = (ROOT / "Procfile").read_text().splitlines()
        self.commands = dict(line.split(": ", 1) for line in lines if line.strip())
        self.commands |= others or {}

    def start(self, *names: str) -> None:
        """Starts processes; what they print goes to files in the folder."""
        for name in names:
            with (self.folder / f"{name}.log").open("ab") as log:
                self.running[name] = subprocess.Popen(
                    ["sh", "-c", f"exec {self.commands[name]}"],
                    cwd=ROOT,
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def kill(self, name: str) -> None:
        """kill -9 for the process and all it started."""
        running = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait(10)

    def stop(self, name: str, *, seconds: float = 25) -> int:
        """SIGTERM; the exit code."""
        running = self.running.pop(name)
        os.killpg(running.pid, signal.SIGTERM)
        return running.wait(seconds)

    def printed(self) -> str:
        """Everything that was printed."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"== {log.name}\n{log.read_text(errors='replace')}" for log in logs)


@contextlib.contextmanager
def a_fleet(
    environment: Mapping[str, str], folder: Path, *, others: Mapping[str, str] | None = None
) -> Iterator[Fleet]:
    """A fleet whose web process answers; killed at the end of the block.

    `others`: more commands by name, started too; one of the Procfile's names replaces its command.
    """
    fleet = Fleet(environment, folder, others)
    try:
        fleet.start(*{"web": 1, "worker": 1, "watch": 1, **(others or {})})
        wait_until(lambda: _is_ready(environment["PUBLIC_URL"]), seconds=90, what=fleet.printed)
        yield fleet
    finally:
        for name in list(fleet.running):
            fleet.kill(name)


def _is_ready(url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{url}/readyz", timeout=2).status_code == 200
    return False
