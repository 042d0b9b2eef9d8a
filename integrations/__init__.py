"""Adapters behind the ports: the only code that opens a connection or a file."""
