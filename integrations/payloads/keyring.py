"""The keyring: the keys that payloads were ever encrypted with, and which of them encrypts from now on.

A file in JSON, its owner's alone; keys are JWKs (RFC 7517) for AES-256-GCM. A key's id ends in a mark that only this
keyring can make, so that a worker which lacks a new key can tell it from an id that somebody made up.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
import tempfile
from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from domain.strict_json import NotStrict, strict_json
from domain.values import Frozen
from integrations.keys import BadKey, secret_content

KEY_BYTES = 32
MEND = "put a whole copy of it in place, from another worker or a backup"
Secret = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$", repr=False)]
"""32 bytes in base64url, without padding."""
KeyId = Annotated[str, Field(pattern=r"^[0-9]{8}-[a-z2-7]{8}\.[a-z2-7]{16}$")]


class EncryptionKey(Frozen):
    """One key, as a JWK; `made` is when."""

    kty: Literal["oct"] = "oct"
    use: Literal["enc"] = "enc"
    alg: Literal["A256GCM"] = "A256GCM"
    kid: KeyId
    k: Secret
    made: AwareDatetime

    @property
    def content(self) -> bytes:
        """The key itself."""
        return _bytes(self.k)


class Keyring(Frozen):
    """All keys, oldest first; a key after the current one was prepared and encrypts nothing yet."""

    current: KeyId
    since: AwareDatetime
    """From when on the current key has encrypted."""
    mark: Secret
    """What the marks of key ids and of stored payloads are made with; it never changes and decrypts nothing."""
    keys: tuple[EncryptionKey, ...]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        ids = [key.kid for key in self.keys]
        if len(set(ids)) < len(ids):
            raise ValueError("a key id comes twice")
        if self.current not in ids:
            raise ValueError(f"the current key {self.current} is not among its keys")
        if strange := [kid for kid in ids if not self.vouches(kid)]:
            raise ValueError(f"the key id {strange[0]} was not made by this keyring")
        return self

    def find(self, kid: str) -> EncryptionKey | None:
        """The key of this id."""
        return next((key for key in self.keys if key.kid == kid), None)

    @property
    def encrypting(self) -> EncryptionKey:
        """The current key."""
        return next(key for key in self.keys if key.kid == self.current)

    @property
    def prepared(self) -> EncryptionKey | None:
        """The newest key, where it is not current yet."""
        return self.keys[-1] if self.keys[-1].kid != self.current else None

    def vouches(self, kid: str) -> bool:
        """Whether this keyring, as it is here or elsewhere, made this key id."""
        name, _, mark = kid.partition(".")
        return hmac.compare_digest(self.marked(f"key {name}")[:16].encode(), mark.encode())

    def marked(self, said: str) -> str:
        """What nobody without the keyring can say of this text."""
        return b32encode(hmac.digest(_bytes(self.mark), said.encode(), hashlib.sha256)).decode().lower().rstrip("=")

    def with_new_key(self, now: datetime) -> Keyring:
        """The same with one more key, which encrypts nothing yet."""
        return self.model_copy(update={"keys": (*self.keys, _new_key(self.mark, now))})

    def changed_to(self, key: EncryptionKey, now: datetime) -> Keyring:
        """The same with this key as the current one."""
        return self.model_copy(update={"current": key.kid, "since": now})


def new_keyring(now: datetime) -> Keyring:
    """A keyring with its first key."""
    mark = _text(secrets.token_bytes(KEY_BYTES))
    first = _new_key(mark, now)
    return Keyring(current=first.kid, since=now, mark=mark, keys=(first,))


def _new_key(mark: str, now: datetime) -> EncryptionKey:
    name = f"{now:%Y%m%d}-{b32encode(secrets.token_bytes(5)).decode().lower()}"
    blank = Keyring.model_construct(mark=mark)
    kid = f"{name}.{blank.marked(f'key {name}')[:16]}"
    return EncryptionKey(kid=kid, k=_text(secrets.token_bytes(KEY_BYTES)), made=now)


def read_keyring(file: Path) -> Keyring:
    """Read a keyring; raise `BadKey` saying what to do for a file that others can use, and for no keyring at all."""
    try:
        content = secret_content(file)
    except FileNotFoundError:
        raise BadKey(
            f"{file} is not there; copy that of the other workers, or make the first with starter.py keys rotate --new."
        ) from None
    except OSError as error:
        raise BadKey(f"{file} cannot be read: {error.strerror}.") from None
    try:
        return Keyring.model_validate(strict_json(content))
    except NotStrict as wrong:
        raise BadKey(f"{file}: the data {wrong}; {MEND}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))  # never the input: it may be a key
        said = first["msg"].removeprefix("Value error, ")
        raise BadKey(f"{file}: {place or 'the keyring'}: {said}; {MEND}.") from None


def write_keyring(file: Path, ring: Keyring) -> None:
    """Put a keyring in the place of another one, or of none: whole or not at all, for the same owner alone."""
    target = file.resolve()  # a symbolic link stays one
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=".keyring-")  # with mode 0600
    try:
        with os.fdopen(handle, "wb") as written:
            written.write(ring.model_dump_json(indent=2).encode() + b"\n")
            if target.exists():
                os.fchown(written.fileno(), target.stat().st_uid, target.stat().st_gid)
            written.flush()
            os.fsync(written.fileno())
        Path(draft).replace(target)
    finally:
        Path(draft).unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # a rename lasts only once its folder is on the disk too
    finally:
        os.close(folder)


@contextmanager
def alone(file: Path) -> Generator[None]:
    """Let nobody else change the keyring meanwhile: a key that is overwritten takes all that it encrypted with it."""
    folder = os.open(file.resolve().parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
