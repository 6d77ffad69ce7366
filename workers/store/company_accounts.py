"""Companies' own Twilio accounts; logins are sealed and bound to their company and account."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta

from psycopg.types.json import Jsonb

from workers.domain.errors import CannotOpen
from workers.ports.company import OwnAccount, Senders
from workers.ports.outside import Account, Vault
from workers.store.database import Pool, Row, again, one, rows, write

#: How long a process may send with what it read: every claim and every receipt asks.
FRESH_SECONDS = 1.0

_ONE = """
SELECT a.*, coalesce(i.user_name, '') AS by
FROM company_accounts a
LEFT JOIN installations i ON i.company_id = a.company_id AND i.user_id = a.connected_by
WHERE a.company_id = %(company_id)s AND a.role = %(role)s
"""
_SENDS = "SELECT * FROM company_accounts WHERE company_id = %(company_id)s AND role = 'sends'"
_FORMER = "SELECT * FROM company_accounts WHERE company_id = %(company_id)s AND role = 'former'"
_WITH_SID = """
SELECT * FROM company_accounts
WHERE account_sid = %(account_sid)s AND role IN ('sends', 'former') ORDER BY company_id LIMIT 100
"""
_STILL = " AND a.changed_at > now() - interval '1 hour'"

# Two admins at once take turns: every change begins here.
_LOCK = "SELECT 1 FROM companies WHERE company_id = %(company_id)s FOR UPDATE"

_END_CHOOSING = (
    "DELETE FROM company_accounts WHERE company_id = %(company_id)s AND role = 'choosing'"
)
_KEEP = """
INSERT INTO company_accounts (company_id, role, account_sid, username, secrets, offered, connected_by)
VALUES (%(company_id)s, 'choosing', %(account_sid)s, %(username)s, %(secrets)s, %(offered)s, %(by)s)
"""

# How fast it sends is the sender's own: a new login changes nothing of it, another sender does.
_CARRY = """
UPDATE company_accounts next SET parts_a_second = sends.parts_a_second
FROM company_accounts sends
WHERE next.company_id = %(company_id)s AND next.role = 'choosing'
  AND sends.company_id = next.company_id AND sends.role = 'sends'
  AND (sends.account_sid, sends.messaging_service_sid, sends.sender)
    = (next.account_sid, %(service)s, %(sender)s)
"""
_SET_SPEED = """
UPDATE company_accounts SET parts_a_second = %(parts_a_second)s
WHERE company_id = %(company_id)s AND role = 'sends' AND account_sid = %(account_sid)s
  AND coalesce(nullif(messaging_service_sid, ''), sender) = %(origin)s
"""

# What becomes of the account that sends: remembered for its receipts, unless it is the same one.
_RETIRE = (
    """
DELETE FROM company_accounts old
WHERE old.company_id = %(company_id)s AND old.role = 'former' AND (old.account_sid = %(next_sid)s
  OR EXISTS (SELECT 1 FROM company_accounts sends WHERE sends.company_id = old.company_id
             AND sends.role = 'sends' AND sends.account_sid = old.account_sid))
""",
    """
DELETE FROM company_accounts
WHERE company_id = %(company_id)s AND role = 'sends' AND account_sid = %(next_sid)s
""",
    """
UPDATE company_accounts SET role = 'former', offered = '{}', changed_at = now()
WHERE company_id = %(company_id)s AND role = 'sends'
""",
)
_CHOOSE = """
UPDATE company_accounts SET role = 'sends', messaging_service_sid = %(service)s,
    sender = %(sender)s, offered = '{}', changed_at = now()
WHERE company_id = %(company_id)s AND role = 'choosing'
"""
_FORGET_FORMER = """
DELETE FROM company_accounts
WHERE (role = 'former' AND changed_at < now() - %(older_than)s)
   OR (role = 'choosing' AND changed_at < now() - interval '1 hour')
