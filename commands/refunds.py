"""Asking for a refund by hand, and how refunds ended."""

from __future__ import annotations

import getpass
import hashlib
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, TypeVar, get_args

import typer
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from commands.books import books
from commands.console import UserError, command, out
from commands.desk import Desk, open_desk
from commands.submit import Submitted, table_of, watch
from commands.words.refund import told
from domain.actions.refunds import RefundReason
from domain.refunding import AskedItem, Form, RefundRequest
from integrations.sandbox import SandboxBilling
from workflows import attributes
from workflows.refund import RefundWorkflow

ID_LENGTH = 20
REASONS: tuple[RefundReason, ...] = get_args(RefundReason)
FORMS: tuple[Form, ...] = get_args(Form)
Name = TypeVar("Name", bound=str)


@command
async def refund(  # noqa: PLR0913 - one option each for what a person may say
    order: Annotated[str, typer.Argument(help="The order's number in billing.")],
    *,
    reason: Annotated[str, typer.Option(help="Why: damaged, wrong_item, not_received, changed_mind, …")],
    reference: Annotated[str, typer.Option(help="What the request is filed under, such as LETTER-2026-117.")],
    item: Annotated[
        list[str] | None, typer.Option(help="A line of the order and how many, such as 10=2; all by default.")
    ] = None,
    wish: Annotated[str, typer.Option(help="money, store_credit or exchange.")] = "money",
    submitted_by: Annotated[str | None, typer.Option(help="Who asks; cannot approve. You, by default.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Start anew a case that has ended.")] = False,
    wait: Annotated[bool, typer.Option(help="Watch until it is done or waits for a person.")] = True,
) -> int:
    """Ask for a customer's refund; what is due and who decides follows from billing and the table."""
    desk = await open_desk()
    request = RefundRequest(
        reference=reference,
        order_id=order,
        customer_id=await _customer_of(desk, order),
        items=tuple(_item(each) for each in item or ()),
        reason=_one_of(reason, REASONS, "--reason"),
        wish=_one_of(wish, FORMS, "--wish"),
        received=datetime.now(UTC),
        requester=submitted_by or getpass.getuser(),
    )
    started = await start(desk, request, again=again)
    if wait:
        await watch(desk, [started])
    else:
        out.print(table_of(desk, [started]))
    return 0


async def start(desk: Desk, request: RefundRequest, *, again: bool = False) -> Submitted:
    """Start the case of a request; the same order under the same reference is the same case."""
    mark = hashlib.sha256(f"{request.order_id}\n{request.reference}".encode()).hexdigest()[:ID_LENGTH]
    reuse = WorkflowIDReusePolicy.ALLOW_DUPLICATE if again else WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
    try:
        handle = await desk.client.start_workflow(
            RefundWorkflow.run,
            request,
            id=f"refund-{mark}",
            task_queue=desk.queue,
            id_reuse_policy=reuse,
            search_attributes=attributes.of_new("refund"),
        )
    except WorkflowAlreadyStartedError:
        known = desk.client.get_workflow_handle_for(RefundWorkflow.run, f"refund-{mark}")
        said = "the same order and reference: the case that is already there"
        return Submitted(request.order_id, known, "known", said, tell=told)
    return Submitted(request.order_id, handle, "started", tell=told)


async def _customer_of(desk: Desk, order: str) -> str | None:
    """Whose order it is, by billing; the process says what an unknown one comes to."""
    async with books(desk.settings) as database:
        account = await SandboxBilling(database).find_account(order)
    return account.order.customer_id if account else None


def _item(said: str) -> AskedItem:
    line, _, quantity = said.partition("=")
    try:
        return AskedItem(line=line.strip(), quantity=Decimal(quantity))
    except (InvalidOperation, ValueError):
        raise UserError(f"--item {said[:60]} is no line and number of an order, such as 10=2.") from None


def _one_of(said: str, known: tuple[Name, ...], option: str) -> Name:
    found = next((each for each in known if each == said), None)
    if found is None:
        raise UserError(f"{option} {said[:60]} is none of {', '.join(known)}.")
    return found
