"""What to do with an invoice that has exceptions: one of four courses, whoever proposed it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from domain.findings import BaseFinding, ExceptionCode, Finding
from domain.intake import Examined
from domain.purchasing import Coding
from domain.values import Frozen


class Post(Frozen):
    """Ask whether the bill may post in spite of its exceptions."""

    course: Literal["post"] = "post"
    coding: tuple[Coding, ...]
    exceptions: tuple[ExceptionCode, ...]


class Rematch(Frozen):
    """Check again, against another order."""

    course: Literal["rematch"] = "rematch"
    order_id: str


class SendBack(Frozen):
    """Ask whether the invoice goes back to its supplier."""

    course: Literal["send_back"] = "send_back"


class Wait(Frozen):
    """Keep it until somebody removes the exception."""

    course: Literal["wait"] = "wait"
    blocked_by: Finding
    reason: str


Course = Annotated[Post | Rematch | SendBack | Wait, Field(discriminator="course")]


def blocking(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings that keep a bill from posting."""
    return tuple(finding for finding in findings if not finding.posting_allowed)


def holding_payment(findings: tuple[Finding, ...]) -> tuple[ExceptionCode, ...]:
    """The codes of the findings that hold the payment of a posted bill."""
    return tuple(dict.fromkeys(finding.code for finding in findings if finding.holds_payment))


def post_as_examined(examined: Examined) -> Post | Wait:
    """Post with the coding that the checks found; wait where nobody may release what stands in the way."""
    stops = blocking(examined.examination.findings)
    firm = next((finding for finding in stops if not finding.releasable), None)
    if firm:
        return wait_for(firm)
    return Post(coding=examined.examination.coding, exceptions=codes(stops))


def wait_for(finding: Finding, reason: str | None = None) -> Wait:
    """Wait for what removes this finding."""
    return Wait(blocked_by=finding, reason=reason or finding.said)


def codes(findings: tuple[Finding, ...]) -> tuple[ExceptionCode, ...]:
    """The findings' codes, each once, in order."""
    return tuple(dict.fromkeys(finding.code for finding in findings))


def spoken(code: str) -> str:
    """An exception's code as words: `price variance`."""
    return code.replace("_", " ")


def title(finding: BaseFinding) -> str:
    """A finding in words: `price variance: …`."""
    return f"{spoken(getattr(finding, 'code', ''))}: {finding.said}"
