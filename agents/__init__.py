"""Bounded reasoning tasks as declarations: what goes in, what must come out, and what holds when no answer comes."""
