"""Pipedrive without a network: fakes of `Installations`, `Identities` and `People`, and builders."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta

from workers.domain.action import Filtered, Selection
from workers.domain.errors import Misconfigured, ProviderError
from workers.ports.outside import Access, PeoplePage, Person, PhoneEntry, Tokens, User


def a_user(company_id: int = 1, user_id: int = 7, **known: object) -> User:
    """A rep of a company; say only what the test is about."""
    user = User(company_id, user_id, name="Rep", company_name="Acme", company_domain="acme")
    return dataclasses.replace(user, country="GB", timezone="Europe/London", **known)  # type: ignore[arg-type]  # by field, each of its own type


def a_tokens(number: int = 1, **known: object) -> Tokens:
    """What the token endpoint answered the `number`-th time."""
    tokens = Tokens(f"access-{number}", f"refresh-{number}", 3600, "https://acme.pipedrive.com")
    return dataclasses.replace(tokens, **known)  # type: ignore[arg-type]  # by field, each of its own type


def a_person(person_id: int, *numbers: str, **known: object) -> Person:
    """A person with numbers in the order of Pipedrive, the first one primary."""
    phones = tuple(PhoneEntry(number, "mobile", at == 0) for at, number in enumerate(numbers))
    person = Person(person_id, name=f"Person {person_id}", first_name="Person", phones=phones)
    return dataclasses.replace(person, **known)  # type: ignore[arg-type]  # by field, each of its own type


def a_page_of(
    ids: Iterable[int], cursor: str | None, size: int, *, newest_first: bool = False
) -> tuple[list[int], str | None]:
    """The next ids behind the one that the cursor names, as Pipedrive's key sets go on."""
    found = sorted(set(ids), reverse=newest_first)
    if cursor is not None:
        found = [one for one in found if (one < int(cursor) if newest_first else one > int(cursor))]
    return found[:size], str(found[size - 1]) if len(found) > size else None


class FakePeople:
    """Fulfils `People` from a list; raises what is queued in `faults` first.

    `lists` says whom a select-all shows, by ("owner" or "filter", its id); without it, everybody.
    """

    def __init__(
        self,
        people: Sequence[Person] = (),
        *,
        page_size: int = 500,
        lists: Mapping[tuple[str, int], Collection[int]] | None = None,
        organizations: Mapping[int, str] | None = None,
    ) -> None:
        self.people = {person.person_id: person for person in people}
        self.page_size = page_size
        self.lists = lists or {}
        self.organizations = organizations or {}
        self.faults: list[ProviderError] = []
        self.calls: list[object] = []

    async def by_ids(self, access: Access, ids: Sequence[int]) -> PeoplePage:
        self._called(tuple(ids))
        once = dict.fromkeys(ids)
        return PeoplePage(tuple(self.people[i] for i in once if i in self.people))

    async def by_filter(
        self, access: Access, selection: Selection, cursor: str | None
    ) -> PeoplePage:
        self._called(cursor)
        assert isinstance(selection, Filtered)
        shown = self.lists.get((selection.by, selection.id or 0), self.people)
        ids, more = a_page_of((i for i in shown if i in self.people), cursor, self.page_size)
        return PeoplePage(tuple(self.people[i] for i in ids if i not in selection.excluded), more)

    async def everybody(self, access: Access, cursor: str | None) -> PeoplePage:
        self._called(cursor)
        ids, more = a_page_of(self.people, cursor, self.page_size, newest_first=True)
        return PeoplePage(tuple(self.people[i] for i in ids), more)

    async def organization_names(self, access: Access, ids: Sequence[int]) -> Mapping[int, str]:
        self._called(tuple(ids))
        return {one: self.organizations[one] for one in ids if one in self.organizations}

    def _called(self, what: object) -> None:
        self.calls.append(what)
        if self.faults:
            raise self.faults.pop(0)


