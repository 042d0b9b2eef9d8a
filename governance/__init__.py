"""What may happen and who said so: policy tables, approvals, work orders; nothing here knows Temporal."""
