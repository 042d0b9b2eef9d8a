from decimal import Decimal
from pathlib import Path

import pytest

from integrations.sandbox import BadFile, Database, SandboxErp, put_on_file, read_adventureworks

VENDOR = """BusinessEntityID,AccountNumber,Name,CreditRating,ActiveFlag,PurchasingWebServiceURL,ModifiedDate
1514,TRAINING0001,Training Systems,1,False,,2012-02-03 00:00:00.000
"""
HEADER = """PurchaseOrderID,RevisionNumber,Status,EmployeeID,VendorID,OrderDate
1,4,2,261,1514,2013-08-07 00:00:00.000
"""
DETAIL = """PurchaseOrderID,PurchaseOrderDetailID,OrderQty,ProductID,UnitPrice,ReceivedQty,RejectedQty,ModifiedDate
1,10,550,938,31.4895,550,0,2013-08-16 00:00:00.000
1,9,3,939,48.2895,2,1,2013-08-16 00:00:00.000
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in (("vendor", VENDOR), ("purchase_order_header", HEADER), ("purchase_order_detail", DETAIL)):
        (tmp_path / f"{name}.csv").write_text(content)
    return tmp_path


def test_vendors_orders_and_receipts_are_told_apart(folder: Path) -> None:
    data = read_adventureworks(folder)
    (supplier,), (order,) = data.suppliers, data.orders
    assert (supplier.id, supplier.blocked, order.supplier_id, order.open) == ("1514", True, "1514", True)
    assert [(line.id, line.unit_price) for line in order.lines] == [
        ("9", Decimal("48.2895")),
        ("10", Decimal("31.4895")),
    ]
    assert [(r.order_line, r.received, r.rejected) for r in data.receipts] == [("10", 550, 0), ("9", 2, 1)]


def test_an_order_of_no_vendor_is_named(folder: Path) -> None:
    (folder / "purchase_order_header.csv").write_text(HEADER.replace(",1514,", ",9,"))
    with pytest.raises(BadFile, match="row 2, column VendorID: 9 is not in vendor"):
        read_adventureworks(folder)


async def test_the_whole_database_is_imported(shared: Path, tmp_path: Path) -> None:
    data = read_adventureworks(shared / "reference" / "adventureworks")
    lines = [line for order in data.orders for line in order.lines]
    assert (len(data.suppliers), len(data.orders), len(lines), len(data.receipts)) == (47, 1781, 4019, 4019)
    database = Database(f"sqlite:///{tmp_path}/books.db")
    await database.prepare()
    for _ in range(2):
        await put_on_file(database, data)
    erp = SandboxErp(database)
    assert await erp.find_order("472") == next(order for order in data.orders if order.id == "472")
    short = {line.id: line.quantity for line in lines}
    assert sum(r.received != short[r.order_line] or r.rejected != 0 for r in data.receipts) == 464
    await database.close()
