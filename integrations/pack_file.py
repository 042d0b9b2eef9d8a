"""Writing an evidence pack: the same files give the same bytes, and no file is ever replaced."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

from governance.evidence.manifest import Part

MOMENT = (1980, 1, 1, 0, 0, 0)
"""The time of every file; those that matter stand in the files."""
MODE = 0o100644 << 16


def write_pack(target: Path, parts: Iterable[Part]) -> int:
    """Write the zip in order of the paths; returns its size in bytes. Raise `FileExistsError` where a file is there."""
    with target.open("xb") as file:
        try:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for part in sorted(parts, key=lambda each: each.path):
                    archive.writestr(_member(part.path), part.content)
            return file.tell()
        except BaseException:
            target.unlink(missing_ok=True)  # half a pack is none
            raise


def _member(path: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(path, MOMENT)
    member.compress_type, member.create_system, member.external_attr = zipfile.ZIP_DEFLATED, 3, MODE
    return member
