"""The keyring as its file is now: a running worker takes up a new key without a restart."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from integrations.keys import BadKey
from integrations.payloads.keyring import EncryptionKey, Keyring, read_keyring

LOOK_SECONDS = 1.0
"""How often the file is looked at for another current key; for an unknown one it is at once."""
log = logging.getLogger(__name__)
Stamp = tuple[int, int, int]


class LiveKeyring:
    """Reads the file again when it has changed; while it cannot be read, the keys that are known go on counting."""

    def __init__(self, file: Path) -> None:
        """Read it; raise `BadKey` where it cannot be."""
        self._file = file
        self._stamp = _stamp(file)
        self._ring = read_keyring(file)
        self._looked = time.monotonic()

    @property
    def ring(self) -> Keyring:
        """As it is, or was a second ago."""
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._look()
        return self._ring

    def find(self, kid: str) -> EncryptionKey | None:
        """The key of this id; where it is not known, the file is looked at first."""
        found = self._ring.find(kid)
        if found is None and self._ring.vouches(kid):
            self._look()
            found = self._ring.find(kid)
        return found

    def _look(self) -> None:
        self._looked = time.monotonic()
        stamp = _stamp(self._file)
        if stamp == self._stamp:
            return
        try:
            self._ring = read_keyring(self._file)
            log.info("The keyring %s was read again: %s encrypts.", self._file, self._ring.current)
        except BadKey as error:
            log.warning(
                "The keyring was changed and cannot be used, so the keys known before go on counting: %s", error
            )
        self._stamp = stamp


def _stamp(file: Path) -> Stamp | None:
    """Another one whenever the file is another one."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ctime_ns, found.st_ino, found.st_size
