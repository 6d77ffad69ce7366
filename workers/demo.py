"""The demo's scene: a simulated Pipedrive and Twilio, and an environment that knows only them."""

from __future__ import annotations

import secrets
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workers.embedded import Postgres, Valkey

#: Short enough to watch, and at night texts arrive too; whoever sets them keeps them.
_PACE = {
    "LOOKUPS": "5s,15s,30s,60s",
    "SILENCE": "8s,20s,60s",
    "PRICE_LOOKS": "2s,5s,10s,20s,60s,10m",
    "LOG_LEVEL": "WARNING",
    "QUIET_HOURS": "off",
}
#: As one ordinary number sends: a list takes long enough to try Pause and Stop.
_A_SECOND = "1"
#: Real ones are none of the demo's business: it would write into them and pretend to send.
_REAL = ("TWILIO_", "PIPEDRIVE_", "DATABASE_URL", "BROKER_URL", "PUBLIC_URL", "SECRET_KEY")
_NUMBER = "+37255500001"
_GREETING = """\
The demo is ready. Open {pipedrive}
Tick people, open ⋯ and choose "Send a text (SMS)". The first click asks you to allow Volley, then
goes on with the same people. The phones are at {twilio}; nothing real is texted. Ctrl-C ends it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What `volley demo` runs beside the Procfile, and with which environment."""

    environment: Mapping[str, str]
    simulators: Mapping[str, str]
    ready_urls: tuple[str, ...]
    greeting: str


def scene(given: Mapping[str, str], *, app: int, pipedrive: int, twilio: int) -> Scene:
    """All secrets are new; the simulators listen on this machine only."""
    app_url, pipedrive_url, twilio_url = (
        f"http://localhost:{port}" for port in (app, pipedrive, twilio)
    )
    client, client_secret = "demo-client", secrets.token_hex(24)
    account, token = f"AC{secrets.token_hex(16)}", secrets.token_hex(16)
    kept = {name: value for name, value in given.items() if not name.startswith(_REAL)}
    environment = {**_PACE, **kept} | {
        "PORT": str(app),
        "PUBLIC_URL": app_url,
        "SECRET_KEY": secrets.token_hex(32),
        "PIPEDRIVE_URL": pipedrive_url,
        "PIPEDRIVE_CLIENT_ID": client,
        "PIPEDRIVE_CLIENT_SECRET": client_secret,
        "TWILIO_URL": twilio_url,
        "TWILIO_ACCOUNT_SID": account,
        "TWILIO_AUTH_TOKEN": token,
        "TWILIO_FROM": _NUMBER,
        "TWILIO_COMPANIES": "*",
        "TWILIO_PARTS_A_SECOND": given.get("TWILIO_PARTS_A_SECOND", _A_SECOND),
    }
    simulators = {
        "pipedrive": f"{sys.executable} -m tests.simulators.pipedrive --port {pipedrive}"
        f" --app-url {app_url} --self-url {pipedrive_url}"
        f" --client-id {client} --client-secret {client_secret}",
        "twilio": f"{sys.executable} -m tests.simulators.twilio --port {twilio}"
        f" --account-sid {account} --auth-token {token} --from {_NUMBER}"
        f" --price-lag 8 --inbound {app_url}/twilio/inbound --phonebook {pipedrive_url}/simulator/phones",
    }
    greeting = _GREETING.format(pipedrive=pipedrive_url, twilio=twilio_url)
    return Scene(environment, simulators, (pipedrive_url, twilio_url), greeting)


def forget(home: Path) -> None:
    """The simulators start empty, so the app does too."""
    if home.exists():
        for server in (Postgres(home), Valkey(home)):
            server.stop_left_over()
        shutil.rmtree(home)
