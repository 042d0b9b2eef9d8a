"""A small set of books and the actions on it, for tests of the business system."""

from datetime import date
from decimal import Decimal

from domain.actions import PostBill, SchedulePayment, VoidBill
from domain.purchasing import BilledLine, Coding, GoodsReceipt, OrderLine, PurchaseOrder, Supplier
from integrations.sandbox import MasterData

ACCOUNT = "DE78999100010000471100"

STEEL = Supplier(
    id="S-1",
    name="Stahl AG",
    vat_id="DE999182300",
    tax_registration="21/345/67890",
    currency="EUR",
    account=ACCOUNT,
    email="ap@stahl.example",
    sender_domains=("stahl.example", "mail.stahl.example"),
)
TOOLS = Supplier(
    id="S-2", name="Tools Ltd", vat_id="IE9999471A", currency="EUR", account="IE00X", email="billing@tools.example"
)
BLOCKED = TOOLS.model_copy(update={"id": "S-3", "vat_id": "DE999266513", "name": "Halt GmbH", "blocked": True})

BARS = OrderLine(
    id="10",
    item="RD-40",
    description="Round bar",
    quantity=Decimal(100),
    unit="C62",
    unit_price=Decimal("0.0425000001"),
    account="5400",
    cost_centre="4100",
)
ORDER = PurchaseOrder(
    id="PO-1",
    supplier_id="S-1",
    currency="EUR",
    order_date=date(2026, 10, 1),
    open=True,
    three_way=True,
    lines=(BARS.model_copy(update={"id": "9", "item": None}), BARS),
)
OTHER_ORDER = ORDER.model_copy(update={"id": "PO-2", "supplier_id": "S-2", "lines": (BARS,)})
RECEIPT = GoodsReceipt(
    id="GR-1",
    order_id="PO-1",
    order_line="10",
    received=Decimal(90),
    rejected=Decimal("0.5"),
    on=date(2026, 10, 20),
)
ON_FILE = MasterData(suppliers=(STEEL, TOOLS, BLOCKED), orders=(ORDER, OTHER_ORDER), receipts=(RECEIPT,))


def bill(number: str = "R-1", **changes: object) -> PostBill:
    """A bill of the steel supplier over 119.00, with these changes."""
    fields: dict[str, object] = {
        "business_key": f"S-1:{number}",
        "supplier_id": "S-1",
        "supplier_name": "Stahl AG",
        "invoice_number": number,
        "credit_note": False,
        "issue_date": date(2026, 11, 2),
        "due_date": date(2026, 12, 2),
        "currency": "EUR",
        "net": Decimal("100.00"),
        "tax": Decimal("19.00"),
        "payable": Decimal("119.00"),
        "order_id": "PO-1",
        "coding": (Coding(account="5400", cost_centre="4100", net=Decimal("100.00")),),
        "lines": (BilledLine(order_id="PO-1", order_line="10", quantity=Decimal(3), net=Decimal("100.00")),),
        "document": "a" * 64,
        "exceptions": (),
        "read_by": "parser",
        "confidence": None,
    }
    return PostBill.model_validate(fields | changes)


def payment(bill_id: str, /, **changes: object) -> SchedulePayment:
    """A payment of the whole bill to the account on file, with these changes."""
    fields: dict[str, object] = {
        "business_key": "S-1:R-1",
        "bill_id": bill_id,
        "supplier_id": "S-1",
        "account": ACCOUNT,
        "amount": Decimal("119.00"),
        "currency": "EUR",
        "due_date": date(2026, 12, 2),
        "bill_posted_by": "policy",
        "payment_holds": (),
    }
    return SchedulePayment.model_validate(fields | changes)


def voiding(bill_id: str) -> VoidBill:
    """The undo of a bill."""
    return VoidBill(business_key="S-1:R-1", bill_id=bill_id, reason="payment refused")
