"""A copy of the project with the process of docs/how-to/add-a-process.md in it: what a reader has at the end."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "how-to" / "add-a-process.md"
BLOCK = re.compile(r"^```(\w+)\n# (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LEFT_OUT = shutil.ignore_patterns(".*", "mutants")


def build(copy: Path) -> list[str]:
    """Copy the project, follow the page, and return the files that it touched."""
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return [follow(copy, *found.groups()) for found in BLOCK.finditer(PAGE.read_text())]


def follow(copy: Path, kind: str, name: str, block: str) -> str:
    """Write one block: a new file, an addition to one that is there, or changes."""
    file = copy / name
    if kind == "diff":
        text = file.read_text()
        for old, new in hunks(block):
            assert text.count(old) == 1, f"{name} has {text.count(old)} places like this:\n{old}"
            text = text.replace(old, new)
        file.write_text(text)
    else:
        before = f"{file.read_text()}\n" if file.exists() else ""
        assert not before or kind == "toml", f"{name} is there already"
        file.write_text(before + block)
    return name


def hunks(block: str) -> Iterator[tuple[str, str]]:
    """Each change, as what stands there and what shall stand there; a last line may be the beginning of one."""
    for hunk in block.removesuffix("\n").split("\n@@\n"):
        lines = [(line[:1], line[1:]) for line in hunk.split("\n")]
        yield (
            "\n".join(line for mark, line in lines if mark != "+"),
            "\n".join(line for mark, line in lines if mark != "-"),
        )


def python(*, told: bool = True) -> list[str]:
    """The lines of Python that a reader writes, without blank ones; not `told`: without imports and docstrings."""
    blocks = [(kind, block) for kind, name, block in BLOCK.findall(PAGE.read_text()) if name.endswith(".py")]
    added = ["".join(re.findall(r"^\+(.*\n)", block, re.MULTILINE)) for kind, block in blocks if kind == "diff"]
    whole = [block for kind, block in blocks if kind == "python"]
    if not told:
        whole = [re.sub(r'^ *""".*?"""$', "", block, flags=re.DOTALL | re.MULTILINE) for block in whole]
    lines = [line for text in (*whole, *added) for line in text.splitlines() if line.strip()]
    return lines if told else [line for line in lines if not line.startswith(("import ", "from "))]


if __name__ == "__main__":
    sys.stdout.write("\n".join(build(Path(sys.argv[1]))) + "\n")
