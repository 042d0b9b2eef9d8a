"""Nouns, rules and ports of the business: pure, importing pydantic and the standard library only."""
