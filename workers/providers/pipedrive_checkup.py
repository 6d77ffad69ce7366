"""Whether Pipedrive knows our client id and secret, and whether a link's signature can be trusted."""

from __future__ import annotations

import httpx

from workers.domain.checkup import Finding, fail, ok, warn
from workers.domain.errors import Misconfigured, ProviderError, Throttled
from workers.providers.pipedrive_http import oauth_origin
from workers.providers.pipedrive_oauth import PipedriveIdentities
from workers.settings import Settings

CLIENT, LINKS = "Pipedrive app", "Link signatures"
#: RFC 7518 §3.2: an HS256 key is at least as long as the hash.
_SHORTEST_SECRET = 32
_COPY = "Copy both from Developer Hub > your app > OAuth & access scopes"


async def check_client(settings: Settings, http: httpx.AsyncClient) -> Finding:
    """Asks for new tokens with nonsense: who is known hears that the token is wrong, nobody else.

    https://pipedrive.readme.io/docs/marketplace-oauth-and-api-proxy-status-codes
    """
    secret = settings.pipedrive_client_secret.get_secret_value()
    if not settings.pipedrive_client_id or not secret:
        names = "PIPEDRIVE_CLIENT_ID and PIPEDRIVE_CLIENT_SECRET"
        return fail(CLIENT, f"{names} are not both set. {_COPY}.")
    try:
        await PipedriveIdentities(settings, http).refresh("volley-doctor")
    except Misconfigured as refusal:
        return _refused(refusal, settings)
    except Throttled:
        return warn(CLIENT, "Pipedrive asks us to wait. Run `volley doctor` again in some minutes.")
    except ProviderError as error:
        where = oauth_origin(settings)
        return fail(
            CLIENT, f"{where} doesn't answer as Pipedrive does ({error.detail}). {_NETWORK}"
        )
    return fail(CLIENT, f"{oauth_origin(settings)} takes any token, so it isn't Pipedrive.")


_NETWORK = "Let this machine reach it; PIPEDRIVE_URL, where it is set, says where it is."


def _refused(refusal: Misconfigured, settings: Settings) -> Finding:
    if refusal.code == "invalid_grant":  # the answer that a real app gets to nonsense
        simulated = f" at {settings.pipedrive_url}" if settings.pipedrive_url else ""
        return ok(CLIENT, f"Pipedrive{simulated} knows the client id and secret.")
    if refusal.code == "invalid_client":
        return fail(CLIENT, f"Pipedrive doesn't know this client id and secret. {_COPY} again.")
    return fail(CLIENT, f"Pipedrive refuses to talk about sign-ins: {refusal.detail}. {_NETWORK}")


def check_link_secret(settings: Settings) -> Finding:
    """Short secrets verify nothing: the door then asks for a sign-in instead."""
    own = settings.pipedrive_jwt_secret.get_secret_value()
    name = "PIPEDRIVE_JWT_SECRET" if own else "PIPEDRIVE_CLIENT_SECRET"
    if not settings.jwt_secret:
        return fail(LINKS, "There is no secret yet: set PIPEDRIVE_CLIENT_SECRET.")
    if len(settings.jwt_secret.encode()) < _SHORTEST_SECRET:
        cure = "Put a longer one into the link action in Developer Hub and into"
        return fail(
            LINKS,
            f"{name} has under {_SHORTEST_SECRET} bytes, so no link's signature is trusted. "
            f"{cure} PIPEDRIVE_JWT_SECRET.",
        )
    return ok(LINKS, f"Links are verified with {name}; Developer Hub must hold the same.")
