"""What the simulated account pays by country and network."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

CURRENCY = "USD"

#: By country: its name, how its numbers begin, and a part's price by network.
PRICES: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "EE": ("Estonia", "+372", {"Telia": "0.00750"}),
    "GB": ("United Kingdom", "+44", {"EE": "0.0524", "Vodafone": "0.0524"}),
    "LV": ("Latvia", "+371", {"LMT": "0.06235"}),
    "FI": ("Finland", "+358", {"Elisa": "0.0850", "DNA": "0.0975"}),
    "US": ("United States", "+1", {"AT&T": "0.0083", "Verizon": "0.0083"}),
}
_ELSEWHERE = Decimal("0.00750")


def price_of(to: str) -> Decimal:
    """What a part to this number costs; of several networks its last digit chooses one."""
    for _, begins, networks in PRICES.values():
        if to.startswith(begins):
            prices = list(networks.values())
            return Decimal(prices[int(to[-1]) % len(prices)])
    return _ELSEWHERE
