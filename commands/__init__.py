"""What an operator types: one file a group of commands, registered in `starter.py`."""
