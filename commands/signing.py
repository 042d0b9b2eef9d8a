"""Answers that prove who gave them: showing what is signed, and signing it with a person's own key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commands.answering import Reply
from commands.consent import interruptible
from commands.console import UserError, out, plain
from commands.keys import ask_passphrase
from commands.waiting import Pending
from domain.text import show
from governance.people import Directory, Person, PublicKey
from governance.tokens import Binding, signed_answer
from integrations.keys import read_key
from integrations.policy_folder import PolicyFolder
from integrations.settings import Settings

Sign = Annotated[Path | None, typer.Option(help="Sign with this key of yours (see `starter.py keys new`).")]
SHOWN = 500


@dataclass(frozen=True)
class Signer:
    """Somebody of people.toml with their own private key."""

    person: Person
    key: Ed25519PrivateKey
    kid: str

    def token(self, asked: Pending, reply: Reply) -> str:
        """Sign exactly this answer to this request in this run of it; it counts for a quarter of an hour."""
        said = reply.read(signed=True)
        binding = Binding(
            request=asked.request.digest,
            run_id=asked.run_id,
            answer=reply.kind,
            note=said.text,
            changes=said.changes,
            person=said.person,
        )
        return signed_answer(binding, person=self.person.id, key=self.key, kid=self.kid, at=datetime.now(UTC))


async def signer_of(file: Path, named: str | None) -> Signer:
    """Whose key this is, by people.toml; raise `UserError` for nobody's, another's or one that is not in force."""
    folder = Settings().policies
    directory = await PolicyFolder(folder).directory()
    with interruptible():
        key, kid = read_key(file, ask_passphrase)
    owner, public = _owner(directory, kid, f"{folder / 'people.toml'}", file)
    if named and directory.known_as(named) != owner:
        raise UserError(f"{file} is the key of {owner.id}, and --as or --by says {show(named, 80)}.")
    today = datetime.now(UTC).date()
    if not _in_force(public, today):
        until = public.until or "further notice"
        raise UserError(f"The key {kid} of {owner.id} is in force from {public.since} until {until}; today is {today}.")
    return Signer(owner, key, kid)


def print_signed(signer: Signer, asked: Pending, reply: Reply) -> None:
    """Everything that the signature will cover, in words, and the digest that stands for it."""
    request = asked.request
    out.print(f"[bold]{plain(signer.person.name)} signs with key {plain(signer.kid)}:[/bold]", soft_wrap=True)
    out.print(f"  {reply.kind}: {plain(request.question, SHOWN)}", soft_wrap=True)
    for label, value in request.facts.items():
        out.print(f"  {plain(label, 24):<16} {plain(value, SHOWN)}", soft_wrap=True)
    _print_fields("the action itself", request.subject.action.model_dump(mode="json"))
    print_changes(asked, reply)
    given = {"to": reply.person, "note": reply.text, "request": f"sha256 {request.digest}", "run": asked.run_id}
    _print_fields("your answer", given)


def _print_fields(title: str, fields: Mapping[str, object]) -> None:
    """Whatever says anything: a zero and a no do, too."""
    out.print(f"  [dim]{title}[/dim]")
    for name, value in fields.items():
        if value not in (None, "", [], {}):
            out.print(f"  {plain(name, 24):<16} {plain(_spelt(value), SHOWN)}", soft_wrap=True)


def print_changes(asked: Pending, reply: Reply) -> None:
    """Each change with what stands there now."""
    now = asked.request.subject.action.model_dump(mode="json")
    for name, value in (reply.changes or {}).items():
        out.print(
            f"  {'change':<16} {plain(name, 40)}: {plain(_spelt(now.get(name)), SHOWN)}"
            f" → [bold]{plain(_spelt(value), SHOWN)}[/bold]",
            soft_wrap=True,
        )


def _owner(directory: Directory, kid: str, people: str, file: Path) -> tuple[Person, PublicKey]:
    for person in directory.people:
        for key in person.keys:
            if key.kid == kid:
                return person, key
    raise UserError(
        f"The key in {file} ({kid}) is nobody's in {people}: "
        f"add what `starter.py keys show {file}` prints below your own [[person]] there."
    )


def _in_force(key: PublicKey, day: date) -> bool:
    return key.since <= day and (key.until is None or day <= key.until)


def _spelt(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
