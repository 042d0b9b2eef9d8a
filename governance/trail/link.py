"""Where the trail of a case can be read, as the case's page in the Temporal UI says it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from domain.text import show
from domain.values import Frozen

FILLED = ("case", "run", "trace")
"""What an address may leave open."""
EXAMPLE = "http://127.0.0.1:8235/trail/{case}"
UNSAFE = re.compile(r"[^!-~]|[<>()\[\]\\`\"'|^*$]")
"""What could end a Markdown link, or an address, before its end."""
LONGEST_LINK = 1_000
LONGEST_ID = 200


class TrailLink(Frozen):
    """The trail of one case; `address` is None where nobody serves it, or where its id is too long for a link."""

    case: str
    address: str | None

    @classmethod
    def of(cls, template: str | None, *, case: str, run: str, trace: str) -> TrailLink:
        """The link to a case, each part written so that it stays within its place of the address."""
        parts = {"case": case, "run": run, "trace": trace}
        filled = re.sub(r"\{(\w+)\}", lambda found: quote(parts[found[1]], safe="", errors="replace"), template or "")
        return cls(case=case, address=filled if 0 < len(filled) <= LONGEST_LINK else None)

    @property
    def command(self) -> str:
        """What to type instead; empty where there is an address."""
        return "" if self.address else f"starter.py trail {shlex.quote(show(self.case, LONGEST_ID))}"

    @property
    def markdown(self) -> str:
        """A line of its own, after the block; empty where there is no address."""
        return f"Trail: [open]({self.address})" if self.address else ""


def checked(template: str) -> str:
    """The address, if cases can be filled into it; raise `ValueError` saying what is wrong with it."""
    if UNSAFE.search(template) or len(template) > LONGEST_LINK // 2:
        raise ValueError(f"it has a character that a link cannot have, or is too long; write one such as {EXAMPLE}")
    unknown = set(re.findall(r"\{(.*?)\}", template)) - set(FILLED)
    if unknown or re.search(r"[{}]", re.sub(r"\{\w+\}", "", template)):
        raise ValueError(f"it may leave open {', '.join(f'{{{name}}}' for name in FILLED)} and nothing else")
    if not _names_a_host(template):
        raise ValueError(f"it is no http:// or https:// address; write one such as {EXAMPLE}")
    if "{" not in template:
        raise ValueError("it leaves nothing open, so that every case would have the same trail; put {case} into it")
    return template


def _names_a_host(template: str) -> bool:
    try:
        split = urlsplit(template)
        return (
            split.scheme in ("http", "https") and bool(split.hostname) and split.port != 0 and "{" not in split.netloc
        )
    except ValueError:
        return False


def fenced(lines: Iterable[str], link: TrailLink | None = None) -> str:
    """Lines as one Markdown block that none of them can close, and the link after it."""
    block = "\n".join(["```text", *(fenceless(line) for line in lines), "```"])
    return f"{block}\n\n{link.markdown}" if link and link.markdown else block


def fenceless(line: str) -> str:
    """The line without a run of marks that would close the block."""
    return line.replace("```", "'''").replace("~~~", "---")
