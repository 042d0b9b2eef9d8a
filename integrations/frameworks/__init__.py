"""Agent frameworks as reasoners: each in an environment and a process of its own, told over a pipe what to think about.

A framework sees the question and what look-ups return; keys, connections and everything that acts stay in the worker.
"""

from integrations.frameworks.apart import Apart
from integrations.frameworks.chosen import FRAMEWORKS, reasoners

__all__ = ["FRAMEWORKS", "Apart", "reasoners"]
