"""Every knob of the app: its environment name, its default and a sentence."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from workers.domain.rules import Rules, read_quiet

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def read_duration(text: str) -> timedelta:
    """`90s`, `5m`, `1h`, `2d`, or plain seconds (`2.5`)."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a duration; write for example 30s, 5m or 1h")
    return timedelta(seconds=float(found[1]) * _UNITS.get(found[2], 1))


def _durations(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value.replace(",", " ").strip():  # then looks would never end
        raise ValueError("needs one time at least; write for example 1m,5m")
    return tuple(read_duration(part) for part in value.split(",") if part.strip())


Durations = Annotated[tuple[timedelta, ...], NoDecode]


class Settings(BaseSettings):
    """Read once per process from the environment and handed on."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    port: int = Field(8000, description="The TCP port the web process listens on.")
    public_url: str = Field(
        "http://localhost:8000",
        description="The origin that browsers, Pipedrive and Twilio see; callback URLs and signatures are built from it.",
    )
    secret_key: SecretStr = Field(
        description="At least 32 bytes; several separated by commas for rotation: the first seals and signs, all open."
    )
    database_url: str = Field(
        "", description="PostgreSQL 14 or later. Unset: `volley up` starts one of its own."
    )
    broker_url: str = Field(
        "",
        description="redis://, rediss:// or unix:// of a Redis or Valkey. Unset: `volley up` starts one of its own.",
    )
    data_dir: Path = Field(
        Path(".volley"), description="Where `volley up` keeps the data of the servers it starts."
    )

    pipedrive_client_id: str = Field("", description="Client id of the app in Developer Hub.")
    pipedrive_client_secret: SecretStr = Field(
        SecretStr(""), description="Client secret of the app in Developer Hub."
    )
    pipedrive_jwt_secret: SecretStr = Field(
        SecretStr(""),
        description="The link action's JWT secret; defaults to the client secret, as at Pipedrive.",
    )
    pipedrive_url: str = Field(
        "", description="Unset: the real Pipedrive. Set: everything for Pipedrive goes there."
    )

    twilio_account_sid: str = Field("", description="The operator's Twilio account.")
    twilio_auth_token: SecretStr = Field(
        SecretStr(""),
        description="Its token; several separated by commas: the first signs in, any may have signed a receipt.",
    )
    twilio_api_key_sid: str = Field("", description="An API key to sign in with instead.")
    twilio_api_key_secret: SecretStr = Field(SecretStr(""), description="The API key's secret.")
    twilio_messaging_service_sid: str = Field("", description="The Messaging Service that sends.")
    twilio_from: str = Field("", description="Or the number that sends, in E.164.")
    twilio_companies: str = Field(
        "",
        description="Pipedrive company ids that may use this account, or *; unset: the first company that installs.",
    )
    twilio_parts_a_second: float = Field(
        0,
        ge=0,
        description="The most message parts a second that one Twilio account is handed, by all processes, whatever its company set; 0: no bound.",
    )
    twilio_url: str = Field(
        "", description="Unset: https://api.twilio.com. Set: all Twilio calls go there."
    )

    lookups: Durations = Field(
        (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1)),
        description="When an unconfirmed text is looked up after its claim; after the last a person decides.",
    )
    silence: Durations = Field(
        (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24)),
        description="When Twilio is asked about a text whose receipts fell silent; after the last we stop asking.",
    )
    price_looks: Durations = Field(
        tuple(map(read_duration, ("1m", "5m", "30m", "2h", "8h", "24h", "72h"))),
        description="When Twilio is asked what a batch's texts cost, after it has settled; after the last we stop.",
    )
    undo_seconds: float = Field(
        10, ge=0, description="How long a confirmed batch is held for Undo before the first text."
    )
    send_within: Annotated[timedelta, NoDecode] = Field(
        timedelta(hours=4),
        description="Past this after confirming nothing is sent; a person decides.",
    )
    guard_seconds: float = Field(
        60,
        ge=0,
        description="A number that was texted less than this ago is not texted by another batch.",
    )
    claim_seconds: float = Field(
        40, description="How long a claim may live before its text counts as unconfirmed."
    )
    max_chosen: int = Field(20_000, description="The most people picked by hand in one batch.")
    max_filtered: int = Field(
        200_000, description="The most people found by a filter in one batch."
    )
    typed_confirmation_above: int = Field(
        500,
        ge=1,
        description="Above this many people the rep types the number before sending, unless their company chose another.",
    )
    quiet_hours: str = Field(
        "20:00-08:00",
        description="When nobody is texted, by their own clock, unless their company chose others; off = never quiet.",
    )
    guard_hours: int = Field(
        4,
        ge=0,
        le=720,
        description="A number that anybody of the company texted less than this ago wants an explicit yes.",
    )
    max_drafts_a_minute: int = Field(20, description="New drafts a rep may open in a minute.")
    in_flight: int = Field(100, ge=1, description="The most texts on the wire per worker process.")
    twilio_timeout: float = Field(30, description="Seconds to wait for Twilio's answer.")
    pipedrive_timeout: float = Field(30, description="Seconds to wait for Pipedrive's answer.")
    pipedrive_reserve: float = Field(
        10,
        ge=0,
        le=100,
        description="Percent of a company's daily Pipedrive tokens that are left for its other apps.",
    )
    pool_size: int = Field(8, ge=2, description="Database connections per process.")
    prepare_threshold: int | None = Field(
        5, description="Prepare a statement after this many uses; -1 = never (PgBouncer)."
    )
    forget_days: int = Field(
        30,
        ge=1,
        description="So long after its last user uninstalled a company's texts and login are kept.",
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @field_validator("lookups", "silence", "price_looks", mode="before")
    @classmethod
    def _read_durations(cls, value: object) -> object:
        return _durations(value)

    @field_validator("send_within", mode="before")
    @classmethod
    def _read_one(cls, value: object) -> object:
        return read_duration(value) if isinstance(value, str) else value

    @field_validator("prepare_threshold")
    @classmethod
    def _never_prepare(cls, value: int | None) -> int | None:
        return None if value is None or value < 0 else value

    @field_validator("public_url", "pipedrive_url", "twilio_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        if value and (
            urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc
        ):
            raise ValueError(f"{value!r} must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("quiet_hours")
    @classmethod
    def _readable(cls, value: str) -> str:
        read_quiet(value)
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if any(len(key.encode()) < 32 for key in value.get_secret_value().split(",")):
            raise ValueError("every SECRET_KEY needs at least 32 bytes")
        return value

    @model_validator(mode="after")
    def _twilio_is_whole(self) -> Self:
        if self.twilio_api_key_sid and not self.twilio_api_key_secret.get_secret_value():
            raise ValueError("TWILIO_API_KEY_SID is set without TWILIO_API_KEY_SECRET")
        return self

    @property
    def rules(self) -> Rules:
        """The rules of a company that chose none."""
        return Rules(
            typed_above=self.typed_confirmation_above,
            guard_hours=self.guard_hours,
            quiet=read_quiet(self.quiet_hours),
        )

    @cached_property
    def secret_keys(self) -> tuple[str, ...]:
        """First seals and signs, all open and verify."""
        return tuple(key.strip() for key in self.secret_key.get_secret_value().split(","))

    @property
    def jwt_secret(self) -> str:
        """What Pipedrive signs link actions with."""
        own = self.pipedrive_jwt_secret.get_secret_value()
        return own or self.pipedrive_client_secret.get_secret_value()

    @property
    def twilio_auth_tokens(self) -> tuple[str, ...]:
        """First signs in; any may have signed a receipt."""
        tokens = self.twilio_auth_token.get_secret_value().split(",")
        return tuple(token.strip() for token in tokens if token.strip())

    @property
    def is_https(self) -> bool:
        """Whether browsers see us over TLS (then cookies carry `__Host-`)."""
        return self.public_url.startswith("https://")

    @property
    def postgres_url(self) -> str:
        """`DATABASE_URL` as psycopg wants it (`postgres://` is the same)."""
        scheme, _, rest = self.database_url.partition("://")
        return f"postgresql://{rest}" if scheme.startswith("postgres") else self.database_url
