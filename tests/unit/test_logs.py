"""Nothing that is somebody's business is written to a log (S11, S15)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from workers import logs


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the process writes, with everything as it was afterwards."""
    root = logging.getLogger()
    before, level, stream = root.handlers[:], root.level, io.StringIO()
    logs.configure("INFO", stream=stream)
    yield stream
    root.handlers[:], root.level = before, level
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("to +37255512345 now", "to +37••••••345 now"),
        ("%2B37255512345", "+37••••••345"),
        ("tel:+14155552671;x", "tel:+14••••••671;x"),
        ("n=('+447700900123',)", "n=('+44••••••123',)"),
        ("?token=eyJhbGciOi.eyJ1.c2ln&x=1", "?token=[secret]&x=1"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOjd9.c2lnbmF0dXJl", "[token]"),
        ("Authorization: Bearer v1u:AbC.d-e_f123", "Authorization: Bearer [secret]"),
        ("Authorization: Basic ZGVtbzpkZW1v", "Authorization: Basic [secret]"),
        ("/oauth/callback?code=abc123&state=def", "/oauth/callback?code=[secret]&state=[secret]"),
        ("/twilio/status/x?k=abc", "/twilio/status/x?k=[secret]"),
        ("postgresql://volley:hunter2@db/volley", "postgresql://volley:[secret]@db/volley"),
        ("redis://:hunter2@cache:6379/0", "redis://:[secret]@cache:6379/0"),
    ],
)
def test_numbers_and_secrets_are_masked(text: str, masked: str) -> None:
    assert logs.redact(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "batch=0198f2a0-1111-7000-8000-000000000000 people=10000",
        "2026-11-22T10:46:54.123456Z",
        "2026-11-22T10:46:54+00:00",
        "code 30006, http 201, seq 123456789",
        "from ready to sending",
    ],
)
def test_what_support_needs_stays(text: str) -> None:
    assert logs.redact(text) == text


def test_an_event_is_one_json_line(written: io.StringIO) -> None:
    structlog.get_logger("test").info("moved", number="+37255512345", name="two\nlines")
    [line] = written.getvalue().splitlines()
    said = json.loads(line)
    assert (said["event"], said["number"]) == ("moved", "+37••••••345")
    assert said["name"] == "two\nlines"
    assert said["level"] == "info"


def test_libraries_and_traces_are_masked_too(written: io.StringIO) -> None:
    try:
        raise ValueError("no such number: +37255512345")
    except ValueError:
        logging.getLogger("somebody.elses").exception("failed for %s", "+37255512346")
    said = json.loads(written.getvalue())
    assert "ValueError" in said["exception"]
    assert "37255512345" not in written.getvalue()
    assert "37255512346" not in written.getvalue()


def test_addresses_of_outgoing_calls_are_not_logged(written: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET https://api.test/?To=Zo%C3%AB")
    assert written.getvalue() == ""
