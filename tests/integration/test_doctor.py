"""`volley doctor` against real servers and both simulators: every fault gets its sentence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.contract.pipedrive_served import as_new
from tests.contract.twilio_seat import ACCOUNT, SERVICE, TOKEN, Seat, running_twilio
from tests.door import settings_of
from tests.integration.test_commands import volley
from tests.servers import free_port, serve
from tests.services import name_of
from tests.simulators.pipedrive import create_pipedrive, world_of
from tests.simulators.pipedrive_world import World
from web.app import create_app
from web.protocol import LongQueryProtocol
from workers.doctor import exit_code, look, printed
from workers.doctor_address import check_address
from workers.settings import Settings

pytestmark = pytest.mark.anyio

NOWHERE = "http://127.0.0.1:1"
SECRET = "demo-client-secret-0123456789abcdef"


@pytest.fixture(scope="module")
def twilio() -> Iterator[Seat]:
    with running_twilio() as seat:
        yield seat


@pytest.fixture(scope="module")
def pipedrive() -> Iterator[tuple[World, str]]:
    app = create_pipedrive(app_url="http://volley.test", client_secret=SECRET)
    with serve(app) as url:
        yield world_of(app), url


@pytest.fixture
def whole(
    database_url: str, valkey_url: str, twilio: Seat, pipedrive: tuple[World, str]
) -> dict[str, Any]:
    """Settings of an app that has everything; a test takes something away."""
    as_new(pipedrive[0])
    return {
        "database_url": database_url,
        "pipedrive_url": pipedrive[1],
        "public_url": "http://localhost:1",
        "broker_url": valkey_url,
        "twilio_url": twilio.url,
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": TOKEN,
        "twilio_from": "",
        "twilio_messaging_service_sid": SERVICE,
        "port": 1,
    }


async def findings(settings: Settings) -> dict[str, str]:
    """`ok`, `warn` or `FAIL` and the sentence, by part."""
    found = await look(settings)
    text = printed(found)
    assert SECRET not in text
    assert TOKEN not in text
    assert exit_code(found) == any(one.verdict == "FAIL" for one in found)
    return {one.part: f"{one.verdict} {one.sentence}" for one in found}


async def changed(whole: dict[str, Any], **settings: Any) -> dict[str, str]:
    return await findings(settings_of(**{**whole, **settings}))


# ---------------------------------------------------------------- all of it


async def test_a_whole_set_up_is_all_ok(whole: dict[str, Any]) -> None:
    port = free_port()
    settings = settings_of(**{**whole, "public_url": f"http://127.0.0.1:{port}", "port": port})
    with serve(create_app(settings), port=port, http=LongQueryProtocol):
        found = await findings(settings)

    assert found.pop("PUBLIC_URL").startswith("warn Only this machine")  # it has no certificate
    assert {sentence.split()[0] for sentence in found.values()} == {"ok"}
    assert "60 KB" in found["Way in"]
    assert len(found) == 10


def test_the_command_prints_a_line_each_and_no_secret(whole: dict[str, Any]) -> None:
    given = {name.upper(): str(value) for name, value in whole.items()}
    client = {"PIPEDRIVE_CLIENT_ID": "demo-client", "PIPEDRIVE_CLIENT_SECRET": SECRET}
    done = volley("doctor", **given, **client, SECRET_KEY="k" * 32)

    assert done.returncode == 0, done.stderr
    assert "ok   Pipedrive app     Pipedrive at http://" in done.stdout
    assert "Volley can work. 2 could be better." in done.stdout
    for secret in (SECRET, TOKEN, "k" * 32):
        assert secret not in done.stdout + done.stderr


def test_the_command_names_every_setting_that_is_wrong_at_once() -> None:
    done = volley("doctor", SECRET_KEY="hunter2", PORT="abc", LOOKUPS="soon")

    assert done.returncode == 1
    assert done.stdout.count("FAIL") == 3
    assert "SECRET_KEY needs at least 32 bytes" in done.stdout
    assert "PORT: input should be a valid integer" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


def test_the_command_says_how_to_make_the_key_that_is_missing() -> None:
    done = volley("doctor", SECRET_KEY="")

    assert "SECRET_KEY is not set. Make one" in done.stdout
    assert "secrets.token_hex(32)" in done.stdout


def test_a_manifest_needs_an_address_and_nothing_else() -> None:
    shown = volley("manifest", "--json", PUBLIC_URL="https://volley.example.com", SECRET_KEY="")
    refused = volley("manifest", SECRET_KEY="")

    assert '"callback_url": "https://volley.example.com/oauth/callback"' in shown.stdout
    assert refused.returncode == 1
    assert refused.stderr.startswith("volley: PUBLIC_URL is http://localhost:8000.")
    assert "Traceback" not in refused.stderr


# ---------------------------------------------------------------- the address


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://volley.example.com", "ok https://volley.example.com is what Pipedrive"),
        ("http://localhost:8000", "warn Only this machine"),
        ("http://volley.example.com", "FAIL http://volley.example.com is not https"),
        ("https://volley.example.com/app", "FAIL https://volley.example.com/app is more than"),
        ("https://volley.example.com:https", "FAIL https://volley.example.com:https can't be"),
        ("https://my_volley.example.com", "FAIL Twilio sends no receipts to a host with an"),
    ],
)
def test_an_address_is_read_before_it_is_asked(url: str, said: str) -> None:
    found = check_address(settings_of("", "", public_url=url))

    assert f"{found.verdict} {found.sentence}".startswith(said)


@contextlib.contextmanager
def a_front(status: int) -> Iterator[str]:
    """A proxy that leads to us, and answers long links itself."""

    async def answer(request: Request) -> Response:
        return PlainTextResponse("ok\n", status if len(request.url.query) > 8000 else 200)

    with serve(Starlette(routes=[Route("/healthz", answer)])) as url:
        yield url


async def test_a_proxy_that_cuts_long_links_is_found(whole: dict[str, Any]) -> None:
    with a_front(414) as url:
        found = await changed(whole, public_url=url)

    assert "stops long links (414)" in found["Way in"]
    assert "nginx" in found["Way in"]


async def test_an_address_that_leads_elsewhere_is_told_from_a_stopped_app(
    whole: dict[str, Any],
) -> None:
    with a_front(200) as url:
        elsewhere = await changed(whole, port=int(url.rpartition(":")[2]))
    nothing = await changed(whole)

    assert "doesn't lead to it" in elsewhere["Way in"]
    assert nothing["Way in"].startswith("warn Nothing answers yet.")


# ---------------------------------------------------------------- the servers


async def test_a_database_that_is_not_there(whole: dict[str, Any]) -> None:
    found = await changed(whole, database_url="postgresql://u:hunter2@127.0.0.1:1/none")

    assert found["Database"].startswith("FAIL Nobody answers at DATABASE_URL.")
    assert "hunter2" not in str(found)


async def test_a_database_with_another_name(whole: dict[str, Any], database_url: str) -> None:
    found = await changed(whole, database_url=database_url.replace(name_of(database_url), "nix"))

    assert "FAIL PostgreSQL has no such database" in found["Database"]


async def test_a_database_address_that_cannot_be_read(whole: dict[str, Any]) -> None:
    found = await changed(whole, database_url="postgres//u:hunter2@h/d")

    assert "FAIL DATABASE_URL can't be read" in found["Database"]
    assert "hunter2" not in str(found)


async def test_a_database_that_is_not_migrated(
    whole: dict[str, Any], empty_database_url: str
) -> None:
    found = await changed(whole, database_url=empty_database_url)

    assert found["Database"].endswith("Run `volley migrate`.")


async def test_without_urls_volley_up_brings_the_servers(
    whole: dict[str, Any], tmp_path: Any
) -> None:
    found = await changed(whole, database_url="", broker_url="", data_dir=tmp_path)

    assert "`volley up` brings a PostgreSQL" in found["Database"]
    assert "`volley up` brings a Valkey" in found["Broker"]


async def test_a_lost_broker_is_no_failure(whole: dict[str, Any]) -> None:
    found = await changed(whole, broker_url="redis://:hunter2@127.0.0.1:1/0")

    assert found["Broker"].startswith("warn Nobody answers")
    assert "hunter2" not in str(found)


async def test_a_broker_of_another_kind(whole: dict[str, Any]) -> None:
    assert "FAIL BROKER_URL must start" in (await changed(whole, broker_url="amqp://h"))["Broker"]


async def test_a_broker_that_drops_keys(whole: dict[str, Any], valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            found = await changed(whole)
        finally:
            client.config_set("maxmemory-policy", "noeviction")

    assert found["Broker"].startswith("warn It may drop keys when memory is short (allkeys-lru)")
