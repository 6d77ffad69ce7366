"""Whether the database and the broker are there, and as Volley needs them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psycopg
import redis.asyncio
from redis.exceptions import AuthenticationError, RedisError

from workers.domain.checkup import Finding, fail, ok, warn
from workers.embedded import Postgres, Server, Valkey
from workers.settings import Settings
from workers.store.schema import look

DATABASE, BROKER = "Database", "Broker"
OLDEST_POSTGRES = 14
#: libpq's words, as there is no code for a connection that was never made. Its text itself is not
#: shown: for an address that can't be read it repeats the address, with the password.
_WHY: Mapping[str, str] = {
    "authentication failed": "refuses the user or the password",
    'role "': "has no such user",
    "does not exist": "has no such database; create it first",
    "no pg_hba.conf entry": "lets nobody in from this machine",
    "too many clients": "has no connection left",
    "too many connections": "has no connection left",
    "support ssl": "has no TLS; leave out sslmode",
    "ssl error": "and this machine don't agree on TLS; see sslmode",
    "certificate": "has a certificate that this machine doesn't trust",
}


async def check_database(settings: Settings) -> Finding:
    """Reachable, new enough and migrated."""
    url = settings.postgres_url or _own(Postgres, settings.data_dir)
    if not url:
        return _brought_by_up(DATABASE, "DATABASE_URL", "PostgreSQL", settings)
    if settings.database_url and "://" not in settings.database_url:
        return fail(DATABASE, _UNREADABLE)
    try:
        looked = await look(url)
    except psycopg.OperationalError as error:
        if not settings.database_url:  # `volley up` was killed
            return _brought_by_up(DATABASE, "DATABASE_URL", "PostgreSQL", settings)
        return fail(DATABASE, _unreachable(str(error)))
    except psycopg.Error:
        return fail(DATABASE, _UNREADABLE)
    if looked.major < OLDEST_POSTGRES:
        return fail(
            DATABASE, f"PostgreSQL {looked.major} is too old. Volley needs {OLDEST_POSTGRES}."
        )
    if not looked.is_current:
        return fail(DATABASE, "The schema isn't this version's. Run `volley migrate`.")
    return ok(DATABASE, f"PostgreSQL {looked.major} is there and migrated.")


_UNREADABLE = "DATABASE_URL can't be read. It looks like postgresql://user:password@host/name."


def _unreachable(text: str) -> str:
    for words, meaning in _WHY.items():
        if words in text.lower():
            return f"PostgreSQL {meaning}. Correct DATABASE_URL or the server."
    return "Nobody answers at DATABASE_URL. Start PostgreSQL, or correct host and port."


async def check_broker(settings: Settings) -> Finding:
    """Never required: without it the workers look by themselves, a second later."""
    url = settings.broker_url or _own(Valkey, settings.data_dir)
    if not url:
        return _brought_by_up(BROKER, "BROKER_URL", "Valkey", settings)
    try:
        async with redis.asyncio.Redis.from_url(url) as client:
            policy = (await client.info("memory")).get("maxmemory_policy")
    except AuthenticationError:
        return warn(BROKER, f"It refuses the password in BROKER_URL. {_SLOWER}")
    except (RedisError, OSError):
        if not settings.broker_url:
            return _brought_by_up(BROKER, "BROKER_URL", "Valkey", settings)
        return warn(BROKER, f"Nobody answers at BROKER_URL. {_SLOWER}")
    except ValueError:
        return fail(BROKER, "BROKER_URL must start with redis://, rediss:// or unix://.")
    if policy != "noeviction":
        return warn(
            BROKER,
            f"It may drop keys when memory is short ({policy}). Set maxmemory-policy noeviction.",
        )
    return ok(BROKER, "It is there and never drops keys.")


_SLOWER = "Volley works without it, only slower."


def _brought_by_up(part: str, name: str, server: str, settings: Settings) -> Finding:
    folder = settings.data_dir
    return ok(part, f"{name} is not set: `volley up` brings a {server} of its own in {folder}.")


def _own(kind: type[Server], folder: Path) -> str:
    """The address of the server that `volley up` runs in `folder` right now, or nothing."""
    server = kind(folder)
    return server.url if server.sockets.exists() else ""
