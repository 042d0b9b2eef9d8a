"""The processes and the agents there are: what a worker runs, and what an operator can name."""

from __future__ import annotations

from agents.explainer import explainer
from agents.invoice_examiner import invoice_examiner
from agents.invoice_reader import invoice_reader
from agents.prompt import told
from agents.refund_assessor import refund_assessor
from agents.reply_drafter import reply_drafter
from agents.ticket_router import ticket_router
from workflows.bank_details import BankDetailsWorkflow
from workflows.invoice import InvoiceWorkflow
from workflows.refund import RefundWorkflow
from workflows.ticket import TicketWorkflow

PROCESSES = (InvoiceWorkflow, BankDetailsWorkflow, RefundWorkflow, TicketWorkflow)
NAMES = ("Invoice", "BankDetails", "Refund", "Ticket")
"""The types of their workflows."""
AGENTS = {
    (agent.name, agent.version): agent
    for agent in (invoice_reader, invoice_examiner, explainer, refund_assessor, ticket_router, reply_drafter)
}
TOLD = {key: told(agent) for key, agent in AGENTS.items()}
"""By name and version, what each is told."""
