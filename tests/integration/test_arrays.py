"""Arrays in their text form: PostgreSQL reads what was meant, whatever people are called."""

from __future__ import annotations

from uuid import UUID

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workers.store.database import array

#: Marks of the text form among ordinary ones; PostgreSQL keeps no NUL and no half of a pair.
TEXTS = st.text(st.sampled_from('ab,{}"\\ é😀\n') | st.characters(exclude_categories=["Cs", "Cc"]))
LISTS = st.one_of(
    st.tuples(st.just("text"), st.lists(TEXTS)),
    st.tuples(st.just("text"), st.lists(TEXTS | st.none() | st.just("NULL"))),
    st.tuples(st.just("bigint"), st.lists(st.integers(-(2**63), 2**63 - 1))),
    st.tuples(st.just("bigint"), st.lists(st.integers(0, 9) | st.none())),
    st.tuples(st.just("uuid"), st.lists(st.uuids())),
    st.tuples(st.just("boolean"), st.lists(st.booleans())),
)


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(LISTS)
def test_every_element_arrives(database_url: str, kind_and_list: tuple[str, list[object]]) -> None:
    kind, meant = kind_and_list
    with psycopg.connect(database_url, autocommit=True) as connection:
        cursor = connection.execute(f"SELECT %(given)s::{kind}[]", {"given": array(meant)})
        row = cursor.fetchone()
    assert row is not None
    found: list[object | UUID] = row[0]
    assert found == meant
