"""The simulated Pipedrive's web app: a people list to tick, a person's page, and the action menu."""

from __future__ import annotations

from starlette.routing import Route

from tests.simulators.pipedrive_world import World


def page_routes(world: World) -> list[Route]:
    """What a browser sees."""
    return []
