"""A business system to try things on: books and outgoing mail in one database, faults by setting."""

from integrations.sandbox.adventureworks import read_adventureworks
from integrations.sandbox.database import Database
from integrations.sandbox.erp import SandboxErp
from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.mail import SandboxMail
from integrations.sandbox.master import MasterData, put_on_file
from integrations.sandbox.rows import BadFile
from integrations.sandbox.seed import load_csv

__all__ = [
    "BadFile",
    "Database",
    "Fault",
    "Faults",
    "MasterData",
    "SandboxErp",
    "SandboxMail",
    "load_csv",
    "put_on_file",
    "read_adventureworks",
]
