"""The trail: what a workflow's history says, as records and as spans, drawn up after the fact by pure functions."""
