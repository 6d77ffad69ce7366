"""Ready means migrated: the schema of this version, or one that is newer than it knows."""

from __future__ import annotations

import psycopg
import pytest

from tests.door import Browser, Door, a_door, settings_of
from workers.store.migrate import known, newest
from workers.store.schema import look

pytestmark = pytest.mark.anyio


def set_revision(url: str, revision: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [revision])


async def test_a_migrated_database_is_current(database_url: str) -> None:
    looked = await look(database_url)

    assert looked.is_current
    assert looked.major >= 14


async def test_a_database_without_tables_is_not(empty_database_url: str) -> None:
    assert not (await look(empty_database_url)).is_current


@pytest.mark.parametrize("revision", sorted(known() - {newest()}))
async def test_an_older_schema_is_not(database_url: str, revision: str) -> None:
    set_revision(database_url, revision)

    assert not (await look(database_url)).is_current


async def test_a_newer_version_that_rolls_out_leaves_the_older_one_ready(database_url: str) -> None:
    set_revision(database_url, "9999_from_the_future")

    assert (await look(database_url)).is_current


async def test_a_process_behind_the_schema_says_not_migrated(
    door: Door, browser: Browser, database_url: str
) -> None:
    assert (await browser.get("/readyz")).status_code == 200
    set_revision(database_url, min(known()))

    answer = await browser.get("/readyz")

    assert (answer.status_code, answer.json()["database"]) == (503, "not migrated")


async def test_a_database_that_was_never_migrated_says_so_too(
    door: Door, empty_database_url: str
) -> None:
    settings = settings_of(empty_database_url, "http://127.0.0.1:1")
    async with a_door(settings, door.pipedrive) as empty, empty.browser() as browser:
        answer = await browser.get("/readyz")

    assert (answer.status_code, answer.json()["database"]) == (503, "not migrated")
