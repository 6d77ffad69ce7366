"""What a batch's texts did cost, in words, and exact for programs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from starlette.requests import Request

from web import views
from web.clock import number
from web.money import CENT, rounded, written
from workers.domain.bill import Bill
from workers.ports.reading import BatchView

#: Why no price came, while we still ask.
_TROUBLE = {
    "account": "they went out from a Twilio account that isn't connected any more",
    "login": "Twilio refuses our login; an admin of your Pipedrive can connect it again",
}


async def bill_of(request: Request, view: BatchView) -> Bill | None:
    """Read once a request; None while nothing was sent."""
    if views.mood(view) != "sent":
        return None
    if not hasattr(request.state, "bill"):
        request.state.bill = await request.app.state.runtime.bills.of(view.id, seq=view.seq)
    known: Bill | None = request.state.bill
    return known


async def may_tell_more(request: Request, view: BatchView) -> bool:
    """Whether a page that is looked at soon learns what the texts cost."""
    bill = await bill_of(request, view)
    return bill is not None and bill.is_expected(view.now)


async def beside(request: Request, view: BatchView) -> str:
    """Changes with what is known of the bill, once nothing else changes any more."""
    if not views.is_over(view):
        return ""
    return said(await bill_of(request, view)) + str(await may_tell_more(request, view))


def said(bill: Bill | None) -> str:
    """ "These 48 texts cost $0.38.", or how far that is known; "" before it is asked."""
    if bill is None or bill.settled_at is None or not bill.texts:
        return ""
    if not bill.missing:
        return f"{_these(bill.texts)} cost {money(bill.totals)}."
    if not bill.priced:
        return _none_yet(bill)
    of = f"{number(bill.priced)} of {number(bill.texts)} texts"
    if not bill.is_open:
        return f"{of} cost {money(bill.totals)}. No price came for {_others(bill)}{_why(bill)}."
    why = _why(bill) or ", which usually takes less than a day"
    wait = "waits for its" if bill.missing == 1 else "wait for their"
    return f"{of} cost {money(bill.totals)}. {_the_others(bill)} {wait} price{why}."


def money(totals: Mapping[str, Decimal]) -> str:
    """ "$0.38", "$0.38 and 1.20 NOK"; what rounds to nothing is "less than $0.01"."""
    return " and ".join(_amount(amount, currency) for currency, amount in totals.items())


def for_programs(bill: Bill | None) -> Mapping[str, Any] | None:
    """Exact, in texts: money is no float."""
    if bill is None or bill.settled_at is None:
        return None
    return {
        "texts": bill.texts,
        "priced": bill.priced,
        "money": [{"currency": name, "amount": str(sum_)} for name, sum_ in bill.totals.items()],
        "asking": bill.is_open,
    }


def exact(cost: tuple[Decimal, str] | None) -> Mapping[str, str] | None:
    """What one try cost, for programs."""
    return cost and {"amount": str(cost[0]), "currency": cost[1]}


def _amount(amount: Decimal, currency: str) -> str:
    if not amount:
        return "nothing"
    if not rounded(amount):
        return f"less than {written(CENT, currency)}"
    return written(rounded(amount), currency)


def _none_yet(bill: Bill) -> str:
    if not bill.is_open:
        return f"No price came for {_these(bill.texts).lower()}{_why(bill)}."
    why = _why(bill) or "; it usually comes within a day"
    return f"{_these(bill.texts)} {'has' if bill.texts == 1 else 'have'} no price yet{why}."


def _why(bill: Bill) -> str:
    if bill.trouble:
        return f": {_TROUBLE[bill.trouble]}"
    return "" if bill.is_open else " and we have stopped asking; Twilio's bill says it"


def _these(texts: int) -> str:
    return "This text" if texts == 1 else f"These {number(texts)} texts"


def _others(bill: Bill) -> str:
    return "the other one" if bill.missing == 1 else f"the other {number(bill.missing)}"


def _the_others(bill: Bill) -> str:
    return _others(bill).replace("the", "The", 1)
