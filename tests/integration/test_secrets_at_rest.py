"""S11: what lies in the database, the broker and the logs while texts go out, and keys that change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
import redis
from psycopg import sql

from tests.servers import wait_until
from tests.staged import Stage, a_stage
from workers.store.tables import metadata

BODY = "Hello from the secret garden"
OLD = "a-key-for-tests-only-0123456789abcdef"
NEW = "another-key-for-tests-only-0123456789"
PROCESSES = ("worker", "watch", "web")


@pytest.fixture
def stage(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Stage]:
    """Real processes whose Twilio takes its time."""
    with a_stage(database_url, valkey_url, tmp_path, latency=0.3, IN_FLIGHT="4") as running:
        yield running


def opens_doors(stage: Stage) -> set[str]:
    """Everything that would let somebody in, as the two platforms know it."""
    grants = list(stage.pipedrive.grants.values())
    tokens = {token for grant in grants for token in (grant.refresh_token, *grant.access)}
    cookies = {cookie.value or "" for cookie in stage.rep.http.cookies.jar}
    settings = stage.fleet.environment
    names = ("PIPEDRIVE_CLIENT_SECRET", "TWILIO_AUTH_TOKEN")
    keys = {*settings["SECRET_KEY"].split(","), *(settings[name] for name in names)}
    found = {secret for secret in tokens | cookies | keys if len(secret) > 7}
    assert len(found) > 5, "there is something to look for"
    return found


def personal(stage: Stage) -> set[str]:
    """Texts, numbers and names."""
    texts = list(stage.twilio.accepted)
    company = stage.pipedrive.companies[42]
    names = {str(person["name"]) for person in company.people.values()}
    return {BODY, *(text["to"] for text in texts), *(name for name in names if " " in name)}


def in_broker(url: str) -> str:
    """Every value of every key."""
    with redis.Redis.from_url(url) as broker:
        parts = []
        for key in broker.scan_iter():
            parts += [key, broker.dump(key) or b""]
            if broker.type(key) == b"hash":
                parts += [part for pair in broker.hgetall(key).items() for part in pair]
    return b"\n".join(parts).decode("latin-1")


def in_database(url: str) -> str:
    """Every row of every table; bytes as text too."""
    parts = []
    with psycopg.connect(url) as connection:
        for table in metadata.sorted_tables:
            name = sql.Identifier(table.name)
            parts += [
                str(row) for row in connection.execute(sql.SQL("SELECT * FROM {}").format(name))
            ]
    return "\n".join(parts)


def shown(secrets: set[str], text: str) -> set[str]:
    return {secret for secret in secrets if secret in text}


def sending(stage: Stage, *, texted: int = 3) -> str:
    """A batch of everybody that is on its way."""
    batch = stage.everybody()
    assert stage.rep.send(batch, BODY).status_code == 202
    wait_until(lambda: stage.has_texted(texted), seconds=30, what="texts go out")
    return batch


def test_nothing_that_opens_a_door_lies_anywhere_and_no_person_in_broker_or_logs(
    stage: Stage, database_url: str, valkey_url: str
) -> None:
    batch = sending(stage)
    for _ in range(10):
        secrets, people = opens_doors(stage), personal(stage)
        broker = in_broker(valkey_url)
        assert shown(secrets | people, broker) == set()
        assert shown(secrets, in_database(database_url)) == set()
    assert batch.rpartition("/")[2] in in_database(database_url)
    stage.rep.until(batch, "settled", "delivering")
    printed = stage.fleet.printed()
    assert shown(opens_doors(stage) | personal(stage), printed) == set()
    assert re.findall(r"[?&](?:token|k|code|state)=\w+|Bearer |eyJ[A-Za-z0-9]", printed) == []


def restart(stage: Stage, key: str) -> None:
    """Every process, one after the other, with other keys."""
    stage.fleet.environment["SECRET_KEY"] = key
    for name in PROCESSES:
        assert stage.fleet.stop(name) == 0
        stage.fleet.start(name)
    wait_until(lambda: _answers(stage), seconds=90, what=lambda: stage.fleet.printed()[-2000:])


def _answers(stage: Stage) -> bool:
    try:
        return stage.rep.http.get(f"{stage.url}/readyz").status_code == 200
    except httpx.HTTPError:  # the port is not open yet
        return False


def test_keys_change_while_texts_go_out_and_nobody_notices(stage: Stage) -> None:
    batch = sending(stage)

    restart(stage, f"{OLD},{NEW}")  # everybody can open both
    restart(stage, f"{NEW},{OLD}")  # and from now on the new one seals

    told = stage.rep.until(batch, "settled", seconds=90)
    assert set(stage.texted().values()) == {1}
    assert told["counts"].get("unconfirmed", 0) == 0
    delivered = told["counts"]["delivered"]
    assert delivered > 30, "receipts whose addresses were made with the old key count"


def test_with_the_old_key_only_what_the_new_one_sealed_asks_to_sign_in_again(stage: Stage) -> None:
    restart(stage, f"{NEW},{OLD}")
    stage.pipedrive.allow_at_once = True
    stage.rep.click(stage.pipedrive.link_url([1], token=None))  # sealed with the new key

    restart(stage, OLD)

    batch = stage.rep.click(stage.pipedrive.link_url([2, 3], token=None))
    told = stage.rep.until(batch, "refused", "draft")
    assert told["phase"] == "refused"
    page = stage.rep.http.get(stage.url + batch).text
    assert "Sign in with Pipedrive again" in page
