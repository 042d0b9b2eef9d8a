"""A supplier's new bank account, from a person's request to the master; never by itself, never from a document.

request ──► look up ──► tell the contact ──► people decide ──► cooling-off ──► judge again ──► change ──► Changed
               │        that was on file           │                               │             │
               ▼               ▼                   ▼                               ▼             ▼
            Refused         Refused        Refused │ Expired                    Refused       Refused: another account
                                                                                              is on file than was shown
`stop` from anybody, at any time before the change ──► Stopped
"""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ActivityError, ApplicationError

from activities.bank import BankLookups
from activities.policy import Judgement, PolicyActivities
from domain.actions import ChangeBankDetails
from domain.bank import CASE_PREFIX, BankChanged, BankOutcome, BankRefused, BankRequest, Objection, OnFile
from domain.checks.bank_details import change_of, confirmation_of, verification_of
from domain.errors import DomainError
from governance.overruling import overruled
from governance.work_order import WorkOrder
from workflows import bank_wording as wording
from workflows.authority import Authority
from workflows.failures import failed_as, given_up, reason
from workflows.looking_up import look_up
from workflows.options import ORDER_VALID
from workflows.run import draw
from workflows.stopping import Stoppable


@workflow.defn(name="BankDetails", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class BankDetailsWorkflow(Stoppable):
    """Verify, have two people decide, wait, change; one open change a supplier, by its id."""

    policy = "bank-details"

    def __init__(self) -> None:
        """Nothing is known yet."""
        super().__init__()
        self._found: OnFile | None = None
        self._message: str | None = None
        self._approved_by: str | None = None

    @workflow.run
    async def run(self, request: BankRequest) -> BankOutcome:
        """One change, from request to outcome."""
        self.particulars = wording.particulars(request, None)
        self.stands("looking up", None, "a change of bank details")
        try:
            outcome = await self._settle(request)
        except ApplicationError as error:  # a lookup that trying again does not mend, such as a broken file of rules
            outcome = self._refused(request, "nobody: a lookup failed", reason(error))
        stops = await self.stops_heard()
        outcome = outcome or wording.stopped(request, self._found, self._verified, stops[0], self._approved_by)
        state = wording.state_of(outcome)
        self.particulars = {**self.particulars, "Decided by": outcome.decided_by}
        self.listed_as(state, "vendor-master" if state == wording.REPAIR else None, wording.line_of(outcome))
        return outcome.model_copy(update={"stops": stops})

    async def _settle(self, request: BankRequest) -> BankOutcome | None:
        """The steps in order; None where somebody stopped it before the change."""
        found = await self._look_up(request)
        if isinstance(found, Objection):
            return self._refused(request, "the checks", found.said, found)
        self.particulars = wording.particulars(request, found)
        self.stands("verifying", None, "the contact on file is told")
        if refusal := await self._verify(request, found):
            return refusal
        authority = None if self.stopping else await self.unless_stopped(self._decide(request, found))
        if authority is None or self.stopping:
            return None
        if authority.order is None:
            return wording.undecided(found, self._verified, authority)
        await self._cool_off()
        return await self._change(request, found, authority.order, authority)

    async def _look_up(self, request: BankRequest) -> OnFile | Objection:
        wanted = f"{CASE_PREFIX}{request.supplier_id}"
        if workflow.info().workflow_id != wanted:
            return Objection(said=f"Its id must be {wanted}: then only one change is open for the supplier.")
        found = await look_up(BankLookups.look_up_account, request, workflow.now().date())
        self._found = found if isinstance(found, OnFile) else None
        return found

    async def _verify(self, request: BankRequest, found: OnFile) -> BankRefused | None:
        """Tell the contact on file; without that nobody is asked to decide."""
        note = await self.authorise(verification_of(found), wording.ask_to_write, request.requester)
        if note.order is None:
            return wording.not_changed(found, None, note.by, note.refusal)
        try:
            self._message = (await self.perform(note.order)).reference
        except ActivityError as error:
            given_up(error)
            return wording.not_changed(found, None, "the mail", f"The supplier could not be told: {reason(error)}")
        return None

    async def _decide(self, request: BankRequest, found: OnFile) -> Authority[ChangeBankDetails]:
        change = change_of(request, found, self._message or "")
        authority = await self.authorise(
            change, lambda change: wording.ask_to_change(change, request, found), request.requester
        )
        self._approved_by = authority.by if authority.order else None
        return authority

    async def _cool_off(self) -> None:
        until = await look_up(BankLookups.cooling_off_end, workflow.now())
        said = wording.cooling_off(until)
        self.listed_as("cooling off", None, said)
        await self.wait_unless_stopped((until - workflow.now()).total_seconds(), said)

    async def _renewed(self, order: WorkOrder[ChangeBankDetails]) -> WorkOrder[ChangeBankDetails] | str:
        """The order, valid from now on, or why the rules as they are now do not let it be; nobody is asked twice."""
        judgement = Judgement(policy=self.policy, action=order.action, at=workflow.now(), draw=draw())
        verdict = await look_up(PolicyActivities.judge, judgement)
        return overruled(order, verdict) or order.model_copy(update={"expires": workflow.now() + ORDER_VALID})

    async def _change(
        self,
        request: BankRequest,
        found: OnFile,
        order: WorkOrder[ChangeBankDetails],
        authority: Authority[ChangeBankDetails],
    ) -> BankOutcome | None:
        """Change the account, if nobody has stopped it and the rules still let it be."""
        renewed = await self._renewed(order)
        if self.stopping:
            return None
        if isinstance(renewed, str):
            return wording.not_changed(found, self._verified, "policy, judged again after the cooling-off", renewed)
        self.listed_as("changing", None, "the cooling-off is over")
        try:
            receipt = await self.perform(renewed)
        except ActivityError as error:
            given_up(error)
            unknown = not failed_as(error, DomainError)
            return wording.not_changed(
                found, self._verified, "the supplier master", reason(error), needs_repair=unknown
            )
        done = wording.changed(found, self._verified, authority, receipt.reference)
        return await self._confirm(request, found, done)

    async def _confirm(self, request: BankRequest, found: OnFile, done: BankChanged) -> BankChanged:
        """The contact that was on file before hears of it; without that the change stands."""
        told = await self.act(confirmation_of(found), wording.ask_to_write, request.requester)
        return done.model_copy(update={"confirmation_id": told.receipt.reference}) if told.receipt else done

    @property
    def _verified(self) -> str | None:
        """Which message went to which contact, once one has."""
        return wording.verified_by(self._found, self._message) if self._found and self._message else None

    def _refused(self, request: BankRequest, by: str, why: str, objection: Objection | None = None) -> BankRefused:
        if self._found is None:
            return wording.refused(request, objection or Objection(said=why), by)
        return wording.not_changed(self._found, self._verified, by, why)
