"""A text with merge fields: Liquid, cut down to what a text needs and what cannot do harm."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from liquid import BoundTemplate
from liquid.exceptions import LiquidError, OutputStreamLimitError

from workers.domain.errors import BadRequest, TooLong
from workers.domain.liquid_rules import ENVIRONMENT, FIELDS, check
from workers.domain.liquid_scan import NotAllowed, how, place, scan
from workers.domain.reason import Reason

__all__ = [
    "FIELDS",
    "MAX_TEMPLATE",
    "MAX_TEXT",
    "Template",
    "clean_body",
    "fields_used",
    "fields_without_default",
    "length",
    "read_template",
    "render",
    "text_for",
]

#: Twilio's limit for one text (error 21617), in 16-bit units so that emojis never exceed it.
MAX_TEXT = 1_600
MAX_TEMPLATE = 5_000

Fields = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Template:
    """A text that was read and may be rendered; `source` is what to store."""

    source: str
    fields: tuple[str, ...]  # "person.first_name", in the order of their first use
    bare: tuple[str, ...]  # those printed somewhere without a default, and tested nowhere
    compiled: BoundTemplate = field(repr=False, compare=False)


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # PostgreSQL keeps no NUL; none is text
_NO_CHARACTER = re.compile(r"[\ud800-\udfff]")


def clean_body(body: str) -> str:
    """What the rep wrote, in the one spelling that is stored, shown and sent.

    Browsers post line breaks as CR LF; a tab would force a text into UCS-2; control characters
    and halves of surrogate pairs cannot be stored or sent.
    """
    body = body.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    for line_break in ("\u2028", "\u2029", "\x85", "\x0b"):
        body = body.replace(line_break, "\n")
    return _NO_CHARACTER.sub("\ufffd", _CONTROL.sub("", body))


@lru_cache(maxsize=128)
def read_template(body: str) -> Template:
    """The template in `body`, or a BadRequest that says what is wrong and where."""
    source = clean_body(body)
    if len(source) > MAX_TEMPLATE:
        raise TooLong(
            "template_too_long",
            f"This text has {len(source):,} characters; {MAX_TEMPLATE:,} is the most.",
            "Shorten it.",
        )
    return _compile(source)


def _compile(source: str) -> Template:
    try:
        scan(source)
        compiled = ENVIRONMENT.from_string(source)
        used = check(compiled)
    except NotAllowed as error:
        raise _broken(source, error.title, error.advice, error.at) from None
    except LiquidError as error:
        at = error.token.start_index if error.token else 0
        raise _broken(source, "A field can't be read", how(source, at), at) from None
    names = tuple(dict.fromkeys(used.names))
    bare = tuple(name for name in names if name in used.bare and name not in used.tested)
    return Template(source, names, bare, compiled)


def _broken(source: str, title: str, advice: str, at: int) -> BadRequest:
    return BadRequest("broken_text", f"{title} ({place(source, at)}).", advice)


def fields_used(template: Template) -> list[str]:
    """`["person.first_name", …]`, each once."""
    return list(template.fields)


def fields_without_default(template: Template) -> list[str]:
    """Those that leave a hole in the text of people who have none."""
    return list(template.bare)


def render(template: Template, fields: Fields) -> str:
    """The text for one person: exactly what is reviewed, and byte for byte what is sent.

    Blanks and line breaks around it go, they are what empty fields and text boxes leave behind.
    TooLong where it outgrows everything; `text_for` also judges the length that Twilio takes.
    """
    filled = {
        root: {name: fields.get(root, {}).get(name, "") for name in names}
        for root, names in FIELDS.items()
    }
    try:
        return template.compiled.render(filled).strip()
    except OutputStreamLimitError:
        raise TooLong("too_long", "The text is too long.", "Shorten it.") from None


def text_for(template: Template, fields: Fields) -> str | Reason:
    """The text for one person, or why there is none."""
    try:
        text = render(template, fields)
    except TooLong:
        return Reason.TOO_LONG
    if not text:
        return Reason.EMPTY_TEXT
    return Reason.TOO_LONG if length(text) > MAX_TEXT else text


def length(text: str) -> int:
    """As Twilio counts towards its limit: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
