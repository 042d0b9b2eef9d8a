import gzip
import shutil
from collections.abc import AsyncGenerator
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import IdempotencyConflict
from integrations.sandbox import BadFile, Database, SandboxErp, load_csv
from tests.files import edit


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    database = Database(f"sqlite:///{tmp_path}/books.db")
    await database.prepare()
    yield database
    await database.close()


@pytest.fixture
def folder(tmp_path: Path, samples: Path) -> Path:
    """A copy of the shipped tables that a test may spoil."""
    return Path(shutil.copytree(samples / "erp", tmp_path / "erp"))


async def test_the_shipped_tables_load_and_loading_twice_changes_nothing(database: Database, folder: Path) -> None:
    first, erp = await load_csv(database, folder), SandboxErp(database)
    before = (await erp.bills(), await erp.open_orders("70001"), await erp.receipts_for("PO-26-0102"))
    assert await load_csv(database, folder) == first
    assert (await erp.bills(), await erp.open_orders("70001"), await erp.receipts_for("PO-26-0102")) == before
    assert (len(first.suppliers), len(first.orders), len(first.receipts), len(before[0])) == (11, 11, 20, 1)


async def test_cells_become_what_the_columns_mean(database: Database, folder: Path) -> None:
    await load_csv(database, folder)
    erp = SandboxErp(database)
    supplier = await erp.find_supplier(tax_ids=("DE999334075",), name=None)
    order = await erp.find_order("PO-26-0102")
    assert supplier is not None
    assert order is not None
    assert (supplier.name, supplier.tax_registration) == ("Fräszentrum Weser AG", None)
    assert supplier.sender_domains == ("fraeszentrum-weser.example", "mail.fraeszentrum-weser.example")
    assert [(line.id, line.unit_price) for line in order.lines][1] == ("20", Decimal("0.042"))


async def test_a_corrected_row_replaces_the_old_one(database: Database, folder: Path) -> None:
    await load_csv(database, folder)
    edit(folder / "suppliers.csv", "Küstner Stahlhandel GmbH", "Küstner Stahl GmbH")
    await load_csv(database, folder)
    found = await SandboxErp(database).find_supplier(tax_ids=("DE999182300",), name=None)
    assert found is not None
    assert found.name == "Küstner Stahl GmbH"


async def test_an_earlier_bill_that_changed_is_a_conflict_and_not_a_second_bill(
    database: Database, folder: Path
) -> None:
    await load_csv(database, folder)
    edit(folder / "bills.csv", "460.00", "461.00")
    with pytest.raises(IdempotencyConflict):
        await load_csv(database, folder)
    assert len(await SandboxErp(database).bills()) == 1


async def test_compressed_files_and_byte_order_marks_are_read(database: Database, folder: Path) -> None:
    suppliers = folder / "suppliers.csv"
    content = b"\xef\xbb\xbf" + suppliers.read_bytes().replace(b"\n", b"\r\n")
    (folder / "suppliers.csv.gz").write_bytes(gzip.compress(content))
    suppliers.unlink()
    assert len((await load_csv(database, folder)).suppliers) == 11


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("suppliers", ("70003,", "70002,"), r"suppliers\.csv, row 4: 70002 is there twice"),
        ("suppliers", (",EUR,", ",Euro,"), r"suppliers\.csv, row 2, column currency: "),
        ("suppliers", ("id,name", "id,title"), r"row 2, column name: Field required"),
        (
            "suppliers",
            ("70001,Küstner", "70001,=HYPERLINK(1)"),
            r"row 2, column name: '=HYPERLINK.* spreadsheet formula",
        ),
        ("suppliers", (",30,no", ",thirty,no"), r"row 2, column payment_days: "),
        (
            "orders",
            ("PO-26-0101,70001", "PO-26-0101,79999"),
            r"orders\.csv, row 3, column supplier_id: 79999 is not in supp",
        ),
        ("orders", ("2026-10-12", "12.10.2026"), r"orders\.csv, row 3, column order_date: "),
        ("order_lines", ("38.50", "38,50"), r"order_lines\.csv, row 3: 10 cells under 9 headings"),
        ("order_lines", ("38.50", "NaN"), r"order_lines\.csv, row 3, column unit_price: "),
        ("order_lines", (",38.50", ""), r"order_lines\.csv, row 3: 8 cells under 9 headings"),
        ("order_lines", ('"Sechskant', 'X"Sechskant'), r"order_lines\.csv, row 2: "),
        (
            "receipts",
            ("PO-26-0101,10", "PO-26-0101,11"),
            r"receipts\.csv, row 3, column order_line: PO-26-0101 11 is not in",
        ),
        ("bills", ("87.40", '"87.40'), r"bills\.csv, row 2: unexpected end of data"),
        (
            "bills",
            ("PO-26-0090,10", "PO-26-0099,10"),
            r"bills\.csv, row 2, column order_id: PO-26-0099 is not in orders",
        ),
    ],
)
async def test_a_wrong_file_names_file_row_and_column_and_nothing_is_loaded(
    database: Database, folder: Path, file: str, change: tuple[str, str], said: str
) -> None:
    edit(folder / f"{file}.csv", *change)
    with pytest.raises(BadFile, match=said):
        await load_csv(database, folder)
    assert await SandboxErp(database).find_order("PO-26-0101") is None


async def test_another_encoding_a_cut_archive_and_a_missing_file_are_named(database: Database, folder: Path) -> None:
    orders, lines, bills = (folder / f"{name}.csv" for name in ("orders", "order_lines", "bills"))
    whole = lines.read_text(encoding="utf-8")
    lines.write_text(whole, encoding="cp1252")
    with pytest.raises(BadFile, match=r"order_lines\.csv: byte \d+ is not UTF-8"):
        await load_csv(database, folder)
    lines.write_text(whole, encoding="utf-8")
    (folder / "orders.csv.gz").write_bytes(gzip.compress(orders.read_bytes())[:-20])
    orders.unlink()
    with pytest.raises(BadFile, match=r"orders\.csv\.gz: it cannot be read"):
        await load_csv(database, folder)
    (folder / "orders.csv.gz").unlink()
    bills.unlink()
    with pytest.raises(BadFile, match=r"there is no orders\.csv and no orders\.csv\.gz"):
        await load_csv(database, folder)
