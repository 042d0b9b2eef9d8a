"""How a refund ends."""

from __future__ import annotations

from collections.abc import Iterator

from commands.console import plain
from commands.words.findings import lines
from domain.refunding import BaseRefundOutcome, GivenBack, RefundHeld, RefundOutcome
from workflows.refund_wording import line_of, state_of


def told(outcome: RefundOutcome) -> tuple[str, str]:
    """The outcome in a word and a sentence."""
    return state_of(outcome), f"{line_of(outcome)}, by {outcome.decided_by}"


def details(outcome: BaseRefundOutcome) -> Iterator[str]:
    """What else there is to say of it, a line each, ready to print."""
    yield f"order {plain(outcome.order_id)}, decided by {plain(outcome.decided_by)}"
    for finding in outcome.findings:
        yield from lines(finding.said, finding.owner, finding.removed_by)
    if isinstance(outcome, GivenBack):
        yield from (f"left to do: {plain(each, 300)}" for each in outcome.loose_ends)
    if isinstance(outcome, RefundHeld):
        yield f"Next: {outcome.owner}: {plain(outcome.removed_by, 300)}; then ask again with --again."
