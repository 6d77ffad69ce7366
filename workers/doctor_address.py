"""Whether `PUBLIC_URL` can be given to Pipedrive and Twilio, and whether it leads to us."""

from __future__ import annotations

import httpx

from workers.domain.checkup import Finding, fail, ok, warn
from workers.settings import Settings

ADDRESS, WAY_IN = "PUBLIC_URL", "Way in"
_ONLY_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
#: As long as httpx writes; nginx stops at 8 KB unless told otherwise. Nothing reads the word.
_LONG = "volley-doctor=" + "x" * 60_000


def check_address(settings: Settings) -> Finding:
    """What it looks like; nothing is asked."""
    try:
        url = httpx.URL(settings.public_url)
    except httpx.InvalidURL:
        return fail(ADDRESS, f"{settings.public_url} can't be read. Write https:// and a host.")
    if url.path not in {"", "/"} or url.query:
        return fail(ADDRESS, f"{url} is more than a host. Leave out everything after it.")
    if url.scheme == "https" and "_" in url.host:  # twilio.md §1: StatusCallback
        return fail(ADDRESS, "Twilio sends no receipts to a host with an underscore. Rename it.")
    if url.scheme == "https":
        return ok(ADDRESS, f"{settings.public_url} is what Pipedrive and Twilio are given.")
    if url.host in _ONLY_HERE:
        return warn(
            ADDRESS,
            f"Only this machine can open {settings.public_url}. For the real Pipedrive and Twilio "
            "set it to an https address that leads here.",
        )
    return fail(
        ADDRESS, f"{settings.public_url} is not https, and sign-ins travel over it. Use https."
    )


async def check_way_in(settings: Settings, http: httpx.AsyncClient) -> Finding:
    """Whether the address, with the longest links, leads to a running `web`."""
    public, here = settings.public_url, f"http://127.0.0.1:{settings.port}"
    if await _status(http, f"{public}/healthz") == 200:
        if (status := await _status(http, f"{public}/healthz?{_LONG}")) == 200:
            return ok(WAY_IN, f"{public} leads here, with links of 60 KB too.")
        return warn(
            WAY_IN,
            f"{public} leads here, but something in front stops long links ({status or 'cut'}). "
            "Hundreds of ticked people need them: see the README's lines for nginx.",
        )
    if await _status(http, f"{here}/healthz") == 200:
        return warn(
            WAY_IN,
            f"Volley runs at {here}, and {public} doesn't lead to it from here. Check its DNS, "
            "certificate and proxy from another machine.",
        )
    return warn(WAY_IN, "Nothing answers yet. Start Volley (`volley up`), then look again.")


async def _status(http: httpx.AsyncClient, url: str) -> int | None:
    """200 = it is us; another number = somebody else's answer; None = no answer."""
    try:
        answer = await http.get(url, timeout=2)
    except (httpx.RequestError, httpx.InvalidURL):
        return None
    if answer.status_code == 200 and answer.text != "ok\n":
        return 0
    return answer.status_code
