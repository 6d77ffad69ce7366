"""What texts are sent from: its kind, how fast it is and whether it can be answered (twilio.md §5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workers.domain.place import is_toll_free


class Kind(StrEnum):
    """A kind of sender."""

    LONG_CODE = "long code"
    TOLL_FREE = "toll-free number"
    SHORT_CODE = "short code"
    NAME = "sender name"  # alphanumeric: nobody can answer it


#: Parts a second that Twilio hands to the networks, unless it agreed on more with the account.
RATES: Mapping[Kind, int] = {
    Kind.LONG_CODE: 1,
    Kind.TOLL_FREE: 3,
    Kind.SHORT_CODE: 100,
    Kind.NAME: 10,
}


@dataclass(frozen=True, slots=True)
class Pool:
    """Everything that a company's texts may be sent from; one number is a pool of one."""

    name: str = ""  # a Messaging Service's, "" for a number
    kinds: tuple[Kind, ...] = ()

    @property
    def rate(self) -> int:
        """Parts a second; 0 = nobody knows."""
        return sum(RATES[kind] for kind in self.kinds)

    @property
    def can_be_answered(self) -> bool:
        """Whether a reply reaches it, whichever of its senders Twilio picks."""
        return bool(self.kinds) and Kind.NAME not in self.kinds

    @property
    def counted(self) -> Mapping[Kind, int]:
        """How many of each kind, the commonest first."""
        return dict(Counter(self.kinds).most_common())


def pool_of(sender: str) -> Pool:
    """The pool of one number, short code or name."""
    return Pool(kinds=(kind_of(sender),)) if sender else Pool()


def kind_of(sender: str) -> Kind:
    """By its looks: `+372…`, `+1800…`, `12345` or `Acme`."""
    if sender.startswith("+"):
        return Kind.TOLL_FREE if is_toll_free(sender) else Kind.LONG_CODE
    return Kind.SHORT_CODE if sender.isascii() and sender.isdigit() else Kind.NAME


def pool_to_json(pool: Pool) -> dict[str, Any]:
    return {"name": pool.name, "kinds": list(pool.kinds)}


def pool_from_json(stored: Mapping[str, Any]) -> Pool:
    return Pool(stored["name"], tuple(Kind(kind) for kind in stored["kinds"]))
