"""Big selections over the real processes: exactly the people that were ticked, in few calls."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.rep import JSON
from tests.staged import Stage, a_stage

SEGMENT = 1_400
PEOPLE = 10_060
PERSONS = "/api/v2/persons"


@pytest.fixture(scope="module")
def stage(
    module_database_url: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("fleet")
    with a_stage(module_database_url, valkey_url, folder, people=PEOPLE) as stage:
        stage.pipedrive.allow_at_once = True
        stage.rep.until(stage.rep.click(stage.pipedrive.link_url([1])), "draft")
        yield stage


def visible(stage: Stage) -> set[int]:
    """Whom Pipedrive's list shows the rep."""
    people = stage.pipedrive.people
    return {
        at for at in people.ids() if not people[at]["is_deleted"] and not people[at]["_invisible"]
    }


def sent_raw(url: str, *headers: str) -> tuple[int, dict[str, str]]:
    """Asks in TCP segments as a network would cut them; the status and the headers."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    lines = [
        f"GET {parts.path}?{parts.query} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Connection: close",
    ]
    raw = "\r\n".join([*lines, *headers]).encode() + b"\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(raw), SEGMENT):
            connection.sendall(raw[start : start + SEGMENT])
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head = answer.partition(b"\r\n\r\n")[0].decode()
    status = int(head.split(" ", 2)[1])
    return status, dict(re.findall(r"(?m)^([\w-]+): (.*?)\r?$", head))


def found(stage: Stage, url: str) -> tuple[str, int, int]:
    """A click by hand: the batch, its calls for people and their tokens."""
    world = stage.pipedrive
    before = len(world.calls_to(PERSONS))
    cookies = "; ".join(f"{name}={value}" for name, value in stage.rep.http.cookies.items())
    status, headers = sent_raw(url, "Accept: text/html", f"Cookie: {cookies}")
    assert status == 303, headers
    batch = headers["location"]
    assert re.fullmatch(r"/batches/[0-9a-f-]{36}", batch)
    stage.rep.until(batch, "draft", seconds=60)
    calls = world.calls_to(PERSONS)[before:]
    assert {call.status for call in calls} <= {200}
    return batch, len(calls), sum(call.cost for call in calls)


def chosen(stage: Stage, database_url: str, batch: str) -> dict[int, str]:
    """What the database holds of the batch's people: the state by person."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT person_id, state FROM recipients WHERE batch_id = %s",
            [batch.removeprefix("/batches/")],
        ).fetchall()
    assert len(rows) == len({row[0] for row in rows}) == stage.rep.progress(batch)["total"]
    return dict(rows)


def test_ten_thousand_ticked_people_in_small_segments_are_found_exactly(
    stage: Stage, module_database_url: str
) -> None:
    picked = range(1, 10_001)
    url = stage.pipedrive.link_url(picked)
    assert len(url) > 65_536
    batch, calls, _ = found(stage, url)
    people = chosen(stage, module_database_url, batch)
    assert set(people) == set(picked)
    assert calls <= 100
    assert all(people[at] == "skipped" for at in set(picked) - visible(stage))
    assert set(people.values()) == {"ready", "skipped"}


def test_the_same_long_link_again_is_the_same_batch(stage: Stage) -> None:
    url = stage.pipedrive.link_url(range(1, 10_001), token=None)
    assert found(stage, url)[0] == found(stage, url)[0]
    batch, calls, _ = found(stage, url)
    assert calls == 0
    assert stage.rep.progress(batch)["total"] == 10_000


def test_a_thousand_ticked_people_cost_ten_calls(stage: Stage, module_database_url: str) -> None:
    picked = range(2_000, 3_000)
    batch, calls, tokens = found(stage, stage.pipedrive.link_url(picked))
    assert (calls, tokens) == (10, 100)
    assert set(chosen(stage, module_database_url, batch)) == set(picked)


def test_ten_thousand_people_of_a_filter_cost_twenty_calls(
    stage: Stage, module_database_url: str
) -> None:
    wanted = set(sorted(visible(stage))[:10_000])
    number = stage.pipedrive.add_filter("The first ten thousand", lambda one: one["id"] in wanted)
    batch, calls, tokens = found(stage, stage.pipedrive.link_url(filter={"filter_id": number}))
    assert (calls, tokens) == (20, 200)
    assert set(chosen(stage, module_database_url, batch)) == wanted
    page = stage.rep.http.get(f"{stage.rep.url}{batch}").text
    assert "The first ten thousand" in page


def test_a_select_all_without_the_unticked_is_exact(stage: Stage, module_database_url: str) -> None:
    unticked = set(range(1, PEOPLE, 97))
    url = stage.pipedrive.link_url(filter={"everyone": 1}, excluded=sorted(unticked))
    batch, calls, _ = found(stage, url)
    assert set(chosen(stage, module_database_url, batch)) == visible(stage) - unticked
    assert calls == -(-len(visible(stage)) // 500)


def test_a_filter_id_in_quotes_and_stray_spaces_is_the_filter(
    stage: Stage, module_database_url: str
) -> None:
    number = stage.pipedrive.add_filter("Seven", lambda one: one["id"] <= 7)
    url = stage.pipedrive.link_url(filter=f'{{" filter_id ": "{number}"}}', excluded=[3])
    batch, calls, _ = found(stage, url)
    assert (set(chosen(stage, module_database_url, batch)), calls) == ({1, 2, 4, 5, 6, 7}, 1)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_a_long_link_cut_on_its_way_opens_nothing(stage: Stage, share: float) -> None:
    url = stage.pipedrive.link_url(range(20_000, 25_000))
    end = url.index("&filter=") if share > 0.99 else int(len(url) * share)
    cookies = "; ".join(f"{name}={value}" for name, value in stage.rep.http.cookies.items())
    before = stage.rep.http.get(f"{stage.rep.url}/", headers=JSON).json()["batches"]
    status, headers = sent_raw(url[:end], "Accept: text/html", f"Cookie: {cookies}")
    assert (status, headers["content-type"]) == (422, "text/html; charset=utf-8")
    after = stage.rep.http.get(f"{stage.rep.url}/", headers=JSON).json()["batches"]
    assert [one["batch"] for one in after] == [one["batch"] for one in before]
    assert stage.twilio.requests == []


def test_a_link_past_a_megabyte_gets_a_page_that_says_what_to_do(stage: Stage) -> None:
    status, headers = sent_raw(
        stage.pipedrive.link_url(range(10**9, 10**9 + 100_000)), "Accept: text/html"
    )
    assert status == 414
    assert headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_the_machines_addresses_answer(stage: Stage, path: str) -> None:
    answer = stage.rep.http.get(f"{stage.rep.url}{path}")
    assert answer.status_code == 200
    match path:
        case "/readyz":
            assert answer.json() == {"ready": True, "database": "ok", "broker": "ok"}
        case "/metrics":
            assert re.search(r"(?m)^volley_\w+(\{.*})? [-0-9.e+]+$", answer.text)
