"""Keys in files that nobody else can read: a person's own signing key, Ed25519; and how any secret is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from joserfc.jwk import OKPKey

from domain.errors import DomainError
from governance.ledger import LedgerKey

LIMIT = 16_384
"""Bytes; a key has some hundred."""


class BadKey(DomainError):
    """The key cannot be used."""


def new_key(file: Path, passphrase: str | None) -> Ed25519PrivateKey:
    """Write a new key as PKCS #8 PEM that its owner alone can read; raise `BadKey` where there is a file already."""
    key = Ed25519PrivateKey.generate()
    lock = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    write_private(file, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock))
    return key


def write_private(file: Path, content: bytes) -> None:
    """Write a new file that its owner alone can read; raise `BadKey` where there is one already."""
    try:
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadKey(f"{file} is there already, and no key is ever overwritten; name another file.") from None
    with os.fdopen(opened, "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())


def read_key(file: Path, ask_passphrase: Callable[[], str]) -> tuple[Ed25519PrivateKey, str]:
    """A private key and its id; the passphrase is asked for only where the file has one.

    Raise `BadKey` saying what to do for a file that others can read, for another kind of key, and for no key at all.
    """
    key = _loaded(secret_content(file), file, ask_passphrase)
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey(f"{file}: it is no Ed25519 key; `starter.py keys new` makes one.")
    return key, key_id(key)


def key_id(key: Ed25519PrivateKey) -> str:
    """The id by which people.toml and tokens name a key: its JWK thumbprint (RFC 7638)."""
    return OKPKey.import_key(key).thumbprint()


def public_point(key: Ed25519PrivateKey) -> str:
    """The public half as people.toml has it: base64url of 32 bytes, without padding."""
    return str(OKPKey.import_key(key).as_dict(private=False)["x"])


def ledger_key(file: Path, ask_passphrase: Callable[[], str]) -> LedgerKey:
    """A key that signs for a ledger; raise `BadKey` as `read_key` does."""
    key, kid = read_key(file, ask_passphrase)
    return LedgerKey(kid, public_point(key), key)


def secret_content(file: Path) -> bytes:
    """The bytes of a file that is its owner's alone; raise `BadKey` for any other.

    Where it is root's and this process is not, its group may read it: so platforms hand secrets to a container's user.
    The mode is asked of what was opened, which nobody can swap.
    """
    opened = os.open(file, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would wait for a writer
    try:
        status = os.fstat(opened)
        mode, handed_in = status.st_mode, status.st_uid == 0 != os.geteuid()
        if not stat.S_ISREG(mode):
            raise BadKey(f"{file}: it is no file.")
        if mode & (0o037 if handed_in else 0o077):
            found = f"{stat.S_IMODE(mode):04o}"
            raise BadKey(f"{file}: others than its owner can use it (mode {found}); run chmod 600 {file}.")
        return os.read(opened, LIMIT)
    finally:
        os.close(opened)


def _loaded(content: bytes, file: Path, ask_passphrase: Callable[[], str]) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(content, password=None)
    except TypeError:  # how cryptography says that it is encrypted
        return _unlocked(content, file, ask_passphrase())
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey(f"{file}: it is no private key in PEM; `starter.py keys new` makes one.") from None


def _unlocked(content: bytes, file: Path, passphrase: str) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(content, password=passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):  # an empty one is a TypeError
        raise BadKey(f"{file}: this passphrase does not open it.") from None
