"""Business systems to try things on, in one database, with faults by setting."""

from integrations.sandbox.adventureworks import read_adventureworks
from integrations.sandbox.billing import SandboxBilling
from integrations.sandbox.company import Company
from integrations.sandbox.crm import SandboxCrm
from integrations.sandbox.customer_mail import SandboxCustomerMail
from integrations.sandbox.database import Database
from integrations.sandbox.erp import SandboxErp
from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.helpdesk import SandboxHelpdesk
from integrations.sandbox.knowledge import SandboxKnowledge
from integrations.sandbox.mail import SandboxMail
from integrations.sandbox.master import MasterData, put_on_file
from integrations.sandbox.rows import BadFile
from integrations.sandbox.seed import load_csv
from integrations.sandbox.seed_company import load_company

__all__ = [
    "BadFile",
    "Company",
    "Database",
    "Fault",
    "Faults",
    "MasterData",
    "SandboxBilling",
    "SandboxCrm",
    "SandboxCustomerMail",
    "SandboxErp",
    "SandboxHelpdesk",
    "SandboxKnowledge",
    "SandboxMail",
    "load_company",
    "load_csv",
    "put_on_file",
    "read_adventureworks",
]
