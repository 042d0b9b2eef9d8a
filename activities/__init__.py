"""Thin: a port each, a few lines a method, no business branches."""
