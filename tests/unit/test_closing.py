"""The opt-out line: offered where it is true, put under a text once, and taken off without a trace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.closing import (
    REPLY,
    closing_line,
    has_closing,
    is_only_closing,
    with_closing,
    without_closing,
)
from workers.domain.senders import Kind, Pool, pool_of


@pytest.mark.parametrize(
    ("pool", "address", "line"),
    [
        (pool_of("+37255500001"), "", REPLY),
        (pool_of("+37255500001"), "acme.example/stop", REPLY),
        (pool_of("Acme"), "acme.example/stop", "To opt out: acme.example/stop"),
        (pool_of("Acme"), "", ""),
        (Pool("Mixed", (Kind.LONG_CODE, Kind.NAME)), "", ""),
        (None, "", ""),
        (None, "stop@acme.example", "To opt out: stop@acme.example"),
    ],
)
def test_stop_is_offered_only_where_a_reply_arrives(
    pool: Pool | None, address: str, line: str
) -> None:
    assert closing_line(pool, address) == line


@given(st.text(max_size=40))
def test_the_line_is_put_once_and_taken_off(body: str) -> None:
    once = with_closing(body, REPLY)

    assert with_closing(once, REPLY) == once
    assert has_closing(once, REPLY)
    assert once.count(REPLY) == body.count(REPLY) + (not has_closing(body, REPLY))
    if not has_closing(body, REPLY):
        assert without_closing(once, REPLY) == body.rstrip()


def test_a_line_alone_is_no_text() -> None:
    assert is_only_closing(f"\n\n{REPLY}")
    assert is_only_closing("To opt out: acme.example/stop ")
    assert not is_only_closing(f"Hi\n{REPLY}")
    assert not is_only_closing("To opt out: call us any time")
