"""From a file's bytes to an invoice or plain text, in a process that may die without harm."""
