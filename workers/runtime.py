"""Opens everything a process needs and hands it on: the one place that names concrete classes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from workers.accounts import CompanyAccounts, OperatorAccount
from workers.bell import make_bell
from workers.grouping import Grouped
from workers.marks import make_marks
from workers.ports.runtime import Runtime
from workers.providers.pipedrive import PipedrivePeople
from workers.providers.pipedrive_http import make_http
from workers.providers.pipedrive_oauth import PipedriveIdentities
from workers.providers.pipedrive_records import PipedriveRecords
from workers.providers.twilio import TwilioMessenger
from workers.providers.twilio_charges import TwilioCharges
from workers.providers.twilio_receipts import TwilioReceipts
from workers.providers.twilio_setup import TwilioSetup
from workers.providers.twilio_tariffs import TwilioTariffs
from workers.providers.twilio_transport import TwilioTransport
from workers.settings import Settings
from workers.stages.restore import list_lag
from workers.stages.tokens import RefreshingTokens
from workers.store.alerts import PgAlerts
from workers.store.batches import PgBatches
from workers.store.bills import PgBills
from workers.store.budget import PgBudget
from workers.store.changes import PgChanges
from workers.store.claims import PgClaims
from workers.store.company_accounts import PgCompanyAccounts
from workers.store.company_settings import PgCompanies
from workers.store.database import make_pool
from workers.store.decisions import PgDecisions
from workers.store.figures import PgFigures
from workers.store.finding import PgFinding
from workers.store.following import PgFollowing
from workers.store.history import PgHistories
from workers.store.installations import PgInstallations
from workers.store.leaving import PgLeaving
from workers.store.ledger import PgLedger
from workers.store.naming import PgNaming
from workers.store.paces import PgPaces
from workers.store.picking import PgPicking
from workers.store.rails import PgGuarding
from workers.store.resealing import PgResealing
from workers.store.restoring import PgRestoring
from workers.store.rows import PgRows
from workers.store.schema import PgSchema
from workers.store.selected import PgSelected
from workers.store.sessions import PgSessions
from workers.store.support import PgSupport
from workers.store.suppressing import PgSuppressions
from workers.store.tariffs import PgTariffs
from workers.store.texts import PgTexts
from workers.store.tryouts import PgTryouts
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
        identities = PipedriveIdentities(settings, http, budget=budget)
        ledger = PgLedger(pool, lookups=settings.lookups, silence=settings.silence)
        told = Grouped(ledger.tell, seconds=RECEIPT_SECONDS, most=RECEIPTS_AT_ONCE)
        stack.push_async_callback(told.close)
        bell = make_bell(settings)
        stack.callback(bell.close)
        marks = make_marks(settings)
        stack.push_async_callback(marks.aclose)
        yield Runtime(
            settings=settings,
            batches=PgBatches(pool),
            decisions=PgDecisions(pool, wait=list_lag(settings.lookups)),
            picking=PgPicking(pool),
            following=PgFollowing(pool),
            rows=PgRows(pool),
            changes=PgChanges(pool),
            paces=PgPaces(pool),
            support=PgSupport(pool),
            sessions=PgSessions(pool),
            installations=installations,
            leaving=PgLeaving(pool, key=settings.secret_keys[0]),
            resealing=PgResealing(pool, vault),
            finding=PgFinding(pool, keys=settings.secret_keys),
            selected=PgSelected(pool),
            guarding=PgGuarding(pool),
            alerts=PgAlerts(pool),
            naming=PgNaming(pool),
            claims=PgClaims(
                pool,
                keys=settings.secret_keys,
                rules=settings.rules,
                guard_seconds=settings.guard_seconds,
                claim_seconds=settings.claim_seconds,
                send_within=settings.send_within,
            ),
            ledger=ledger,
            tell=told.add,
            watching=PgWatching(pool, lookups=settings.lookups, silence=settings.silence),
            histories=PgHistories(pool),
            suppressions=PgSuppressions(pool, keys=settings.secret_keys),
            restoring=PgRestoring(pool, wait=list_lag(settings.lookups)),
            marks=marks,
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
            companies=PgCompanies(pool, rules=settings.rules),
            bell=bell,
            vault=vault,
            texts=PgTexts(pool),
            tryouts=PgTryouts(pool),
            tariffs=PgTariffs(pool),
            tariff_reader=TwilioTariffs(transport),
            bills=PgBills(pool),
            charge_reader=TwilioCharges(transport),
        )
