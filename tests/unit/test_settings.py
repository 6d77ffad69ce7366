"""The settings: durations, refusals with a reason, and a README that names them all."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from workers.setting_errors import plain
from workers.settings import Settings, read_duration

KEY = "0123456789abcdef0123456789abcdef"
README = (Path(__file__).parents[2] / "README.md").read_text()


def given(**words: object) -> Settings:
    return Settings.model_validate({"secret_key": KEY, **words})


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("1h", 3600), ("2d", 172_800), ("2.5", 2.5)]
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert read_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5 minutes", "-3s", "1w", "m"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="write for example 30s"):
        read_duration(text)


def test_several_durations_are_separated_by_commas() -> None:
    assert given(lookups="1s, 2m").lookups == (timedelta(seconds=1), timedelta(minutes=2))


@pytest.mark.parametrize("name", ["lookups", "silence", "price_looks"])
@pytest.mark.parametrize("text", [",", " , "])
def test_a_list_of_times_names_one_at_least(name: str, text: str) -> None:
    """Without a last look nobody's looks would end, and no rep could decide."""
    with pytest.raises(ValueError, match="needs one time at least") as refusal:
        given(**{name: text})

    assert plain(refusal.value) == (
        f"{name.upper()}: needs one time at least; write for example 1m,5m.",
    )


def test_the_look_ups_are_those_of_the_design() -> None:
    minutes = [duration.total_seconds() / 60 for duration in given().lookups]

    assert minutes == [1, 5, 15, 60]


@pytest.mark.parametrize("keys", ["short", f"{KEY},short", ""])
def test_every_secret_key_needs_32_bytes(keys: str) -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        given(secret_key=keys)


def test_a_refused_secret_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="SECRET_KEY") as refusal:
        given(secret_key="hunter2")

    assert "hunter2" not in str(refusal.value)


def test_the_first_key_seals_and_all_open() -> None:
    other = KEY[::-1]

    assert given(secret_key=f"{KEY},{other}").secret_keys == (KEY, other)


@pytest.mark.parametrize("name", ["public_url", "pipedrive_url", "twilio_url"])
def test_an_origin_has_a_scheme_and_a_host(name: str) -> None:
    with pytest.raises(ValueError, match="must start with http"):
        given(**{name: "example.com"})


def test_an_origin_loses_its_last_slash() -> None:
    assert given(public_url="https://volley.example/").public_url == "https://volley.example"


def test_an_api_key_needs_its_secret() -> None:
    with pytest.raises(ValueError, match="without TWILIO_API_KEY_SECRET"):
        given(twilio_api_key_sid="SK1")


def test_the_jwt_secret_is_the_client_secret_unless_set() -> None:
    assert given(pipedrive_client_secret="c").jwt_secret == "c"
    assert given(pipedrive_client_secret="c", pipedrive_jwt_secret="j").jwt_secret == "j"


def test_postgres_and_postgresql_are_the_same() -> None:
    assert given(database_url="postgres://h/d").postgres_url == "postgresql://h/d"


def test_a_secret_is_not_printed() -> None:
    assert KEY not in repr(given())


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_readme_names_every_setting(name: str) -> None:
    assert f"`{name.upper()}`" in README


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_has_a_sentence(name: str) -> None:
    assert Settings.model_fields[name].description
