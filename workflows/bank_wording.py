"""What a change of bank details says to people: the question, where it stands, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.actions import BankRisk, ChangeBankDetails, ConfirmBankDetails, VerifyBankDetails
from domain.bank import (
    BankChanged,
    BankExpired,
    BankOutcome,
    BankRefused,
    BankRequest,
    BankStopped,
    Objection,
    OnFile,
    StopHeard,
)
from domain.checks.bank_details import grouped, masked
from domain.text import show
from workflows.asking import Question
from workflows.authority import Authority

REASON_LIMIT = 600
REPAIR = "needs repair"

UNUSUAL: Mapping[BankRisk, str] = {
    "first_account": "no account was on file before",
    "country_changes": "the new account is in another country than the old one",
    "holder_differs": "the holder's name is not the supplier's",
    "account_of_another": "another supplier has this account",
}


def ask_to_change(change: ChangeBankDetails, request: BankRequest, found: OnFile) -> Question:
    """Names and numbers from the supplier master alone, but for what the fact itself says was typed."""
    name = show(change.supplier_name, 80)
    since = f"{found.contact_since:%d %b %Y}" if found.contact_since else "never"
    proof = request.evidence
    facts = {
        "First": f"call {show(found.phone or 'nobody', 40)}, on file since {since}; no number from the request",
        "Then ask": "whether the supplier wants this, and have the new account read out",
        "Supplier": f"{name} ({change.supplier_id})",
        "Account now": masked(change.old_account),
        "New account": f"{grouped(change.account)} (as typed by {show(request.requester, 60)})",
        "Its holder": f"{change.holder} (as typed)",
        "Told": f"{show(found.email or 'nobody', 80)}, on file since {since}, by message {change.verification}",
        "Asked by": f"{show(request.requester, 60)}: {show(request.reason, 200)}",
        "Reference": show(request.reference, 60),
        "Evidence": f"{show(proof.name, 60)}, sha256 {proof.digest[:12]}..." if proof else "none",
        "If approved": f"it happens after {found.cooling_off}, unless somebody stops it",
        "If rejected": "nothing changes; payments go to the account on file",
    }
    unusual = tuple(UNUSUAL[risk] for risk in change.risks) or ("nothing unusual about the account",)
    return Question(
        text=f"Change the bank account of {name}? Call the number on file before you decide.",
        facts=facts,
        evidence=unusual,
    )


def ask_to_write(note: VerifyBankDetails | ConfirmBankDetails) -> Question:
    """Whether the supplier is told; asked only where the table has been made to ask."""
    name = show(note.supplier_name, 80)
    facts = {"Supplier": name, "To": show(note.to, 80), "Account now": note.old_account, "New": note.new_account}
    return Question(text=f"Write to {name} about its bank account?", facts=facts)


def cooling_off(until: datetime) -> str:
    """The timeline's call to whoever knows better."""
    return (
        f"COOLING OFF until {until:%d %b %H:%M} UTC. To stop it: More Actions > Send a Signal > stop, with the reason"
    )


def particulars(request: BankRequest, found: OnFile | None) -> dict[str, str]:
    """What the case is about, as its page shows it."""
    return {
        "Supplier": f"{show(found.supplier_name if found else '', 80)} ({show(request.supplier_id, 40)})".lstrip(),
        "Account now": masked(found.old_account) if found else "not looked up yet",
        "New account": masked(found.account if found else show(request.account, 40)),
        "Asked by": f"{show(request.requester, 60)}, reference {show(request.reference, 60)}",
        "Meanwhile": "until it is changed, payments go to the account on file",
    }


def line_of(outcome: BankOutcome) -> str:
    """The outcome in one line, for lists."""
    who = show(outcome.supplier_name or outcome.supplier_id, 60)
    if isinstance(outcome, BankChanged):
        return f"{who}: {outcome.old_account} became {outcome.new_account}, {outcome.change_id}"
    return f"{who}: {show(outcome.reason, 90)}"


def state_of(outcome: BankOutcome) -> str:
    """The case's state in lists."""
    return REPAIR if isinstance(outcome, BankRefused) and outcome.needs_repair else outcome.outcome


def refused(request: BankRequest, objection: Objection, by: str) -> BankRefused:
    """No, before anybody was asked."""
    return BankRefused(
        supplier_id=show(request.supplier_id, 60),
        supplier_name=objection.supplier_name,
        old_account=None,
        new_account=masked(show(request.account, 40)),
        decided_by=by,
        verified=None,
        reason=show(objection.said, REASON_LIMIT),
    )


def not_changed(found: OnFile, verified: str | None, by: str, why: str, *, needs_repair: bool = False) -> BankRefused:
    """No, by the rules, a person or the supplier master; it needs repair where it may have happened all the same."""
    why = f"It is not known whether the account was changed, look it up: {why}" if needs_repair else why
    said = show(why, REASON_LIMIT)
    return BankRefused(**_about(found, verified), decided_by=by, reason=said, needs_repair=needs_repair)


def undecided(found: OnFile, verified: str | None, authority: Authority[Any]) -> BankRefused | BankExpired:
    """A person said no, or too few answered."""
    if authority.decision and authority.decision.state == "expired":
        votes = ", ".join(vote.person for vote in authority.decision.votes) or "nobody"
        why = f"Too few people answered in time; {show(votes, 200)} had approved."
        return BankExpired(**_about(found, verified), decided_by=authority.by, reason=why)
    return not_changed(found, verified, authority.by, authority.refusal)


def stopped(
    request: BankRequest, found: OnFile | None, verified: str | None, stop: StopHeard, approved_by: str | None
) -> BankStopped:
    """Somebody who knows better."""
    about = _about(found, verified) if found else _unknown(request)
    why = stop.reason or f"no reason that could be read ({stop.unread or 'empty data'})"
    by = f"{show(stop.by, 80)} ({stop.sure})"
    return BankStopped(**about, decided_by=by, reason=show(why, REASON_LIMIT), approved_by=approved_by)


def changed(
    found: OnFile, verified: str | None, authority: Authority[ChangeBankDetails], change_id: str
) -> BankChanged:
    """Done, with the supplier not told yet."""
    note = authority.decision.note if authority.decision else None
    return BankChanged(
        **_about(found, verified),
        decided_by=authority.by,
        change_id=change_id,
        note=show(note, REASON_LIMIT) if note else None,
        confirmation_id=None,
    )


def verified_by(found: OnFile, message_id: str) -> str:
    """Which message went to which contact."""
    return f"{message_id} to {show(found.email or '', 80)}, on file since {found.contact_since}"


def _about(found: OnFile, verified: str | None) -> dict[str, Any]:
    return {
        "supplier_id": found.supplier_id,
        "supplier_name": found.supplier_name,
        "old_account": masked(found.old_account),
        "new_account": masked(found.account),
        "verified": verified,
    }


def _unknown(request: BankRequest) -> dict[str, Any]:
    return {
        "supplier_id": show(request.supplier_id, 60),
        "supplier_name": None,
        "old_account": None,
        "new_account": masked(show(request.account, 40)),
        "verified": None,
    }
