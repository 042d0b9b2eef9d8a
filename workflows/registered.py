"""The processes and the agents there are: what a worker runs, and what an operator can name."""

from __future__ import annotations

from typing import Any

from agents.agent import Agent
from agents.explainer import explainer
from agents.invoice_examiner import invoice_examiner
from agents.invoice_reader import invoice_reader
from agents.prompt import told
from agents.refund_assessor import refund_assessor
from agents.reply_drafter import reply_drafter
from agents.second_reader import second_reader
from agents.ticket_router import ticket_router
from workflows.bank_details import BankDetailsWorkflow
from workflows.case import Case
from workflows.invoice import InvoiceWorkflow
from workflows.refund import RefundWorkflow
from workflows.ticket import TicketWorkflow

PROCESSES: tuple[type[Case], ...] = (
    InvoiceWorkflow,
    BankDetailsWorkflow,
    RefundWorkflow,
    TicketWorkflow,
)
NAMES = tuple(str(getattr(process, "__temporal_workflow_definition").name) for process in PROCESSES)
"""The types of their workflows, as `workflow.defn` keeps them: said once, so that the sweep can miss none."""
DECLARED: tuple[Agent[Any, Any], ...] = (
    invoice_reader,
    invoice_examiner,
    explainer,
    refund_assessor,
    ticket_router,
    reply_drafter,
    second_reader,
)
AGENTS = {(agent.name, agent.version): agent for agent in DECLARED}
TOLD = {key: told(agent) for key, agent in AGENTS.items()}
"""By name and version, what each is told."""
