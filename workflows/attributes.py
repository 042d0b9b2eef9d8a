"""Search attributes: what the Temporal list can filter and show. No personal data beyond who decided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes

from workflows.listing import content_is_listed

PROCESS = SearchAttributeKey.for_keyword("Process")
CASE_STATE = SearchAttributeKey.for_keyword("CaseState")
OWNER_ROLE = SearchAttributeKey.for_keyword("OwnerRole")
APPROVAL_STATE = SearchAttributeKey.for_keyword("ApprovalState")
APPROVER_ROLE = SearchAttributeKey.for_keyword_list("ApproverRole")
APPROVAL_KIND = SearchAttributeKey.for_keyword("ApprovalKind")
DECIDED_BY = SearchAttributeKey.for_keyword("DecidedBy")
AMOUNT = SearchAttributeKey.for_float("Amount")
APPROVAL_DUE = SearchAttributeKey.for_datetime("ApprovalDue")
RISK_TAGS = SearchAttributeKey.for_keyword_list("RiskTags")
SUBJECT = SearchAttributeKey.for_keyword("Subject")
"""No text: PostgreSQL takes one only if it happens to be a valid `tsvector`; else the list never hears of the case."""

CONTENT = (AMOUNT, SUBJECT)
"""Those that say what a case is about."""
ALL = (
    PROCESS,
    CASE_STATE,
    OWNER_ROLE,
    APPROVAL_STATE,
    APPROVER_ROLE,
    APPROVAL_KIND,
    DECIDED_BY,
    AMOUNT,
    APPROVAL_DUE,
    RISK_TAGS,
    SUBJECT,
)


def upsert(*updates: SearchAttributeUpdate[Any]) -> None:
    """Set search attributes of the running workflow; what its worker does not want listed is left out."""
    told = [each for each in updates if _listed(each.key)]
    workflow.upsert_search_attributes(told)  # pyright: ignore[reportUnknownMemberType] - the SDK's own hint is open


def found_by(*pairs: SearchAttributePair[Any]) -> TypedSearchAttributes:
    """What a workflow that the running one starts is found by."""
    return TypedSearchAttributes([each for each in pairs if _listed(each.key)])


def _listed(key: SearchAttributeKey[Any]) -> bool:
    return key not in CONTENT or content_is_listed()


def of_new(process: str) -> TypedSearchAttributes:
    """What a case of this process is found by from its start."""
    return TypedSearchAttributes([SearchAttributePair(PROCESS, process), SearchAttributePair(CASE_STATE, "running")])


LIMIT = 200
"""Bytes of one value. The server ends a case for good over 2,048, and a long vendor name is enough."""


def clamp(value: str) -> str:
    """A value that no server refuses."""
    return value.encode()[:LIMIT].decode(errors="ignore")


def clamp_all(values: Iterable[str]) -> list[str]:
    """A short list of such values."""
    return [clamp(value) for value in values][:20]
