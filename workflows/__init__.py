"""The business processes, one file each, readable top to bottom."""
