"""What an error code of the text service means: whose turn it is, what may be retried, and the words.

Pure data, read by the door (words), the stages (what to remember, when to stop) and the provider.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast, get_args

from workers.domain import reason_table, reason_table_whatsapp

When = Literal["answer", "receipt", "either"]
Kind = Literal[
    "permanent",  # this person can't get it on this number
    "temporary",  # not now
    "opted_out",  # they don't want it
    "content",  # the text must change
    "sender",  # what we send from must change
    "account",  # the company's account must change
    "throttle",  # too fast
    "platform",  # the service's own trouble
    "bug",  # our request is wrong
]
Retry = Literal[
    "no",  # not to this number
    "user",  # a person may, now
    "later",  # a person may, but it helps only after hours
    "fix",  # a person may, once something was fixed
    "auto",  # we do as long as it was never taken; a taken one: as `later`
]
_Stop = Literal["go", "stop", "many"]
#: What a rep can do for somebody whose text failed: try again, use another of their numbers, try
#: again once somebody has fixed something, or nothing.
Todo = Literal["again", "number", "fix", "nothing"]

#: From which share of a batch's people on a fault that spares some of them stops the batch.
MANY = 0.2
_LANDLINES = frozenset({"21614", "21635", "30006"})
#: The number was wrong, not the person, the text or the sender: another of their numbers may do.
OTHER_NUMBER = _LANDLINES | {"21211", "21217", "21401", "21421", "21266", "30005"}


@dataclass(frozen=True, slots=True)
class Code:
    """One error code and everything we say and do about it."""

    code: str
    when: When  # as the answer to our request, in a receipt, or either
    kind: Kind
    retry: Retry
    stop: _Stop
    sentence: str  # for the rep
    advice: str  # for admins and support

    @property
    def stops_batch(self) -> bool:
        """Whether one such fault says that the next people would fail too."""
        return self.stop == "stop"

    @property
    def may_retry(self) -> bool:
        """Whether a person may ask for another try to the same number."""
        return self.retry != "no"

    @property
    def charged(self) -> bool:
        """Whether it may have cost something: a refused request never does."""
        return self.when != "answer"

    @property
    def remember(self) -> Literal["opted_out", "landline", ""]:
        """What later batches should know of the number."""
        if self.kind == "opted_out":
            return "opted_out"
        return "landline" if self.code in _LANDLINES else ""

    @property
    def link(self) -> str:
        """The provider's own page on it."""
        return f"https://www.twilio.com/docs/errors/{self.code}" if self.code.isdecimal() else ""


def code_of(code: str) -> Code:
    """What we know of a code; one that we don't know is never retried by itself and stops nothing."""
    return CODES.get(code) or Code(
        code,
        "either",
        "permanent",
        "user",
        "go",
        "It couldn't be delivered, and we don't know why. Ask support before you try again.",
        f"Unknown code {code}: read the provider's page on it." if code else "No code was given.",
    )


def todo(code: str) -> Todo:
    """What a rep can do about `code`; for what we don't know, a person may decide to try again."""
    if code in OTHER_NUMBER:
        return "number"
    match code_of(code).retry:
        case "fix":
            return "fix"
        case "no":
            return "nothing"
        case _:
            return "again"


def stops_batch(code: str, *, refused: int = 1, tried: int = 1) -> bool:
    """Whether a batch should pause after `refused` of the `tried` people met this code."""
    match code_of(code).stop:
        case "stop":
            return True
        case "many":
            return refused >= MANY * tried
        case "go":
            return False


def _read(table: str) -> Iterator[Code]:
    for block in table.strip().split("\n\n"):
        head, sentence, advice = block.split("\n")
        codes, when, kind, retry, stop = (cell.strip() for cell in head.split("|"))
        for code in codes.split():
            yield Code(
                code,
                cast(When, _checked(when, When)),
                cast(Kind, _checked(kind, Kind)),
                cast(Retry, _checked(retry, Retry)),
                cast(_Stop, _checked(stop, _Stop)),
                sentence,
                advice,
            )


def _checked(word: str, words: object) -> str:
    if word not in get_args(words):
        raise ValueError(f"{word!r} is none of {get_args(words)}")
    return word


_TABLES = (reason_table.TABLE, reason_table_whatsapp.TABLE)
CODES = {known.code: known for table in _TABLES for known in _read(table)}
