"""What one process has open, as the stages and the door see it: Protocols and settings only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from workers.ports.alerts import Alerts
from workers.ports.bills import Bills, ChargeReader
from workers.ports.budget import Budget
from workers.ports.company import AccountSetup, Companies, OwnAccounts
from workers.ports.figures import Figuring
from workers.ports.finding import Finding, Naming, Selected
from workers.ports.following import Following
from workers.ports.history import Histories
from workers.ports.identities import Installations, Leaving, Resealing, Sessions
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
from workers.ports.picking import Picking
from workers.ports.rails import Guarding
from workers.ports.reading import Batches, Paces, Rows, Support
from workers.ports.records import Records
from workers.ports.restoring import Marks, Restoring
from workers.ports.schema import Schema
from workers.ports.sending import Claims, Decisions, Ledger, Told, Watching
from workers.ports.suppressions import Suppressions
from workers.ports.tariffs import TariffReader, Tariffs
from workers.ports.texts import Texts
from workers.ports.tryouts import Tryouts
from workers.ports.viewing import Changes
from workers.settings import Settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """One process's resources, open; `workers.runtime.open_runtime` makes it."""

    settings: Settings
    batches: Batches
    decisions: Decisions
    picking: Picking
    following: Following
    rows: Rows
    changes: Changes
    paces: Paces
    support: Support
    sessions: Sessions
    installations: Installations
    leaving: Leaving
    resealing: Resealing
    finding: Finding
    guarding: Guarding
    alerts: Alerts
    selected: Selected
    naming: Naming
    claims: Claims
    ledger: Ledger
    tell: Callable[[Told], Awaitable[None]]  # durable when it returns; grouped with its neighbours
    watching: Watching
    restoring: Restoring
    marks: Marks
    suppressions: Suppressions
    histories: Histories
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
    texts: Texts
    tryouts: Tryouts
    tariffs: Tariffs
    tariff_reader: TariffReader
    bills: Bills
    charge_reader: ChargeReader
