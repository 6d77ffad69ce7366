"""A rep's browser without eyes: clicks links, consents, and talks JSON with the door."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx

JSON = {"accept": "application/json"}


class Rep:
    """One browser with its cookies; `url` is the door's origin."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(timeout=30, headers={"accept": "text/html"})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def click(self, link: str) -> str:
        """Follows a link action, through consent if need be, to the batch's path."""
        answer = self.http.get(link)
        for _ in range(10):
            if not answer.is_redirect:
                break
            answer = self.http.get(urljoin(str(answer.url), answer.headers["location"]))
        path = urlsplit(str(answer.url)).path
        assert answer.status_code == 200, (answer.status_code, answer.text[:500])
        assert path.startswith("/batches/"), path
        return path

    def progress(self, batch: str, since: str = "") -> dict[str, Any]:
        """The poll's answer."""
        answer = self.http.get(f"{self.url}{batch}/progress", params={"since": since}, headers=JSON)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def post(self, path: str, **form: object) -> httpx.Response:
        """A form as our own page would post it, answered in JSON."""
        headers = {**JSON, "origin": self.url, "sec-fetch-site": "same-origin"}
        texts = {name: str(value) for name, value in form.items()}
        return self.http.post(f"{self.url}{path}", data=texts, headers=headers)

    def until(self, batch: str, *phases: str, seconds: float = 60) -> dict[str, Any]:
        """Polls until the batch is in one of the phases."""
        end = time.monotonic() + seconds
        while True:
            found = self.progress(batch)
            if found["phase"] in phases:
                return found
            if time.monotonic() > end:
                raise AssertionError(
                    f"waited {seconds} s for {phases}: {found['phase']} {found['counts']}"
                )
            time.sleep(0.1)

    def send(self, batch: str, body: str) -> httpx.Response:
        """Confirms what the draft is right now."""
        draft = self.until(batch, "draft")
        return self.post(
            f"{batch}/send",
            revision=draft["revision"],
            body=body,
            people=draft["counts"].get("ready", 0),
        )
