"""Sessions and continuations against a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from tests.fakes_pipedrive import a_tokens, a_user
from workers.settings import Settings
from workers.store.database import Pool, make_pool, one, write
from workers.store.installations import PgInstallations
from workers.store.sessions import MOST_WAITING, PgSessions
from workers.vault import AesVault

pytestmark = pytest.mark.anyio

ZOE = a_user(company_id=1, user_id=7, name="Zoë", company_name="Acme", company_domain="acme")
MAX = a_user(company_id=2, user_id=8, name="Max")
HERE, LATER, LAST = b"here", b"later", b"last"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    settings = Settings(secret_key="s" * 32, database_url=database_url)
    async with make_pool(settings) as pool:
        installations = PgInstallations(pool, AesVault(["s" * 32]))
        for user in (ZOE, MAX):
            await installations.save(user, a_tokens())
        yield pool


@pytest.fixture
def sessions(pool: Pool) -> PgSessions:
    return PgSessions(pool)


async def run(pool: Pool, sql: str, **params: object) -> None:
    async with pool.connection() as connection:
        await write(connection, sql, **params)


async def sign_in_zoe(sessions: PgSessions) -> None:
    await sessions.sign_in(b"nothing yet", HERE, company_id=1, user_id=7)


async def test_somebody_who_signed_in_is_known_with_their_company(sessions: PgSessions) -> None:
    await sign_in_zoe(sessions)
    assert await sessions.identities(HERE) == [ZOE]


async def test_a_sign_in_that_ends_after_the_uninstall_is_nobody(
    sessions: PgSessions, pool: Pool
) -> None:
    await run(pool, "UPDATE installations SET access_token = NULL")
    await sign_in_zoe(sessions)
    assert await sessions.identities(HERE) == []


async def test_a_browser_we_do_not_know_is_nobody(sessions: PgSessions) -> None:
    assert await sessions.identities(b"never seen") == []


async def test_an_open_session_is_nobody_until_somebody_signs_in(sessions: PgSessions) -> None:
    await sessions.open(HERE)
    assert await sessions.identities(HERE) == []


async def test_a_second_sign_in_keeps_the_first_identity_and_comes_first(
    sessions: PgSessions,
) -> None:
    await sign_in_zoe(sessions)
    await sessions.sign_in(HERE, LATER, company_id=2, user_id=8)
    assert await sessions.identities(LATER) == [MAX, ZOE]


async def test_the_id_from_before_a_sign_in_is_worth_nothing(sessions: PgSessions) -> None:
    await sign_in_zoe(sessions)
    await sessions.sign_in(HERE, LATER, company_id=2, user_id=8)
    assert await sessions.identities(HERE) == []


async def test_a_browser_has_one_session_however_often_it_signs_in(
    sessions: PgSessions, pool: Pool
) -> None:
    await sign_in_zoe(sessions)
    await sessions.sign_in(HERE, LATER, company_id=2, user_id=8)
    async with pool.connection() as connection:
        assert await one(connection, "SELECT id_hash FROM sessions") == {"id_hash": LATER}


async def test_signing_in_again_as_the_same_user_is_one_identity(sessions: PgSessions) -> None:
    await sign_in_zoe(sessions)
    await sessions.sign_in(HERE, LATER, company_id=1, user_id=7)
    assert await sessions.identities(LATER) == [ZOE]


async def test_two_sign_ins_of_one_browser_at_once_both_hold(sessions: PgSessions) -> None:
    await sign_in_zoe(sessions)
    await asyncio.gather(
        sessions.sign_in(HERE, LATER, company_id=1, user_id=7),
        sessions.sign_in(HERE, LAST, company_id=2, user_id=8),
    )
    assert ZOE in await sessions.identities(LATER)
    assert MAX in await sessions.identities(LAST)


async def test_signing_out_ends_it_for_all_identities(sessions: PgSessions) -> None:
    await sign_in_zoe(sessions)
    await sessions.sign_in(HERE, LATER, company_id=2, user_id=8)
    await sessions.sign_out(LATER)
    assert await sessions.identities(LATER) == []


@pytest.mark.parametrize(
    "age",
    [
        "seen_at = now() - interval '7 days 1 minute'",
        "created_at = now() - interval '30 days 1 minute'",
    ],
)
async def test_a_session_ends_when_idle_for_seven_days_or_older_than_thirty(
    sessions: PgSessions, pool: Pool, age: str
) -> None:
    await sign_in_zoe(sessions)
    await run(pool, f"UPDATE sessions SET {age}")
    assert await sessions.identities(HERE) == []


async def test_a_session_that_ended_does_not_come_back_with_the_next_sign_in(
    sessions: PgSessions, pool: Pool
) -> None:
    await sign_in_zoe(sessions)
    await run(pool, "UPDATE sessions SET seen_at = now() - interval '8 days'")
    await sessions.sign_in(HERE, LATER, company_id=2, user_id=8)
    assert await sessions.identities(LATER) == [MAX]


async def test_signing_in_as_somebody_else_does_not_stretch_an_identity_past_thirty_days(
    sessions: PgSessions, pool: Pool
) -> None:
    await sign_in_zoe(sessions)
    await run(pool, "UPDATE session_identities SET signed_in_at = now() - interval '31 days'")
    await sessions.sign_in(HERE, LATER, company_id=2, user_id=8)
    assert await sessions.identities(LATER) == [MAX]


async def test_being_seen_is_written_down_at_most_once_a_minute(
    sessions: PgSessions, pool: Pool
) -> None:
    await sign_in_zoe(sessions)
    await run(pool, "UPDATE sessions SET seen_at = now() - interval '50 seconds'")
    await sessions.identities(HERE)
    assert await seconds_since_seen(pool) >= 50
    await run(pool, "UPDATE sessions SET seen_at = now() - interval '61 seconds'")
    await sessions.identities(HERE)
    assert await seconds_since_seen(pool) < 30


async def seconds_since_seen(pool: Pool) -> float:
    async with pool.connection() as connection:
        row = await one(
            connection, "SELECT extract(epoch FROM now() - seen_at)::float8 AS s FROM sessions"
        )
    assert row is not None
    return float(row["s"])


async def test_a_continuation_goes_on_once(sessions: PgSessions) -> None:
    key = uuid4()
    await sessions.keep(key, browser_hash=b"browser", kind="action", sealed=b"sealed")
    assert await sessions.take(key, browser_hash=b"browser") == ("action", b"sealed")
    assert await sessions.take(key, browser_hash=b"browser") is None


async def test_of_many_takers_at_once_one_goes_on(sessions: PgSessions) -> None:
    key = uuid4()
    await sessions.keep(key, browser_hash=b"browser", kind="action", sealed=b"sealed")
    taken = await asyncio.gather(*[sessions.take(key, browser_hash=b"browser") for _ in range(8)])
    assert taken.count(("action", b"sealed")) == 1
    assert taken.count(None) == 7


async def test_another_browser_cannot_take_a_continuation_nor_spoil_it(
    sessions: PgSessions,
) -> None:
    key = uuid4()
    await sessions.keep(key, browser_hash=b"browser", kind="form", sealed=b"sealed")
    assert await sessions.take(key, browser_hash=b"other browser") is None
    assert await sessions.take(key, browser_hash=b"browser") == ("form", b"sealed")


async def test_a_continuation_is_too_late_after_ten_minutes(
    sessions: PgSessions, pool: Pool
) -> None:
    key = uuid4()
    await sessions.keep(key, browser_hash=b"browser", kind="home", sealed=b"")
    await run(pool, "UPDATE continuations SET created_at = now() - interval '601 seconds'")
    assert await sessions.take(key, browser_hash=b"browser") is None


async def test_a_continuation_that_was_never_kept_is_none(sessions: PgSessions) -> None:
    assert await sessions.take(uuid4(), browser_hash=b"browser") is None


async def test_what_expired_is_forgotten_and_the_rest_stays(
    sessions: PgSessions, pool: Pool
) -> None:
    await sign_in_zoe(sessions)
    await sessions.sign_in(b"", LATER, company_id=2, user_id=8)
    await run(
        pool,
        "UPDATE sessions SET seen_at = now() - interval '8 days' WHERE id_hash = %(id_hash)s",
        id_hash=HERE,
    )
    await sessions.forget_expired()
    async with pool.connection() as connection:
        left = await one(
            connection,
            "SELECT (SELECT count(*) FROM sessions) AS sessions,"
            " (SELECT count(*) FROM session_identities) AS identities",
        )
    assert left == {"sessions": 1, "identities": 1}
    assert await sessions.identities(LATER) == [MAX]


async def test_a_flood_of_sign_ins_ends_before_the_disk_does(
    sessions: PgSessions, pool: Pool
) -> None:
    async with pool.connection() as connection:
        await connection.execute(
            "INSERT INTO continuations (id, browser_hash, kind, sealed)"
            " SELECT gen_random_uuid(), 'b', 'action', 's' FROM generate_series(1, %s)",
            [MOST_WAITING],
        )
        assert not await sessions.keep(uuid4(), browser_hash=b"b", kind="action", sealed=b"s")
        await connection.execute("UPDATE continuations SET created_at = now() - interval '11 min'")
    assert await sessions.keep(uuid4(), browser_hash=b"b", kind="action", sealed=b"s")


async def test_big_sign_ins_leave_room_for_small_ones(pool: Pool) -> None:
    sessions = PgSessions(pool, most_bytes=20_000)
    big, small = b"x" * 9_000, b"x" * 300
    kept = [
        await sessions.keep(uuid4(), browser_hash=b"b", kind="action", sealed=sealed)
        for sealed in (big, big, big, big, small)
    ]
    assert kept == [True, True, True, False, True]
