"""Opens everything a process needs and hands it on: the one place that names concrete classes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from workers.accounts import CompanyAccounts, OperatorAccount
from workers.bell import make_bell
from workers.grouping import Grouped
from workers.ports.runtime import Runtime
from workers.providers.pipedrive import PipedrivePeople
from workers.providers.pipedrive_http import make_http
from workers.providers.pipedrive_oauth import PipedriveIdentities
from workers.providers.pipedrive_records import PipedriveRecords
from workers.providers.twilio import TwilioMessenger
from workers.providers.twilio_receipts import TwilioReceipts
from workers.providers.twilio_setup import TwilioSetup
from workers.providers.twilio_transport import TwilioTransport
from workers.settings import Settings
from workers.stages.tokens import RefreshingTokens
from workers.store.batches import PgBatches
from workers.store.budget import PgBudget
from workers.store.claims import PgClaims
from workers.store.company_accounts import PgCompanyAccounts
from workers.store.company_settings import PgCompanies
from workers.store.database import make_pool
from workers.store.decisions import PgDecisions
from workers.store.figures import PgFigures
from workers.store.finding import PgFinding
from workers.store.installations import PgInstallations
from workers.store.leaving import PgLeaving
from workers.store.ledger import PgLedger
from workers.store.naming import PgNaming
from workers.store.rows import PgRows
from workers.store.schema import PgSchema
from workers.store.sessions import PgSessions
from workers.store.support import PgSupport
from workers.store.watching import PgWatching
from workers.vault import AesVault

#: Receipts are made durable in groups: so long may the first of a group wait for its neighbours.
RECEIPT_SECONDS = 0.01
RECEIPTS_AT_ONCE = 100


@contextlib.asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """A process's resources, opened on the running loop and closed behind the block."""
    async with contextlib.AsyncExitStack() as stack:
        pool = await stack.enter_async_context(make_pool(settings))
        http = await stack.enter_async_context(make_http(settings))
        transport = TwilioTransport(
            url=settings.twilio_url,
            timeout=settings.twilio_timeout,
            connections=settings.in_flight + 10,
        )
        stack.push_async_callback(transport.aclose)
        vault = AesVault(settings.secret_keys)
        installations = PgInstallations(pool, vault)
        own_accounts = PgCompanyAccounts(pool, vault)
        budget = PgBudget(pool, reserve=settings.pipedrive_reserve)
        identities = PipedriveIdentities(settings, http)
        ledger = PgLedger(pool, lookups=settings.lookups, silence=settings.silence)
        told = Grouped(ledger.tell, seconds=RECEIPT_SECONDS, most=RECEIPTS_AT_ONCE)
        stack.push_async_callback(told.close)
        bell = make_bell(settings)
        stack.callback(bell.close)
        yield Runtime(
            settings=settings,
            batches=PgBatches(pool),
            decisions=PgDecisions(pool),
            rows=PgRows(pool),
            support=PgSupport(pool),
            sessions=PgSessions(pool),
            installations=installations,
            leaving=PgLeaving(pool),
            finding=PgFinding(pool),
            naming=PgNaming(pool),
            claims=PgClaims(
                pool, guard_seconds=settings.guard_seconds, claim_seconds=settings.claim_seconds
            ),
            ledger=ledger,
            tell=told.add,
            watching=PgWatching(pool, lookups=settings.lookups, silence=settings.silence),
            figures=PgFigures(pool),
            schema=PgSchema(pool),
            people=PipedrivePeople(settings, http, budget=budget),
            records=PipedriveRecords(settings, http, budget=budget),
            budget=budget,
            identities=identities,
            access=RefreshingTokens(installations, identities),
            messenger=TwilioMessenger(transport),
            receipt_reader=TwilioReceipts(),
            accounts=CompanyAccounts(own_accounts, OperatorAccount(settings, installations)),
            own_accounts=own_accounts,
            account_setup=TwilioSetup(transport),
            companies=PgCompanies(pool),
            bell=bell,
            vault=vault,
        )
