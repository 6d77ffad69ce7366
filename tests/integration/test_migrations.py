"""The migrations make exactly the tables that the app describes, on a real PostgreSQL."""

from __future__ import annotations

import subprocess
import sys

import psycopg

from workers.store.migrate import check, downgrade, is_current, upgrade


def test_an_empty_database_gets_the_schema_that_the_tables_describe(
    empty_database_url: str,
) -> None:
    assert not is_current(empty_database_url)

    upgrade(empty_database_url)

    assert is_current(empty_database_url)
    check(empty_database_url)


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    upgrade(database_url)

    assert is_current(database_url)
    check(database_url)


def test_down_and_up_again_works_on_data(database_url: str) -> None:
    insert = "INSERT INTO companies (company_id, name) VALUES (1, 'Blue')"
    with psycopg.connect(database_url) as connection:
        connection.execute(insert)

    downgrade(database_url)
    assert not is_current(database_url)
    upgrade(database_url)

    check(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute(insert)


def test_two_releases_at_once_do_not_collide(empty_database_url: str) -> None:
    program = "import sys; from workers.store.migrate import upgrade; upgrade(sys.argv[1])"
    command = [sys.executable, "-c", program, empty_database_url]

    releases = [subprocess.Popen(command) for _ in range(3)]

    assert [release.wait(120) for release in releases] == [0, 0, 0]
    assert is_current(empty_database_url)


def test_a_postgres_url_is_the_same_as_a_postgresql_url(empty_database_url: str) -> None:
    upgrade(empty_database_url.replace("postgresql://", "postgres://"))

    assert is_current(empty_database_url)
