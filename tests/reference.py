"""The parts of docs/reference.md that the code knows best: `python -m tests.reference` writes them again."""

import re
from collections.abc import Iterator
from pathlib import Path

import typer
from pydantic import AliasChoices
from pydantic.fields import FieldInfo

import starter
from domain.metrics import METRICS
from integrations.settings import ROOT, Settings

REFERENCE = ROOT / "docs" / "reference.md"


def settings_table() -> str:
    """Every setting with its default and what it means."""
    rows = (
        f"| {_named(names_of(field, one))} | {_default(one)} | {escaped(one.description or '')} |"
        for field, one in Settings.model_fields.items()
    )
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def names_of(field: str, one: FieldInfo) -> tuple[str, ...]:
    """The names of a setting in the environment, the first one that is set counts."""
    if isinstance(one.validation_alias, AliasChoices):
        return tuple(str(name) for name in one.validation_alias.choices if str(name).isupper())
    return (f"SIGNALBOX_{field.upper()}",)


def _named(names: tuple[str, ...], between: str = " or ") -> str:
    return between.join(f"`{name}`" for name in names)


def _default(one: FieldInfo) -> str:
    if isinstance(one.default, Path):
        return f"`{one.default.relative_to(ROOT)}` in the project"
    return "none" if one.default in (None, "") else f"`{one.default}`"


def metrics_table() -> str:
    """Every figure of our own, as it is served."""
    rows = (
        f"| `{each.scraped}` | {each.kind} | {_named(each.labels, ', ')} | {escaped(each.about)} |" for each in METRICS
    )
    return "\n".join(["| figure | kind | labels | what |", "|---|---|---|---|", *rows])


def commands_table() -> str:
    """Every command with what it takes, and the first sentence of its help."""
    rows = (f"| `{_usage(path, command)}` | {_first(command.help or '')} |" for path, command in commands().items())
    return "\n".join(["| command | does |", "|---|---|", *rows])


def commands() -> dict[str, typer.core.TyperCommand]:
    """Every command by what is typed, such as `policy check`."""
    return dict(_walk("", typer.main.get_command(starter.app())))


def _walk(path: str, command: object) -> Iterator[tuple[str, typer.core.TyperCommand]]:
    if isinstance(command, typer.core.TyperGroup):
        for name, each in command.commands.items():
            yield from _walk(f"{path} {name}".strip(), each)
    elif isinstance(command, typer.core.TyperCommand):
        yield path, command


def _usage(path: str, command: typer.core.TyperCommand) -> str:
    taken = [_argument(each) if each.param_type_name == "argument" else _option(each) for each in command.params]
    return " ".join([path, *filter(None, taken)]).replace("|", "\\|")


def _argument(each: typer.core.TyperArgument) -> str:
    name = f"{(each.name or '').upper()}{'…' * (each.nargs == -1)}"
    return name if each.required else f"[{name}]"


def _option(each: typer.core.TyperOption) -> str:
    if each.name == "help":
        return ""
    names = each.secondary_opts if each.default is True else each.opts
    long = next(name for name in names if name.startswith("--"))
    return long if each.required else f"[{long}{'…' * each.multiple}]"


def _first(text: str) -> str:
    return escaped(" ".join(text.split("\n\n", maxsplit=1)[0].split()))


def escaped(text: str) -> str:
    """Text as a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def written(page: str) -> str:
    """The page with its tables as they are now."""
    for name, table in (
        ("settings", settings_table()),
        ("commands", commands_table()),
        ("metrics", metrics_table()),
    ):
        block = re.compile(rf"(<!-- {name}:[^\n]*-->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        page, found = block.subn(lambda marks, table=table: f"{marks[1]}{table}\n{marks[2]}", page)
        if found != 1:
            raise ValueError(f"{REFERENCE} has {found} places for the {name}; it needs one.")
    return page


if __name__ == "__main__":
    REFERENCE.write_text(written(REFERENCE.read_text()))
