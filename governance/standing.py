"""Who answered and whether it is theirs to answer: from the server's record, the directory and any proof."""

from __future__ import annotations

from datetime import datetime

from domain.ports import SignalRecord
from domain.values import Amount, CurrencyCode, Frozen, Sha256
from governance.answer import Answer
from governance.approval import escalated
from governance.assurance import Assurance, Profile, reaches
from governance.people import Asked, Directory, Handover, Mandate, Person
from governance.rates import Rates
from governance.tokens import Binding, prove
from governance.verdict import Review


class Standing(Frozen):
    """What stands to be decided when an answer comes."""

    request: Sha256
    run_id: str
    """The approval's own run: a token given to a run that was reset does not count in the next."""
    approval: str = ""
    """The approval's id: whoever answers too late is told which request that was for."""
    settled: str | None = None
    """What the request has come to, where it waits no more."""
    requester: str
    amount: Amount | None
    currency: CurrencyCode | None
    review: Review
    handed: tuple[Handover, ...] = ()

    def over(self, at: datetime) -> str | None:
        """Why an answer of this moment comes too late; None where it does not."""
        late = "its deadline has passed" if at >= self.review.expires else None
        how = f"it was {self.settled}" if self.settled else late
        return f"it is for {self.approval or 'a request'}, which is over: {how}" if how else None

    def asked(self, at: datetime) -> Asked:
        """The question to the directory: who may fill a place at this moment."""
        return Asked(
            roles=(*self.review.approvers, *escalated(self.review, at)),
            amount=self.amount,
            currency=self.currency,
            at=at,
            handed=self.handed,
            requester=self.requester,
        )


class Weighed(Frozen):
    """One answer's sender: who, how sure, which places they may fill; `why_not` where it cannot count."""

    event_id: int
    at: datetime
    identity: str
    by: str | None
    assurance: Assurance
    how: str | None = None
    mandates: tuple[Mandate, ...] = ()
    handed: Handover | None = None
    why_not: str | None = None


class Laws(Frozen):
    """The directory and rates in force, and the profile of the worker."""

    directory: Directory
    rates: Rates
    profile: Profile


class _Sender(Frozen):
    by: str | None
    person: Person | None
    assurance: Assurance
    how: str | None = None
    why_not: str | None = None


def weigh(answer: Answer, signal: SignalRecord, standing: Standing, laws: Laws) -> Weighed:
    """Say who sent an answer and what it may count for; whatever is wrong becomes a sentence."""
    sender = _sender(answer, signal, standing, laws.directory)
    weighed = Weighed(
        event_id=signal.event_id,
        at=signal.at,
        identity=signal.identity[:200],
        by=sender.by,
        assurance=sender.assurance,
        how=sender.how,
        why_not=standing.over(signal.at)
        or sender.why_not
        or ("it was given before a reset; give it again" if signal.reapplied else None),
    )
    if weighed.why_not or answer.kind == "comment":
        return weighed
    return weighed.model_copy(update=_authority(answer, signal, sender, standing, laws))


def nobody_knows(signal: SignalRecord, why_not: str) -> Weighed:
    """An answer whose sender cannot be looked up."""
    return Weighed(
        event_id=signal.event_id,
        at=signal.at,
        identity=signal.identity[:200],
        by=None,
        assurance="anonymous",
        why_not=why_not,
    )


def _sender(answer: Answer, signal: SignalRecord, standing: Standing, directory: Directory) -> _Sender:
    if answer.token:
        return _proven(answer, signal, standing, directory)
    if signal.principal:
        person = directory.by_principal(signal.principal)
        by = person.id if person else signal.principal
        sender = _Sender(by=by, person=person, assurance="principal", how="the server authenticated the caller")
    else:
        name = answer.by or signal.identity or None
        person = directory.known_as(name) if name else None
        by = person.id if person else answer.by
        sender = _Sender(by=by, person=person, assurance="claimed" if name else "anonymous")
    return _contradicted(sender, answer, directory)


def _proven(answer: Answer, signal: SignalRecord, standing: Standing, directory: Directory) -> _Sender:
    binding = Binding(
        request=standing.request,
        run_id=standing.run_id,
        answer=answer.kind,
        note=answer.text,
        changes=answer.changes,
        person=answer.person,
    )
    proven = prove(answer.token or "", binding, directory, at=signal.at, principal=signal.principal)
    if isinstance(proven, str):
        return _Sender(by=answer.by, person=None, assurance="anonymous", why_not=proven)
    person = directory.person(proven.person)
    sender = _Sender(by=proven.person, person=person, assurance=proven.assurance, how=proven.how)
    return _contradicted(sender, answer, directory)


def _contradicted(sender: _Sender, answer: Answer, directory: Directory) -> _Sender:
    """A name in the data that is not the name that was established."""
    if not answer.by or sender.assurance in ("anonymous", "claimed"):
        return sender
    named = directory.known_as(answer.by)
    if (named.id if named else answer.by) == sender.by:
        return sender
    return sender.model_copy(update={"why_not": f"it says it is by {answer.by}, and it is by {sender.by}"})


def _authority(
    answer: Answer, signal: SignalRecord, sender: _Sender, standing: Standing, laws: Laws
) -> dict[str, object]:
    """The places the sender may fill, or why none."""
    if _is_requester(standing.requester, answer, signal, sender, laws.directory):
        return {"why_not": "the person who asked cannot decide"}
    if weak := too_weak(sender.assurance, standing.review):
        return {"why_not": weak}
    mandates = mandates_of(sender.person, standing.asked(signal.at), laws)
    if isinstance(mandates, str):
        return {"why_not": mandates}
    if answer.kind != "delegate":
        return {"mandates": mandates}
    handed = _handed(sender.person, answer, standing.asked(signal.at), laws)
    return {"why_not": handed} if isinstance(handed, str) else {"mandates": mandates, "handed": handed}


def _handed(giver: Person | None, answer: Answer, asked: Asked, laws: Laws) -> Handover | str:
    if giver is None:
        return "only somebody whom the directory knows can hand a decision on"
    taker = laws.directory.may_hand(giver, answer.person or "", asked, laws.rates)
    return taker if isinstance(taker, str) else Handover(giver=giver.id, taker=taker.id)


def mandates_of(person: Person | None, asked: Asked, laws: Laws) -> tuple[Mandate, ...] | str:
    """The places a person may fill, or why none; a dev profile lets whom the directory does not know fill any."""
    if person:
        return laws.directory.mandates(person, asked, laws.rates)
    if laws.profile == "production":
        return "the directory knows nobody of this name"
    return tuple(Mandate(role=role, on_behalf_of=None) for role in asked.roles)


def too_weak(assurance: Assurance, review: Review) -> str | None:
    """Why a proof of this strength does not do; None where it does. A dev profile's reviews ask for `anonymous`."""
    if reaches(assurance, review.assurance):
        return None
    return f"it takes somebody {review.assurance} here, and this was {assurance}"


def _is_requester(requester: str, answer: Answer, signal: SignalRecord, sender: _Sender, directory: Directory) -> bool:
    """Whether any name that the answer goes by is the requester's."""
    asked = directory.known_as(requester)
    if asked and sender.person and asked.id == sender.person.id:
        return True
    proven = sender.assurance not in ("anonymous", "claimed")
    given = (sender.by,) if proven else (sender.by, answer.by, signal.identity)
    return requester.casefold() in names(*given)


def names(*given: str | None) -> set[str]:
    """The names an answer goes by; a client identity such as `anna@host` also stands for `anna`."""
    folded = {name.casefold().strip() for name in given if name}
    return folded | {name.split("@")[0] for name in folded}
