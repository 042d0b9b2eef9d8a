"""The worker: connects, registers every process, and drains on SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr, ValidationError
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.bank import BankActivities, BankLookups
from activities.billing import BillingActivities
from activities.crm import CrmActivities
from activities.customer_mail import CustomerMailActivities
from activities.documents import DocumentActivities
from activities.erp import ErpActivities
from activities.examination import ExaminationActivities
from activities.explaining import ExplainingActivities
from activities.final import FinalErrors
from activities.helpdesk import HelpdeskActivities
from activities.identity import IdentityActivities
from activities.journaling import Journaling
from activities.mail import MailActivities
from activities.notification import NotificationActivities
from activities.policy import PolicyActivities
from activities.reasoning import ReasoningActivities
from activities.refund import RefundLookups
from activities.sweeping import Rounds, SweepActivities
from activities.ticket import TicketLookups
from activities.ticket_answers import TicketAnswers
from domain.actions import (
    BaseAction,
    BookCreditNote,
    ChangeBankDetails,
    ConfirmBankDetails,
    EndEntitlement,
    ExchangeItems,
    GrantStoreCredit,
    IssueRefund,
    PostBill,
    RestockItems,
    ReturnInvoice,
    ReverseCreditNote,
    SchedulePayment,
    SendRemittance,
    VerifyBankDetails,
    VoidBill,
)
from domain.errors import BadPolicy, DomainError, Unavailable
from domain.ports import LanguageModel
from governance.guard import refuse_undone, refuse_unguarded, refuse_unknown_roles
from integrations.chat_model import ChatModel, ModelSettings
from integrations.documents import FolderDocuments
from integrations.frameworks import reasoners
from integrations.logs import logging_to_stderr
from integrations.no_model import NoModel
from integrations.notify import Router, channels
from integrations.policy_folder import PolicyFolder
from integrations.reading.reader import ChildReader
from integrations.sandbox import (
    Database,
    Faults,
    SandboxBilling,
    SandboxCrm,
    SandboxCustomerMail,
    SandboxErp,
    SandboxHelpdesk,
    SandboxKnowledge,
    SandboxMail,
)
from integrations.settings import Settings, setting_wrong
from integrations.store import Store, open_store
from integrations.sweep import sweep_of
from integrations.telemetry import outlets
from integrations.temporal.connection import connect, ensure_attributes, ui_address
from integrations.temporal.moved import Scope
from integrations.temporal.runs import ServerRuns
from integrations.temporal.schedule import keep_going
from integrations.temporal.signals import HistorySignals
from workflows import attributes
from workflows.approval import Approval
from workflows.door import Door
from workflows.options import TASK_QUEUE
from workflows.performed import PERFORMED_BY
from workflows.registered import AGENTS, NAMES, PROCESSES, TOLD
from workflows.sweep import SweepWorkflow
from workflows.trail_link import TrailLinks

OURS = ("workflows", "activities", "agents", "governance", "domain")
WORKFLOWS = (*PROCESSES, Approval, SweepWorkflow)
SWEEPING_FOR = timedelta(hours=1)
"""How long one sweep goes on; then the schedule starts the next."""
BOOKED: tuple[type[BaseAction], ...] = (PostBill, SchedulePayment, VoidBill, ChangeBankDetails)
MAILED: tuple[type[BaseAction], ...] = (SendRemittance, ReturnInvoice, VerifyBankDetails, ConfirmBankDetails)
GIVEN_BACK: tuple[type[BaseAction], ...] = (
    *(IssueRefund, GrantStoreCredit, ExchangeItems),
    *(BookCreditNote, ReverseCreditNote, RestockItems, EndEntitlement),
)


@asynccontextmanager
async def worker_for(client: Client, settings: Settings) -> AsyncGenerator[Worker]:
    """A worker with every adapter open, not yet running."""
    async with AsyncExitStack() as open_adapters:
        store = await _store(settings, open_adapters)
        queue = settings.task_queue or TASK_QUEUE
        sending = await open_adapters.enter_async_context(outlets(settings))
        trail = sweep_of(client, store, sending, Scope(NAMES, queue), TOLD)
        open_adapters.push_async_callback(trail.close)
        activities = [*await _activities(client, settings, store, open_adapters), SweepActivities(trail).sweep]
        refuse_undone(PERFORMED_BY, activities)
        yield Worker(
            client,
            task_queue=queue,
            workflows=WORKFLOWS,
            interceptors=[
                FinalErrors(),
                Journaling(store.journal, client.identity),
                Door(ServerRuns(client)),
                TrailLinks(settings.trail_url),
            ],
            activities=activities,
            workflow_runner=sandbox(),
            workflow_failure_exception_types=[DomainError],
            graceful_shutdown_timeout=timedelta(seconds=settings.drain_seconds),
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
        )


async def _activities(
    client: Client, settings: Settings, store: Store, stack: AsyncExitStack
) -> list[Callable[..., Any]]:
    database = Database(settings.books)
    stack.push_async_callback(database.close)
    await database.prepare()
    faults = Faults.parse(settings.sandbox_faults)
    erp, mail, billing = SandboxErp(database, faults), SandboxMail(database, faults), SandboxBilling(database, faults)
    crm = SandboxCrm(database, faults)
    documents = FolderDocuments(settings.documents)
    policies = PolicyFolder(settings.policies, documents.keep)
    tables = [await policies.table(process.policy) for process in PROCESSES]
    systems = dict.fromkeys(BOOKED, erp) | dict.fromkeys(MAILED, mail) | dict.fromkeys(GIVEN_BACK, billing)
    refuse_unguarded(systems, PERFORMED_BY, tables)
    refuse_unknown_roles(tables, (await policies.people())[0])
    reading = DocumentActivities(documents, await stack.enter_async_context(ChildReader()))
    checking = ExaminationActivities(documents, erp, policies)
    reasoning = ReasoningActivities(
        AGENTS,
        documents,
        await _model(settings, policies, stack),
        policies,
        store.stops,
        await reasoners(settings.reasoners, AGENTS.values()),
    )
    judging = PolicyActivities(policies, store.stops, settings.profile)
    books, letters = ErpActivities(erp, store.stops), MailActivities(mail, store.stops)
    accounts, signals = BankActivities(erp, mail, store.stops), HistorySignals(client)
    master = BankLookups(erp, policies, signals)
    refunds = RefundLookups(billing, crm, documents, policies)
    told = CustomerMailActivities(SandboxCustomerMail(database, faults), store.stops)
    helpdesk = SandboxHelpdesk(database, faults)
    triage = TicketLookups(helpdesk, crm, documents, policies)
    answers = TicketAnswers(helpdesk, billing, SandboxKnowledge(database, faults), documents)
    notices = Router(channels(settings, policies.directory), store.deliveries, _pages(client, settings))
    return [
        reading.read_document,
        reading.confirm_reading,
        checking.examine_invoice,
        checking.brief_examiner,
        reasoning.think,
        reasoning.fall_back,
        judging.judge,
        judging.amend,
        IdentityActivities(signals, policies, settings.profile).who_answered,
        ExplainingActivities(documents, reasoning).explain,
        books.post_bill,
        books.schedule_payment,
        books.void_bill,
        letters.send_remittance,
        letters.return_invoice,
        master.look_up_account,
        master.cooling_off_end,
        master.who_stopped,
        accounts.verify_bank_details,
        accounts.change_bank_details,
        accounts.confirm_bank_details,
        NotificationActivities(notices).notify,
        refunds.assess_refund,
        refunds.brief_assessor,
        refunds.find_refund,
        *_giving_back(BillingActivities(billing, store.stops)),
        CrmActivities(crm, store.stops).note_customer,
        told.send_refund_notice,
        triage.take_in_ticket,
        triage.triage_ticket,
        triage.time_ticket,
        triage.look_at_ticket,
        answers.brief_drafter,
        answers.check_draft,
        answers.refund_asked,
        *_in_the_helpdesk(HelpdeskActivities(helpdesk, store.stops)),
    ]


def _giving_back(billing: BillingActivities) -> list[Callable[..., Any]]:
    return [
        billing.issue_refund,
        billing.grant_store_credit,
        billing.exchange_items,
        billing.book_credit_note,
        billing.reverse_credit_note,
        billing.restock_items,
        billing.end_entitlement,
    ]


def _in_the_helpdesk(helpdesk: HelpdeskActivities) -> list[Callable[..., Any]]:
    return [
        helpdesk.route_ticket,
        helpdesk.acknowledge_ticket,
        helpdesk.ask_customer,
        helpdesk.reply_to_customer,
        helpdesk.link_ticket,
        helpdesk.escalate_ticket,
        helpdesk.note_ticket,
        helpdesk.close_ticket,
    ]


async def _store(settings: Settings, stack: AsyncExitStack) -> Store:
    try:
        return await stack.enter_async_context(open_store(settings.store_url))
    except ValueError as error:
        raise ValueError(f"SIGNALBOX_STORE: {error}") from None


def _pages(client: Client, settings: Settings) -> str:
    """Where the UI shows the workflows of this namespace."""
    return f"{settings.ui_url or ui_address(settings.home)}/namespaces/{client.namespace}/workflows"


async def _model(settings: Settings, policies: PolicyFolder, stack: AsyncExitStack) -> LanguageModel:
    if settings.chat_url is None:
        return NoModel()
    if (await policies.prices()).of(settings.model, datetime.now(UTC).date()) is None:
        raise BadPolicy(
            f"{settings.policies / 'prices.toml'}: it has no price for {settings.model} (SIGNALBOX_MODEL), so "
            "no budget could hold it. Add a [[price]]; a model of your own that costs nothing has the price 0."
        )
    key = settings.model_key or SecretStr("none")
    chosen = ModelSettings(
        base_url=settings.chat_url, api_key=key, model=settings.model, provider=settings.model_provider
    )
    return await stack.enter_async_context(ChatModel(chosen))


def sandbox() -> SandboxedWorkflowRunner:
    """Our packages are loaded once and not for every case: they are pure, and it halves the memory of a waiting one."""
    passed = SandboxRestrictions.default.with_passthrough_modules(*OURS)
    return SandboxedWorkflowRunner(restrictions=passed)


async def serve(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    with logging_to_stderr() as runtime:
        name = f"worker-{os.getpid()}@{socket.gethostname()}"
        client = await connect(settings.home, profile=settings.profile, identity=name, runtime=runtime)
        await ensure_attributes(client, attributes.ALL)
        async with worker_for(client, settings) as worker, worker:
            rounds = Rounds(every=timedelta(seconds=settings.sweep_seconds), during=SWEEPING_FOR)
            await keep_going(client, "Sweep", rounds, worker.task_queue)
            await stopping.wait()


def main() -> int:
    """Run the worker; returns the exit code."""
    try:
        asyncio.run(serve(Settings()))
    except ValidationError as error:
        sys.stderr.write(f"The worker cannot start: {setting_wrong(error)}\n")
        return 2
    except (DomainError, Unavailable, ValueError) as error:
        sys.stderr.write(f"The worker cannot start: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the interpreter's own exit can crash after a Temporal client was used
