"""A case held together from all that is kept of it: what is missing, extra or altered, and what nobody knows."""
