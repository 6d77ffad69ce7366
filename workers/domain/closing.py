"""The line that says how to get no more texts; it is part of the text, so that it is sent as it is seen."""

from __future__ import annotations

from workers.domain.senders import Pool

REPLY = "Reply STOP to opt out."
LONGEST_ADDRESS = 60
_ELSEWHERE = "To opt out: "


def closing_line(pool: Pool | None, address: str) -> str:
    """For senders that can be answered, else with the company's own address; "" = none to offer."""
    if pool is not None and pool.can_be_answered:
        return REPLY
    return f"{_ELSEWHERE}{address}" if address else ""


def has_closing(body: str, line: str) -> bool:
    """Whether the text ends with it."""
    return bool(line) and body.rstrip().endswith(line)


def is_only_closing(body: str) -> bool:
    """Whether nothing stands above the line yet."""
    text = body.strip()
    return text == REPLY or (text.startswith(_ELSEWHERE) and len(text.split()) == 4)


def with_closing(body: str, line: str) -> str:
    """The text with it, on a line of its own; once, however often it is asked for."""
    if not line or has_closing(body, line):
        return body
    return f"{body.rstrip()}\n{line}"


def without_closing(body: str, line: str) -> str:
    """The text as it was before."""
    return body.rstrip().removesuffix(line).rstrip() if has_closing(body, line) else body
