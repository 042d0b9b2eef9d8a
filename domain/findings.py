"""The exception catalogue of accounts payable: what was found, who owns it, what it blocks and what removes it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.values import Amount, CurrencyCode, Frozen, Quantity

Role = Literal["ap", "buyer", "receiving", "vendor-master", "tax", "treasury", "finance", "cost-centre"]

ExceptionCode = Literal[
    "unknown_supplier",
    "blocked_supplier",
    "missing_field",
    "duplicate",
    "near_duplicate",
    "totals_wrong",
    "tax_variance",
    "currency_differs",
    "unknown_order",
    "over_received",
    "short_receipt",
    "price_variance",
    "quantity_variance",
    "over_order",
    "no_order",
    "coding_missing",
    "credit_without_original",
    "bank_details_differ",
    "unverified_sender",
    "unreadable",
]


class BaseFinding(Frozen):
    """One exception: its class says who owns it and what it blocks, its fields say what was seen."""

    owner: ClassVar[Role]
    posting_allowed: ClassVar[bool]
    """Whether the bill may post while this stands (a payment hold is another matter)."""
    releasable: ClassVar[bool]
    """Whether a person of the owner role may release it by hand."""
    holds_payment: ClassVar[bool] = False
    removed_by: ClassVar[str]
    """What makes it go away."""
    said: str = Field(description="one sentence for a person: what was expected, what was seen")


class UnknownSupplier(BaseFinding):
    """No supplier on file matches the seller."""

    owner: ClassVar[Role] = "vendor-master"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = False
    removed_by: ClassVar[str] = "the supplier is set up in the master and the invoice is submitted again"
    code: Literal["unknown_supplier"] = "unknown_supplier"


class BlockedSupplier(BaseFinding):
    """The supplier is blocked in the master."""

    owner: ClassVar[Role] = "vendor-master"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = False
    removed_by: ClassVar[str] = "the block is lifted in the master"
    code: Literal["blocked_supplier"] = "blocked_supplier"
    supplier_id: str


class MissingField(BaseFinding):
    """Fields that posting needs are not in the document; a blank one is not there."""

    owner: ClassVar[Role] = "ap"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = False
    removed_by: ClassVar[str] = "the supplier sends a complete invoice"
    code: Literal["missing_field"] = "missing_field"
    fields: tuple[str, ...]


class DuplicateFound(BaseFinding):
    """The same invoice is already posted: supplier, kind and number agree, and its date or its amount does too."""

    owner: ClassVar[Role] = "ap"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = False
    removed_by: ClassVar[str] = "the first bill is voided"
    code: Literal["duplicate"] = "duplicate"
    bill_id: str


class NearDuplicate(BaseFinding):
    """A posted bill looks like this one; `alike` says in what."""

    owner: ClassVar[Role] = "ap"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = True
    removed_by: ClassVar[str] = "a person confirms that the two are different"
    code: Literal["near_duplicate"] = "near_duplicate"
    bill_id: str
    alike: tuple[str, ...]


class TotalsWrong(BaseFinding):
    """The totals do not add up (EN 16931 BR-CO-10 to 16), or the amount due is not what they give."""

    owner: ClassVar[Role] = "ap"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = False
    removed_by: ClassVar[str] = "the supplier sends a corrected invoice"
    code: Literal["totals_wrong"] = "totals_wrong"
    rules: tuple[str, ...]


class TaxVariance(BaseFinding):
    """The tax differs from category, base and rate by more than the tolerance, or contradicts how VAT is stated."""

    owner: ClassVar[Role] = "tax"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = True
    removed_by: ClassVar[str] = "tax confirms the amount or the supplier corrects it"
    code: Literal["tax_variance"] = "tax_variance"
    rules: tuple[str, ...]


class CurrencyDiffers(BaseFinding):
    """The invoice is in another currency than its order."""

    owner: ClassVar[Role] = "buyer"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = False
    removed_by: ClassVar[str] = "the order or the invoice is corrected"
    code: Literal["currency_differs"] = "currency_differs"
    invoice_currency: CurrencyCode
    order_currency: CurrencyCode


class UnknownOrder(BaseFinding):
    """The order that the invoice names is not on file for this supplier; or it names several."""

    owner: ClassVar[Role] = "buyer"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = False
    removed_by: ClassVar[str] = "the invoice is matched to an order of this supplier"
    code: Literal["unknown_order"] = "unknown_order"
    order_ref: str


class LineFinding(BaseFinding):
    """An exception on one matched line."""

    invoice_line: str
    order_line: str


class OverReceived(LineFinding):
    """More is billed than was accepted, by this invoice and before, and it is not the whole line short of goods.

    That is: only part of the line is billed, or all of it was accepted and still more is billed. `received` is what was
    received less what was rejected. Never together with ShortReceipt.
    """

    owner: ClassVar[Role] = "receiving"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = True
    removed_by: ClassVar[str] = "a goods receipt covers the billed quantity"
    code: Literal["over_received"] = "over_received"
    billed: Quantity
    received: Quantity


class ShortReceipt(LineFinding):
    """Less was accepted than ordered, and the whole order line is billed, by this invoice and before.

    `accepted` is what was received less what was rejected. Never together with OverReceived.
    """

    owner: ClassVar[Role] = "receiving"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = True
    removed_by: ClassVar[str] = "the rest is received, or the supplier credits it"
    code: Literal["short_receipt"] = "short_receipt"
    ordered: Quantity
    accepted: Quantity


class PriceVariance(LineFinding):
    """The net amount is above quantity times the order's price by more than the lower of the two tolerances.

    `invoice_price` is the net amount for one unit, with line allowances and charges. A lower price is no variance.
    """

    owner: ClassVar[Role] = "buyer"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = True
    removed_by: ClassVar[str] = "the buyer accepts the price or the supplier credits the difference"
    code: Literal["price_variance"] = "price_variance"
    order_price: Amount
    invoice_price: Amount
    at_stake: Amount = Field(description="the difference over the whole line, in the invoice currency")


class QuantityVariance(LineFinding):
    """This invoice alone bills more than the whole order line, by more than the tolerance.

    Billing less is a part invoice; what earlier bills used up is OverOrder; what was not accepted is a finding besides.
    """

    owner: ClassVar[Role] = "buyer"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = True
    removed_by: ClassVar[str] = "the buyer accepts the quantity or the supplier credits the difference"
    code: Literal["quantity_variance"] = "quantity_variance"
    ordered: Quantity
    billed: Quantity


class OverOrder(BaseFinding):
    """The invoice bills what the order has nothing left for; `remainder` is the value that is left for it.

    That is: order lines that earlier bills used up; lines on no order line and document level charges, together above
    the header tolerance; lines that fit several order lines; everything, if the order is closed.
    """

    owner: ClassVar[Role] = "buyer"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = True
    removed_by: ClassVar[str] = "the order is increased or the supplier credits the difference"
    code: Literal["over_order"] = "over_order"
    remainder: Amount
    billed: Amount


class NoOrder(BaseFinding):
    """The invoice names no order."""

    owner: ClassVar[Role] = "cost-centre"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = True
    removed_by: ClassVar[str] = "the owner of the cost centre confirms the purchase and its coding"
    code: Literal["no_order"] = "no_order"


class CodingMissing(BaseFinding):
    """No account or cost centre is known for a line."""

    owner: ClassVar[Role] = "cost-centre"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = False
    removed_by: ClassVar[str] = "account and cost centre are given"
    code: Literal["coding_missing"] = "coding_missing"


class CreditWithoutOriginal(BaseFinding):
    """A credit note whose original invoice is not on file, or that gives back more than was billed."""

    owner: ClassVar[Role] = "ap"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = True
    removed_by: ClassVar[str] = "the original bill is found, or a person confirms the credit"
    code: Literal["credit_without_original"] = "credit_without_original"


class BankDetailsDiffer(BaseFinding):
    """The document asks to pay to an account, or to a payee, that is not the one in the supplier master."""

    owner: ClassVar[Role] = "treasury"
    posting_allowed: ClassVar[bool] = True
    releasable: ClassVar[bool] = False
    holds_payment: ClassVar[bool] = True
    removed_by: ClassVar[str] = "the change is verified with contact data that was on file before"
    code: Literal["bank_details_differ"] = "bank_details_differ"
    on_document: str
    on_file: str | None


class UnverifiedSender(BaseFinding):
    """The document did not come from an address or domain on file for this supplier."""

    owner: ClassVar[Role] = "ap"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = True
    removed_by: ClassVar[str] = "a person confirms with the supplier that it sent the invoice"
    code: Literal["unverified_sender"] = "unverified_sender"
    sender: str


class UnreadableDocument(BaseFinding):
    """The document could not be read, or its reading could not be confirmed."""

    owner: ClassVar[Role] = "ap"
    posting_allowed: ClassVar[bool] = False
    releasable: ClassVar[bool] = False
    removed_by: ClassVar[str] = "a person reads it, or the supplier sends an e-invoice"
    code: Literal["unreadable"] = "unreadable"


Finding = Annotated[
    UnknownSupplier
    | BlockedSupplier
    | MissingField
    | DuplicateFound
    | NearDuplicate
    | TotalsWrong
    | TaxVariance
    | CurrencyDiffers
    | UnknownOrder
    | OverReceived
    | ShortReceipt
    | PriceVariance
    | QuantityVariance
    | OverOrder
    | NoOrder
    | CodingMissing
    | CreditWithoutOriginal
    | BankDetailsDiffer
    | UnverifiedSender
    | UnreadableDocument,
    Field(discriminator="code"),
]