class FakeIdentities:
    """Fulfils `Identities`; a refresh token works once, like a provider that rotates them."""

    def __init__(self, user: User | None = None) -> None:
        self.user = user or a_user()
        self.issued = 1
        self.refreshed: list[str] = []
        self.revoked: list[str] = []
        self.faults: list[ProviderError] = []

    def authorize_url(self, state: str) -> str:
        return f"https://oauth.test/oauth/authorize?state={state}"

    async def exchange(self, code: str) -> Tokens:
        self._maybe_fail()
        return a_tokens(self.issued)

    async def refresh(self, refresh_token: str) -> Tokens:
        self.refreshed.append(refresh_token)
        await asyncio.sleep(0)  # others get a turn, as they do during a real call
        self._maybe_fail()
        if refresh_token != f"refresh-{self.issued}":
            raise Misconfigured("invalid_grant")
        self.issued += 1
        return a_tokens(self.issued)

    async def revoke(self, refresh_token: str) -> None:
        self.revoked.append(refresh_token)

    def is_uninstall(self, authorization_header: str) -> bool:
        return authorization_header == "Basic ours"

    async def me(self, tokens: Tokens) -> User:
        self._maybe_fail()
        return self.user

    def _maybe_fail(self) -> None:
        if self.faults:
            raise self.faults.pop(0)


class FakeInstallations:
    """Fulfils `Installations` in memory; a lease lives until it is given back or let lapse."""

    def __init__(self) -> None:
        self.users: dict[tuple[int, int], User] = {}
        self.accesses: dict[tuple[int, int], Access] = {}
        self.refresh_tokens: dict[tuple[int, int], str] = {}
        self.leased: set[tuple[int, int]] = set()

    async def save(self, user: User, tokens: Tokens) -> None:
        key = (user.company_id, user.user_id)
        before = self.accesses.get(key)
        self.users[key] = user
        self._put(key, tokens, generation=before.generation + 1 if before else 1)

    async def user(self, company_id: int, user_id: int) -> User | None:
        key = (company_id, user_id)
        return self.users[key] if key in self.accesses else None

    async def access(self, company_id: int, user_id: int) -> Access | None:
        return self.accesses.get((company_id, user_id))

    async def begin_refresh(
        self, company_id: int, user_id: int, *, generation: int, lease: timedelta
    ) -> str | None:
        key = (company_id, user_id)
        if not self._is_current(key, generation) or key in self.leased:
            return None
        self.leased.add(key)
        return self.refresh_tokens[key]

    async def finish_refresh(
        self, company_id: int, user_id: int, *, generation: int, tokens: Tokens
    ) -> None:
        if self._is_current((company_id, user_id), generation):
            self._put((company_id, user_id), tokens, generation=generation + 1)

    async def abandon_refresh(self, company_id: int, user_id: int, *, generation: int) -> None:
        if self._is_current((company_id, user_id), generation):
            self.leased.discard((company_id, user_id))

    async def give_up(self, company_id: int, user_id: int, *, generation: int) -> None:
        if self._is_current((company_id, user_id), generation):
            await self.remove(company_id, user_id)

    async def remove(self, company_id: int, user_id: int) -> None:
        self.accesses.pop((company_id, user_id), None)
        self.refresh_tokens.pop((company_id, user_id), None)
        self.leased.discard((company_id, user_id))

    async def resting(self, since: timedelta, *, most: int) -> Sequence[tuple[int, int, int]]:
        """Nobody: in memory no token grows old."""
        return []

    async def first_company(self) -> int | None:
        return next((company_id for company_id, _ in self.users), None)

    async def admins(self, company_id: int) -> Sequence[str]:
        here = [user for key, user in self.users.items() if key in self.accesses]
        return [user.name for user in here if user.company_id == company_id and user.is_admin]

    def expire(self, company_id: int = 1, user_id: int = 7, *, seconds: float = 0) -> None:
        """The access token has `seconds` left from now on."""
        key = (company_id, user_id)
        self.accesses[key] = dataclasses.replace(self.accesses[key], expires_in=seconds)

    def _is_current(self, key: tuple[int, int], generation: int) -> bool:
        return key in self.accesses and self.accesses[key].generation == generation

    def _put(self, key: tuple[int, int], tokens: Tokens, *, generation: int) -> None:
        token, domain, left = tokens.access_token, tokens.api_domain, tokens.expires_in
        self.accesses[key] = Access(*key, token, domain, generation, left)
        self.refresh_tokens[key] = tokens.refresh_token
        self.leased.discard(key)
