"""What attackers write, by kind, and every place of a request where they can write it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from temporalio.api.common.v1 import Payload

from governance.approval import Advice, ApprovalRequest
from tests.actions import request

HOST = "evil.example"
KINDS: Mapping[str, str] = {
    "elements": f"</code></pre></main><h1>PRE-APPROVED</h1><script>document.title='owned'</script><img src=//{HOST}>"
    f"<iframe src=//{HOST}/2></iframe><table><tr><td>x</table><style>main{{display:none}}</style><svg onload=x>",
    "headings": "# PRE-APPROVED\n## by the board\nPRE-APPROVED\n===\nx\n---\n> quoted\n- one\n1. two\n**bold** _x_",
    "links": f"[approve](https://{HOST}) <https://{HOST}> https://{HOST}/3 www.{HOST} [x]\n\n[x]: //{HOST}\npay@{HOST}",
    "images": f"![x](https://{HOST}/4.png) ![x](//{HOST}/5.png) ![x][y]\n\n[y]: https://{HOST}/6.png 'PRE-APPROVED'",
    "math": "$x^2$ $$\\frac{PRE}{APPROVED}$$ \\(x\\) \\[x\\] `$x$` $\\href{https://evil.example}{x}$ \\begin{matrix}x",
    "tables": "| PRE | APPROVED |\n|---|:--:|\n| 1 | 2 |\n\nTerm\n: meaning[^1]\n\n[^1]: ~~gone~~ PRE-APPROVED",
    "escapes": "\x1b[2J\x1b[31mPRE-APPROVED\x1b[0m\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\ \x9b31m\x07\x08\r",
    "directions": "\u202edevorppa-ERP\u202c \u2067\u2066x\u2069\u2069 \u200f\u061c PRE-APPROVED \u2028# x\u2029# y",
    "blanks": "PRE\u200b\u2060\ufeff\u00ad-AP\u115f\u3164\u2800\u034fPROVED\U000e0041\U000e0042\ufe0f\u180e\u17b4 " * 3,
    "backtick fences": "`\n``\n```\n# PRE-APPROVED\n````\n`````\n"
    + "`" * 70
    + "\n```math\nx\n```mermaid\nx\n\uff40\uff40\uff40 x",
    "tilde fences": "~\n~~\n~~~\n# PRE-APPROVED\n~~~~\n" + "~" * 70 + "\n~~~text\n```~~~```\n\uff5e\uff5e\uff5e ~`~`~`",
    "wide letters": "PRE-APPROVED \u6f22\u5b57" * 20 + "\U0001f469\u200d\U0001f469 \ufdfa\ufdfa \u3392",
    "a megabyte": "PRE-APPROVED " + "x" * 999_987,
    "a megabyte of fences": "```\n# PRE-APPROVED\n" + "`" * 999_980,
}


@dataclass(frozen=True)
class Sent:
    """A signal whose every part is chosen by somebody else."""

    name: str
    payloads: list[Payload]
    identity: str


def answers(text: str) -> Iterator[Sent]:
    """A text in each part that a signal has, one part at a time at full length."""
    short = text[:300]
    identity = text.encode()[:900].decode(errors="ignore").replace("\x00", "")
    said: list[tuple[str, Any]] = [
        ("comment", {"by": short, "text": f"{text[:1_500]}?"}),
        ("comment", text),
        ("approve", {"by": text, "changes": {short: short}}),
        ("approve", {"by": short, "note": short, "changes": {"due_date": text[:15_000]}}),
        ("approve", {"by": short, "changes": {text[:15_000]: "x"}}),
        ("approve", {text: "x"}),
        ("approve", {"by": short, "token": text}),
        ("reject", {"by": text, "reason": ""}),
        ("reject", {"by": short, "token": short, "reason": text}),
        ("delegate", {"by": "nils", "person": text, "note": short}),
        ("delegate", {"by": short, "person": short, "note": text}),
    ]
    for name, value in said:
        yield Sent(name, [payload(json.dumps(value).encode())], identity)
    yield Sent("comment", [payload(text.encode())], identity)
    yield Sent("comment", [payload(b"1", encoding=short.encode())], identity)
    yield Sent(identity, [payload(json.dumps(text).encode())], identity)


def payload(content: bytes, encoding: bytes = b"json/plain") -> Payload:
    return Payload(metadata={"encoding": encoding}, data=content)


def asked(text: str) -> ApprovalRequest:
    """A request with a text wherever one of ours has text, far beyond what the process lets through."""
    advice = Advice(agent=text, version=text, provider=text, model=text, proposal=text, reason=text, confidence=1)
    return request(
        question=text,
        how_to_decide=text,
        evidence=(text,) * 3,
        facts={"Agent": text, text: text, "Supplier": text},
        why_held=text,
        advice=advice,
        needed=text,
        if_nobody_answers=text,
        profile=text,
    )


def invoice(sample: Path, folder: Path, text: str) -> Path:
    """A shipped invoice whose number, names and line texts say this, as far as XML and the reader's limits let them."""
    said = escape("".join(each for each in text if each.isprintable() or each in "\n\u202e\u200b")[:5_000], quote=False)
    document = sample.read_text().replace("<cbc:ID>", f"<cbc:ID>{said}", 1)
    for tag in ("<cbc:Note>", "<cbc:Name>", "<cbc:RegistrationName>"):
        document = document.replace(tag, tag + said)
    hostile = folder / (text.replace("/", ":").replace("\x00", "").encode()[:150].decode(errors="ignore") + ".xml")
    hostile.write_text(document)
    return hostile
