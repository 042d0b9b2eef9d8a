"""Files that a test may spoil."""

from pathlib import Path


def edit(file: Path, old: str, new: str) -> None:
    """Say something else in a file, which must say the old thing."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
