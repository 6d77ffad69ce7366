"""Prices and senders are read from the simulated Twilio, and the login goes to the right host only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest
from yarl import URL

from tests.contract.messenger_parts import error_of
from tests.counter import KEY, SERVICE
from tests.fakes_twilio import ACCOUNT
from tests.servers import serve
from tests.simulators.twilio import create_twilio
from workers.domain.cost import Range
from workers.domain.errors import Misconfigured, ProviderError, Rejected, Unavailable
from workers.domain.senders import Kind
from workers.providers.twilio_tariffs import TwilioTariffs
from workers.providers.twilio_transport import PRICING, TWILIO, TwilioTransport

pytestmark = pytest.mark.anyio
BY_SERVICE = replace(ACCOUNT, messaging_service_sid=SERVICE, sender="")


@pytest.fixture
async def served() -> AsyncIterator[tuple[TwilioTariffs, object]]:
    app = create_twilio(
        api_keys=dict([KEY]),
        senders=("+37255500001", "+18335550100", "12345", "Acme"),
        messaging_services=(SERVICE,),
    )
    with serve(app) as url:
        transport = TwilioTransport(url=url, timeout=5)
        yield TwilioTariffs(transport), app.state.world
        await transport.aclose()


async def test_a_price_is_the_range_over_all_networks(served: tuple[TwilioTariffs, object]) -> None:
    tariff = await served[0].price(ACCOUNT, "FI")

    assert tariff.currency == "USD"
    assert tariff.price((Kind.LONG_CODE,)) == Range(Decimal("0.0850"), Decimal("0.0975"))


async def test_a_country_without_a_price_is_rejected_and_a_wrong_login_misconfigured(
    served: tuple[TwilioTariffs, object],
) -> None:
    tariffs, world = served

    assert isinstance(await error_of(tariffs.price(ACCOUNT, "ZZ")), Rejected)
    wrong = replace(ACCOUNT, password="wrong")
    assert isinstance(await error_of(tariffs.price(wrong, "EE")), Misconfigured)
    world.closed.add("prices")  # type: ignore[attr-defined]  # the simulator's world
    assert isinstance(await error_of(tariffs.price(ACCOUNT, "EE")), Unavailable)


async def test_a_services_senders_of_every_kind_are_counted(
    served: tuple[TwilioTariffs, object],
) -> None:
    pool = await served[0].pool(BY_SERVICE)

    assert pool.name.startswith("Customers")
    assert sorted(pool.kinds) == sorted(
        (Kind.LONG_CODE, Kind.TOLL_FREE, Kind.SHORT_CODE, Kind.NAME)
    )
    assert isinstance(
        await error_of(served[0].pool(replace(BY_SERVICE, messaging_service_sid="MG" + "f" * 32))),
        ProviderError,
    )


def test_the_login_goes_to_twilios_own_hosts_only() -> None:
    transport = TwilioTransport()

    asked = {
        f"{PRICING}/v1/Messaging/Countries/EE": "pricing.twilio.com",
        f"{PRICING}.evil.example/v1": "api.twilio.com",
        "https://evil.example/v1/Messaging/Countries/EE": "api.twilio.com",
        f"{TWILIO}/2010-04-01": "api.twilio.com",
    }
    for address, host in asked.items():
        built = transport.address(address)
        assert isinstance(built, URL)
        assert built.host == host
