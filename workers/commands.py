"""The command `volley`: run everything on this machine, show the demo, set up and check."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import secrets
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

# What takes long to import is imported by the command that needs it.


class NotPossible(Exception):
    """What stands in the way, for the person at the terminal."""


def main(arguments: list[str] | None = None) -> None:
    """`volley up`, `demo`, `manifest`, `doctor`, `migrate` or `restored`."""
    given = vars(_parser().parse_args(arguments))
    act = given.pop("act")
    try:
        sys.exit(act(**given))
    except (NotPossible, ValueError) as reason:
        from workers.setting_errors import plain

        sys.exit("volley: " + " ".join(plain(reason)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="volley", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for act, words in (
        (up, "run everything from the Procfile, with embedded servers where URLs are unset"),
        (demo, "the same with a simulated Pipedrive and Twilio; needs no account"),
        (manifest, "print what to paste into Pipedrive's Developer Hub, and how to try it"),
        (
            doctor,
            "check settings, database, broker, Pipedrive and Twilio; 1 = something must be done",
        ),
        (migrate, "bring DATABASE_URL to the schema of this version"),
        (
            restored,
            "hold all texts of DATABASE_URL, which is a copy from before, until it is known who has"
            " theirs",
        ),
    ):
        command = commands.add_parser(act.__name__, help=words, description=words)
        command.set_defaults(act=act)
        if act is manifest:
            command.add_argument(
                "--json",
                dest="form",
                action="store_const",
                const="json",
                default="text",
                help="for programs",
            )
    return parser


def manifest(form: str) -> int:
    """Developer Hub's fields for `PUBLIC_URL`."""
    from pydantic import SecretStr

    from workers.manifest import NotPublic, as_json, as_text, made_for
    from workers.settings import Settings

    try:
        # None of it depends on SECRET_KEY, which somebody who begins does not have yet.
        shown = made_for(Settings(secret_key=SecretStr(secrets.token_hex(32))))
    except NotPublic as reason:
        raise NotPossible(reason) from reason
    print(as_json(shown) if form == "json" else as_text(shown))
    return 0


def doctor() -> int:
    """A line for each part of the set-up."""
    from workers.doctor import examine, exit_code, printed

    findings = examine()
    print(printed(findings))
    return exit_code(findings)


def migrate() -> int:
    """The Procfile's `release`."""
    from workers.store.migrate import upgrade

    url = os.environ.get("DATABASE_URL")
    if not url:
        raise NotPossible("DATABASE_URL is not set; `volley up` starts a database of its own")
    upgrade(url)
    return 0


def restored() -> int:
    """For a copy that does not show by itself, such as a snapshot of the disk."""
    from workers.restored import hold

    if not os.environ.get("DATABASE_URL"):
        raise NotPossible("DATABASE_URL is not set; it names the database that was restored")
    print(hold())
    return 0


def up() -> int:
    """Everything on this machine, until Ctrl-C."""
    folder = _data_dir()
    with _alone_in(folder, "up"):
        return _run(folder, greeting="Volley is ready: {PUBLIC_URL}")


def demo() -> int:
    """Everything and both simulators, new at every start; no real account is touched."""
    from workers.demo import forget, scene

    folder = _data_dir()
    with _alone_in(folder, "demo"):
        forget(folder / "demo")
        app, pipedrive, twilio = free_ports(3)
        app = int(os.environ.get("PORT") or app)
        set_up = scene(os.environ, app=app, pipedrive=pipedrive, twilio=twilio)
        os.environ.clear()
        os.environ.update(set_up.environment)
        return _run(folder / "demo", set_up.simulators, set_up.ready_urls, set_up.greeting)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on right now."""
    with contextlib.ExitStack() as held:  # all at once, so that they differ
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def _run(
    home: Path,
    simulators: Mapping[str, str] | None = None,
    ready_urls: Sequence[str] = (),
    greeting: str = "",
) -> int:
    """The Procfile's processes, with servers of our own for the URLs that are unset."""
    from workers.embedded import Postgres, Server, Valkey
    from workers.settings import Settings
    from workers.supervisor import Plan, read_procfile, supervise

    port = int(os.environ.setdefault("PORT", "8000"))
    os.environ.setdefault("PUBLIC_URL", f"http://localhost:{port}")
    settings = Settings()  # a mistake is said once, here, and not by every process
    _refuse_if_taken(port)
    root = _root()
    servers: list[Server] = []
    environment = {**os.environ, "PATH": f"{_scripts()}:{os.environ.get('PATH', os.defpath)}"}
    for name, given, server in (
        ("DATABASE_URL", settings.database_url, Postgres),
        ("BROKER_URL", settings.broker_url, Valkey),
    ):
        if not given:
            servers.append(server(home))
            environment[name] = servers[-1].url
    return supervise(
        Plan(
            commands={**read_procfile((root / "Procfile").read_text()), **(simulators or {})},
            environment=environment,
            servers=servers,
            ready_urls=[f"http://127.0.0.1:{port}/readyz", *ready_urls],
            greeting=greeting.format_map(environment),
            folder=str(root),
        )
    )


def _data_dir() -> Path:
    return Path(os.environ.get("DATA_DIR") or ".volley").resolve()


def _scripts() -> Path:
    """Where `dramatiq` and `volley` lie, whether or not the environment is activated."""
    return Path(sys.executable).parent


def _root() -> Path:
    """The folder of the Procfile: the clone, wherever the command was called."""
    for folder in (Path.cwd(), Path(__file__).parents[1]):
        if (folder / "Procfile").exists():
            return folder
    raise NotPossible("there is no Procfile here; run it in a clone of Volley")


def _refuse_if_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError as error:
            raise NotPossible(f"port {port} is taken; set PORT to another") from error


@contextlib.contextmanager
def _alone_in(folder: Path, name: str) -> Iterator[None]:
    """Two of us would stop each other's servers as left over. A killed one holds no lock."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise NotPossible(f"`volley {name}` runs in {folder} already") from error
        yield
