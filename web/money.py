"""Amounts of money as a rep reads them (pure)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
CENT = Decimal("0.01")


def rounded(amount: Decimal) -> Decimal:
    """To the cent."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def written(amount: Decimal, currency: str) -> str:
    """ "$1,204.50", "0.38 NOK"."""
    sign = _SIGNS.get(currency)
    return f"{sign}{amount:,}" if sign else f"{amount:,} {currency}"
