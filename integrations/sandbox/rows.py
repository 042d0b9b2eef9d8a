"""CSV files into models, row by row; what is wrong names its file, row and column."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import AfterValidator, BaseModel, ValidationError, ValidationInfo

from domain.errors import DomainError

M = TypeVar("M", bound=BaseModel)

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is run as a formula by a spreadsheet that opens an export of it (OWASP, CSV injection)."""

Known = Mapping[str, Collection[str]]
"""Names that rows may refer to, by the file that lists them."""


class BadFile(DomainError):
    """The file cannot be loaded."""


def read_rows(
    folder: Path, name: str, model: type[M], *, key: Callable[[M], object], known: Known | None = None
) -> tuple[M, ...]:
    """Read `name`.csv or `name`.csv.gz; columns are named as the model's fields, an empty cell is a missing one."""
    file = _file(folder, name)
    rows: dict[object, M] = {}
    for line, cells in _cells(file):
        where = f"{file}, row {line}"
        row = _row(where, cells, model, known or {})
        if key(row) in rows:
            raise BadFile(f"{where}: {key(row)} is there twice.")
        rows[key(row)] = row
    return tuple(rows.values())


def listed_in(name: str, of: str | None = None) -> AfterValidator:
    """A cell that refers to a row of another file, by itself or together with the cell `of` before it."""

    def check(value: str, info: ValidationInfo) -> str:
        known: Known = info.context or {}
        wanted = f"{info.data.get(of)} {value}" if of else value
        if wanted not in known[name]:
            raise ValueError(f"{wanted} is not in {name}")
        return value

    return AfterValidator(check)


def text_of(file: Path) -> str:
    """The text of a file, or `BadFile`; a name that ends in .gz is decompressed."""
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as content:
            return content.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8.") from None
    except (OSError, EOFError) as error:
        raise BadFile(f"{file}: it cannot be read: {error}.") from error


def _file(folder: Path, name: str) -> Path:
    for file in (folder / f"{name}.csv", folder / f"{name}.csv.gz"):
        if file.is_file():
            return file
    raise BadFile(f"{folder}: there is no {name}.csv and no {name}.csv.gz.")


def _cells(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The line number and the filled cells of each row."""
    table = csv.reader(io.StringIO(text_of(file), newline=""), strict=True)
    try:
        heading = next(table, list[str]())
        for row in table:
            if row and len(row) != len(heading):
                raise BadFile(f"{file}, row {table.line_num}: {len(row)} cells under {len(heading)} headings.")
            yield (
                table.line_num,
                {column: cell.strip() for column, cell in zip(heading, row, strict=False) if cell.strip()},
            )
    except csv.Error as error:
        raise BadFile(f"{file}, row {table.line_num}: {error}.") from None


def _row(where: str, cells: dict[str, str], model: type[M], known: Known) -> M:
    try:
        row = model.model_validate(cells, context=known)
    except ValidationError as error:
        wrong = error.errors()[0]
        column = wrong["loc"][0] if wrong["loc"] else "all"
        raise BadFile(f"{where}, column {column}: {wrong['msg'].removeprefix('Value error, ')}.") from None
    for column in model.model_fields:
        value: object = getattr(row, column)
        if isinstance(value, str) and value.startswith(FORMULA):
            raise BadFile(f"{where}, column {column}: {value[:40]!r} begins like a spreadsheet formula.")
    return row