"""


class PgCompanyAccounts:
    """Fulfils `ports.company.OwnAccounts`."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault
        self._known: dict[int, tuple[float, Account | None]] = {}

    async def sends(self, company_id: int) -> Account | None:
        """The account that the company sends with, at most a second old."""
        until, known = self._known.get(company_id, (0.0, None))
        return known if time.monotonic() < until else await self.sends_now(company_id)

    async def sends_now(self, company_id: int) -> Account | None:
        """The same, read afresh."""
        row = await self._one(_SENDS, company_id=company_id)
        account = None if row is None else self._opened(row)
        self._known[company_id] = (time.monotonic() + FRESH_SECONDS, account)
        return account

    async def former(self, company_id: int) -> Sequence[Account]:
        """Those that it sent with a while ago, but what can't be opened."""
        async with self._pool.connection() as connection:
            found = await rows(connection, _FORMER, company_id=company_id)
        return [account for _, account in self._openable(found)]

    async def with_sid(self, account_sid: str) -> Sequence[tuple[int, Account]]:
        """Companies with this account, each with its login; what can't be opened proves nothing."""
        async with self._pool.connection() as connection:
            found = await rows(connection, _WITH_SID, account_sid=account_sid)
        return list(self._openable(found))

    async def connected(self, company_id: int) -> OwnAccount | None:
        """The account that the company sends with, for its settings."""
        return self._shown(await self._one(_ONE, company_id=company_id, role="sends"))

    async def choosing(self, company_id: int) -> OwnAccount | None:
        """A verified account that still needs a sender, for an hour."""
        return self._shown(await self._one(_ONE + _STILL, company_id=company_id, role="choosing"))

    @again
    async def keep(self, company_id: int, account: Account, senders: Senders, *, by: int) -> None:
        """Verified just now; what the company sends with stays until a sender is chosen."""
        values = {
            "company_id": company_id,
            "account_sid": account.account_sid,
            "username": account.username,
            "secrets": self._sealed(company_id, account),
            "offered": Jsonb(asdict(senders)),
            "by": by,
        }
        async with self._pool.connection() as connection, connection.transaction():
            await write(connection, _LOCK, company_id=company_id)
            await write(connection, _END_CHOOSING, company_id=company_id)
            await write(connection, _KEEP, **values)

    @again
    async def choose(
        self, company_id: int, account_sid: str, *, service: str = "", sender: str = ""
    ) -> bool:
        """The company sends with the kept account from now on; False where that is gone."""
        who = {"company_id": company_id}
        async with self._pool.connection() as connection, connection.transaction():
            await write(connection, _LOCK, **who)
            kept = await one(connection, _ONE + _STILL, **who, role="choosing")
            if kept is None or kept["account_sid"] != account_sid:
                return False
            await write(connection, _CARRY, **who, service=service, sender=sender)
            for sql in _RETIRE:
                await write(connection, sql, **who, next_sid=account_sid)
            await write(connection, _CHOOSE, **who, service=service, sender=sender)
        self._known.pop(company_id, None)
        return True

    async def set_speed(self, company_id: int, account: Account, parts_a_second: float) -> bool:
        """What `account` sends a second, 0 = what is usual; False where it sends no more."""
        async with self._pool.connection() as connection:
            changed = await write(
                connection,
                _SET_SPEED,
                company_id=company_id,
                account_sid=account.account_sid,
                origin=account.origin,
                parts_a_second=parts_a_second,
            )
        self._known.pop(company_id, None)
        return bool(changed)

    async def stop_choosing(self, company_id: int) -> None:
        """The kept account is forgotten."""
        async with self._pool.connection() as connection:
            await write(connection, _END_CHOOSING, company_id=company_id)

    @again
    async def disconnect(self, company_id: int) -> bool:
        """The company sends with no account of its own; False where it had none."""
        async with self._pool.connection() as connection, connection.transaction():
            await write(connection, _LOCK, company_id=company_id)
            await write(connection, _END_CHOOSING, company_id=company_id)
            for sql in _RETIRE:
                retired = await write(connection, sql, company_id=company_id, next_sid="")
        self._known.pop(company_id, None)
        return bool(retired)

    async def forget_former(self, older_than: timedelta) -> None:
        """Deletes logins that nobody needs any more."""
        async with self._pool.connection() as connection:
            await write(connection, _FORGET_FORMER, older_than=older_than)

    async def _one(self, sql: str, **values: object) -> Row | None:
        async with self._pool.connection() as connection:
            return await one(connection, sql, **values)

    def _shown(self, row: Row | None) -> OwnAccount | None:
        if row is None:
            return None
        return OwnAccount(
            self._opened(row), row["verified_at"], row["by"], _senders(row["offered"])
        )

    def _openable(self, found: Sequence[Row]) -> Iterator[tuple[int, Account]]:
        for row in found:
            with contextlib.suppress(CannotOpen):
                yield row["company_id"], self._opened(row)

    def _opened(self, row: Row) -> Account:
        seat = _seat(row["company_id"], row["account_sid"])
        secrets = json.loads(self._vault.open(bytes(row["secrets"]), row=seat))
        return Account(
            account_sid=row["account_sid"],
            username=row["username"],
            password=secrets["password"],
            auth_tokens=tuple(secrets["auth_tokens"]),
            messaging_service_sid=row["messaging_service_sid"],
            sender=row["sender"],
            parts_a_second=row["parts_a_second"],
        )

    def _sealed(self, company_id: int, account: Account) -> bytes:
        secrets = {"password": account.password, "auth_tokens": account.auth_tokens}
        seat = _seat(company_id, account.account_sid)
        return self._vault.seal(json.dumps(secrets).encode(), row=seat)


def _seat(company_id: int, account_sid: str) -> str:
    """The place a login is sealed for."""
    return f"company_accounts/{company_id}/{account_sid}"


def _senders(offered: Row) -> Senders:
    return Senders(
        services=tuple((sid, name) for sid, name in offered.get("services", ())),
        numbers=tuple(offered.get("numbers", ())),
        unread=tuple(offered.get("unread", ())),
    )
