"""The Temporal server: how to reach it, what to tell it, how to start one for development."""
