"""A change of bank details: what is on file, how long to wait, who wants it stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from temporalio import activity

from domain.bank import BankRequest, Objection, OnFile, StopHeard
from domain.checks.bank_details import examined
from domain.errors import BadPolicy
from domain.ports import SignalLog, SupplierMaster
from governance.answer import Answer
from governance.bank_terms import BankTerms
from governance.case import CaseRun
from governance.people import Directory

NAME_LIMIT = 200


class BankRules(Protocol):
    """The terms of such changes and the people, as they are now."""

    async def bank_terms(self) -> BankTerms:
        """The terms; raise `BadPolicy` where they cannot be read."""
        ...

    async def directory(self) -> Directory:
        """The people and roles; raise `BadPolicy` where they cannot be read."""
        ...


@dataclass(frozen=True)
class BankLookups:
    """Reads only: run as local activities, so that changed rules can never break replay."""

    master: SupplierMaster
    rules: BankRules
    signals: SignalLog

    @activity.defn
    async def look_up_account(self, request: BankRequest, today: date) -> OnFile | Objection:
        """Hold a request against the supplier master, on the date that it is for the case."""
        terms = await self.rules.bank_terms()
        record = await self.master.supplier_record(request.supplier_id, request.account)
        return examined(request, record, today, terms.contact_days, str(terms.cooling_off))

    @activity.defn
    async def cooling_off_end(self, start: datetime) -> datetime:
        """When the cooling-off that starts now is over."""
        terms = await self.rules.bank_terms()
        return terms.end(start, await self.rules.directory())

    @activity.defn
    async def who_stopped(self, run: CaseRun, position: int, answer: Answer) -> StopHeard:
        """Find a call to stop by its place among all signals that the run received, from 0, and say whose it was."""
        signal = await self.signals.nth_signal(workflow_id=run.workflow_id, run_id=run.run_id, position=position)
        claimed = answer.by or signal.identity
        person = await self._person(signal.principal, claimed)
        return StopHeard(
            at=signal.at,
            by=(person or signal.principal or claimed or "somebody")[:NAME_LIMIT],
            identity=signal.identity[:NAME_LIMIT],
            sure="principal" if signal.principal else "claimed" if claimed else "anonymous",
            reason=answer.text,
            unread=answer.fault,
        )

    async def _person(self, principal: str | None, claimed: str) -> str | None:
        """Who it is in people.toml; a stop is never lost because that file cannot be read."""
        try:
            directory = await self.rules.directory()
        except BadPolicy:
            return None
        person = directory.by_principal(principal) if principal else directory.known_as(claimed)
        return person.id if person else None
