"""Seals anew what an older secret sealed, so that it can be taken out of SECRET_KEY."""

from __future__ import annotations

from workers.domain.errors import CannotOpen
from workers.ports.outside import Vault
from workers.store.database import Connection, Pool, Row, rows, write

#: Every sealed column that lives long: its table, what names a row, and what a value is bound to.
_SEALED = (
    *(
        ("installations", "company_id, user_id", column, "installations/{company_id}/{user_id}/" + column)
        for column in ("access_token", "refresh_token")
    ),
    (
        "company_accounts",
        "company_id, role, account_sid",
        "secrets",
        "company_accounts/{company_id}/{account_sid}",
    ),
)  # fmt: skip


class PgResealing:
    """Fulfils `ports.identities.Resealing`."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

    async def reseal(self) -> int:
        """How many values the first secret seals from now on; one that changed meanwhile is left."""
        done = 0
        async with self._pool.connection() as connection:
            for table, key, column, seat in _SEALED:
                old = await rows(
                    connection,
                    f"SELECT {key}, {column} AS sealed FROM {table}"
                    f" WHERE substr({column}, 1, octet_length(%(mark)s)) <> %(mark)s",
                    mark=self._vault.mark,
                )
                for row in old:
                    where = f"({key}) = ({', '.join(f'%({name})s' for name in key.split(', '))})"
                    sql = f"UPDATE {table} SET {column} = %(anew)s WHERE {where} AND {column} = %(sealed)s"
                    done += await self._anew(connection, sql, row, seat.format(**row))
        return done

    async def _anew(self, connection: Connection, sql: str, row: Row, seat: str) -> int:
        try:
            plain = self._vault.open(bytes(row["sealed"]), row=seat)
        except CannotOpen:  # its secret is gone already: whoever needs it signs in again
            return 0
        return await write(connection, sql, **row, anew=self._vault.seal(plain, row=seat))
