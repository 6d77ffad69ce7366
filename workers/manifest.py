"""`volley manifest`: everything to paste into Pipedrive's Developer Hub, and how to try it out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from workers.domain.offered import OFFERED, Offer
from workers.providers.pipedrive_hub import LOCATIONS, Scope, scopes_for
from workers.settings import Settings

NAME = "Volley"


class NotPublic(Exception):
    """`PUBLIC_URL` is no address that Developer Hub should get; the text says what works anyway."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link action's form."""

    name: str
    description: str
    url: str
    locations: tuple[str, ...]
    jwt_secret: str  # what to put there, never the secret


@dataclass(frozen=True, slots=True)
class Trial:
    """Somebody to try the app as, and what should be seen."""

    who: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Developer Hub's fields, tab by tab, and a script to see that they are right."""

    app_name: str
    callback_url: str
    installation_url: str
    scopes: tuple[Scope, ...]
    link_actions: tuple[Link, ...]
    trials: tuple[Trial, ...]


def made_for(settings: Settings) -> Manifest:
    """What belongs into Developer Hub for an app at `PUBLIC_URL`; `NotPublic` where it can't."""
    _refuse_unless_public(settings.public_url)
    url = settings.public_url
    resources = dict.fromkeys(resource for offer in OFFERED for resource in offer.views)
    return Manifest(
        app_name=NAME,
        callback_url=f"{url}/oauth/callback",
        installation_url=f"{url}/install",
        scopes=scopes_for(resources),
        link_actions=tuple(_link(offer, settings) for offer in OFFERED),
        trials=_trials(url, OFFERED[0].name),
    )


def as_json(shown: Manifest) -> str:
    """The same for programs."""
    return json.dumps(asdict(shown), indent=2, ensure_ascii=False)


def as_text(shown: Manifest) -> str:
    """The same for the person who fills in the form."""
    return "\n".join(_lines(shown))


def _refuse_unless_public(url: str) -> None:
    parts = urlsplit(url)
    if parts.path or parts.query:
        raise NotPublic(
            f"PUBLIC_URL is {url}. Volley needs a host of its own: leave out everything after it."
        )
    if parts.scheme != "https":
        raise NotPublic(
            f"PUBLIC_URL is {url}. Pipedrive and Twilio reach Volley from the internet, and links "
            "carry tokens, so Developer Hub gets https addresses only. Set PUBLIC_URL to the https "
            "address of this machine, of the proxy in front of it or of a tunnel to it.\n"
            "On localhost everything else works: `volley demo` shows the whole journey with a "
            "simulated Pipedrive and Twilio, and needs no account."
        )


def _link(offer: Offer, settings: Settings) -> Link:
    has_own = bool(settings.pipedrive_jwt_secret.get_secret_value())
    return Link(
        name=offer.name,
        description=offer.description,
        url=f"{settings.public_url}/actions/{offer.action}",
        locations=tuple(
            LOCATIONS[resource, view] for resource, views in offer.views.items() for view in views
        ),
        jwt_secret="the value of PIPEDRIVE_JWT_SECRET"
        if has_own
        else "leave it empty: Pipedrive then signs with the client secret",
    )


def _trials(url: str, name: str) -> tuple[Trial, ...]:
    """What Pipedrive's reviewers try (APPR: installed, signed out, cancelled)."""
    return (
        Trial(
            "somebody who cancels",
            (
                f"Before anything is installed, open {url}/install. Pipedrive asks; press Cancel.",
                "Volley says that nothing was changed and offers to connect again.",
            ),
        ),
        Trial(
            "somebody who installs",
            (
                f"Press Connect with Pipedrive there (or open {url}/install) and allow it.",
                "Volley's first page says how to start.",
                f"In Pipedrive's list of people tick two, open ⋯ and choose {name}.",
                "A new tab shows their names and numbers. Nothing is sent until you press Send.",
                f"Open one person, choose {name} from ⋯ there: the tab shows that one.",
            ),
        ),
        Trial(
            "somebody who is signed out",
            (
                "Press Sign out in Volley, or use another browser that is signed in to Pipedrive.",
                f"Choose {name} for two people again.",
                "The same two people are shown: at once where Pipedrive signed the link, or else "
                "after one page of Pipedrive's that signs you in.",
            ),
        ),
        Trial(
            "somebody who leaves",
            (
                "Leave a text's page open and uninstall the app in Pipedrive.",
                f"{name} is gone from ⋯. The page says that Volley was removed and what became of "
                "the text; loaded again, it offers to connect again.",
                "Connect again and choose Disconnect Volley from Pipedrive on the first page: "
                "Pipedrive then shows the app as uninstalled.",
            ),
        ),
    )


def _lines(shown: Manifest) -> Iterator[str]:
    """Nothing is wrapped: it is to be copied."""
    yield "In your Pipedrive developer sandbox: Settings > Developer Hub > Create an app."
    yield from ("", "Basic info")
    yield _field("App name", shown.app_name)
    yield _field("Callback URL", shown.callback_url)
    yield from ("", "OAuth & access scopes (tick no other)")
    yield _field("Installation URL", shown.installation_url)
    for scope in shown.scopes:
        yield _field("Scope", scope.name)
        yield _field("  its reason", scope.reason)
    yield from ("", "The client id and secret shown there are PIPEDRIVE_CLIENT_ID and")
    yield "PIPEDRIVE_CLIENT_SECRET."
    for link in shown.link_actions:
        yield from ("", "App extensions > Link action")
        yield _field("Name", link.name)
        yield _field("Description", link.description)
        yield _field("URL", link.url)
        yield from (_field("Location", location) for location in link.locations)
        yield _field("JWT secret", link.jwt_secret)
    yield from ("", "Try it, in two minutes, with people whose phones are yours")
    for trial in shown.trials:
        yield f"  As {trial.who}"
        yield from (f"    {number}. {step}" for number, step in enumerate(trial.steps, 1))


def _field(name: str, value: str) -> str:
    return f"  {name:<18}{value}"
