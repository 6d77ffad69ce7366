"""What one process has open, as the stages and the door see it: Protocols and settings only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from workers.ports.budget import Budget
from workers.ports.company import AccountSetup, Companies, OwnAccounts
from workers.ports.figures import Figuring
from workers.ports.finding import Finding, Naming
from workers.ports.identities import Installations, Leaving, Sessions
from workers.ports.outside import (
    AccessTokens,
    Accounts,
    Bell,
    Identities,
    Messenger,
    People,
    ReceiptReader,
    Vault,
)
from workers.ports.reading import Batches, Rows, Support
from workers.ports.records import Records
from workers.ports.schema import Schema
from workers.ports.sending import Claims, Decisions, Ledger, Told, Watching
from workers.settings import Settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """One process's resources, open; `workers.runtime.open_runtime` makes it."""

    settings: Settings
    batches: Batches
    decisions: Decisions
    rows: Rows
    support: Support
    sessions: Sessions
    installations: Installations
    leaving: Leaving
    finding: Finding
    naming: Naming
    claims: Claims
    ledger: Ledger
    tell: Callable[[Told], Awaitable[None]]  # durable when it returns; grouped with its neighbours
    watching: Watching
    figures: Figuring
    schema: Schema
    people: People
    records: Records
    budget: Budget
    identities: Identities
    access: AccessTokens
    messenger: Messenger
    receipt_reader: ReceiptReader
    accounts: Accounts
    own_accounts: OwnAccounts
    account_setup: AccountSetup
    companies: Companies
    bell: Bell
    vault: Vault
