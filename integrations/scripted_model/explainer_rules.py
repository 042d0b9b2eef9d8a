"""The stated rule by which the scripted model explains a proposal: it repeats the reason and counts the findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from agents.explainer import Explanation
from domain.strict_json import NotStrict, strict_json


def explain(brief: str, texts: Mapping[str, str]) -> Explanation:
    """Answer from the brief alone: `brief` is the question's JSON, `texts` the outside texts by field."""
    asked = cast("dict[str, object]", strict_json(brief))
    found = _findings(texts.get("brief", ""))
    answer = f"{asked['agent']} proposed “{asked['proposal']}”, because: {asked['reason']} The brief names {found}."
    return Explanation(answer=answer)


def _findings(brief: str) -> str:
    try:
        told = cast("dict[str, object]", strict_json(brief))
    except NotStrict:
        return "nothing that can be read"
    findings = cast("list[dict[str, object]]", told.get("findings") or [])
    return "; ".join(str(finding.get("said")).rstrip(".") for finding in findings) or "no finding"
