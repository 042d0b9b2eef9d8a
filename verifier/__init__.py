"""The one file by which an auditor checks a ledger; it uses nothing else of this project."""
