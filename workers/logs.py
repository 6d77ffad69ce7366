"""Logs as JSON lines, one per event, with numbers and secrets masked before they are written."""

from __future__ import annotations

import logging
import re
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# The last step looks at the finished line, so nothing slips by in a nested value or a trace.
_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![\w+])(?:\+|%2B)(\d{2})\d{3,10}(\d{3})(?!\d)"), r"+\1••••••\2"),
    (re.compile(r"eyJ[\w-]{4,}\.[\w-]+\.[\w-]*"), "[token]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/:=-]{8,}"), r"\1 [secret]"),
    (
        re.compile(
            r"(?i)(\b(?:access_|refresh_)?token|[?&](?:code|state|k)|\bclient_secret|\bpassword)"
            r"=[^&\s\"'\\]+"
        ),
        r"\1=[secret]",
    ),
    (re.compile(r"(://[^:/@\s\"]*:)[^@\s\"]+@"), r"\1[secret]@"),
)


def redact(text: str) -> str:
    """`text` with phone numbers, tokens and passwords masked."""
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text


def configure(level: str = "INFO", *, stream: TextIO | None = None) -> None:
    """Sends our own and every library's log lines to stderr in the same form."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
                _redacted,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for chatty in ("httpx", "httpcore", "aiohttp", "twilio"):  # they write addresses with numbers
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _redacted(_: WrappedLogger, __: str, line: str | EventDict) -> str:
    return redact(str(line))
