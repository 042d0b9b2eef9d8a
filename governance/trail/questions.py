"""Which question of which law a file of an evidence pack helps to answer, and what it leaves open."""

from __future__ import annotations

from typing import NamedTuple


class Question(NamedTuple):
    """What an auditor asks, and where to look; nothing here says that a rule is kept."""

    rule: str
    asks: str
    look: str
    open: str


QUESTIONS = (
    Question(
        "AI Act, Art. 12: record-keeping",
        "Which events were recorded automatically, and can the case be traced by them?",
        "histories/, records.json, journal.json; verify.py for whether any is missing",
        "Whether the system is a high-risk one; what happened outside of this case and this system.",
    ),
    Question(
        "AI Act, Art. 13: transparency to deployers",
        "What was each agent told, by which model did it answer, how sure did it say it was, which rules bound it?",
        "agents/, policies/, “Agents and models” above, spans.json",
        "The instructions for use; accuracy and known limits of the model, which its provider documents.",
    ),
    Question(
        "AI Act, Art. 14: human oversight",
        "Who was asked, on what facts, and did somebody approve, change, refuse or stop it?",
        "decisions.json, “What people were asked” above, trail.html",
        "Whether that person was competent and trained, had time, and did not merely follow the proposal.",
    ),
    Question(
        "AI Act, Art. 19: automatically generated logs",
        "Are the logs there, unaltered, and since when?",
        "ledger.jsonl with its checkpoints, histories/",
        "How long they are kept: at least six months, unless other law says more. This pack does not keep itself.",
    ),
    Question(
        "AI Act, Art. 26: duties of deployers",
        "Was oversight given to people with a role and an authority? Are the logs in the deployer's hands kept?",
        "decisions.json (roles, mandates), policies/, ledger.jsonl",
        "How those people were chosen and trained; monitoring across cases; whether those affected were told.",
    ),
    Question(
        "SOX 302 and 404: segregation of duties",
        "Did somebody else than the requester approve, and as many distinct people as the rule asks for?",
        "“What people were asked” above, decisions.json (votes), policies/ by the digest in each judgement",
        "Whether the control is well designed; who has access to the business system past this one.",
    ),
    Question(
        "GDPR, Art. 22: automated decisions",
        "Was a person involved in the decision, who, and could they change it?",
        "“What people were asked” above, decisions.json (amendments, answers), “What rules decided” above",
        "Whether the decision affects a natural person as the article means it; whether the review was meaningful.",
    ),
)
LAWS = "AI Act: Regulation (EU) 2024/1689. SOX: Sarbanes-Oxley Act of 2002. GDPR: Regulation (EU) 2016/679."
