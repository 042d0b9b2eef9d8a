"""What a customer reads about a refund: templates, filled from actions, never from a model."""

from __future__ import annotations

from domain.actions.refunds import RefundResult, SendRefundNotice
from domain.text import show
from integrations.sandbox.letters import NAME_LIMIT, Letter

NOTICE = """Hello,

this is about your order {order}.

{said}

Customer service
"""

SAID: dict[RefundResult, str] = {
    "refunded": "We have given you back {amount} {currency}. It can take your bank a few days to show it.",
    "partly_refunded": "We have given you back {amount} {currency} of what you paid. It can take your bank a few days "
    "to show it.",
    "store_credit": "We have put {amount} {currency} on your customer account, to spend on your next order.",
    "exchanged": "A replacement worth {amount} {currency} is on its way to you. There is nothing to pay.",
    "refused": "We cannot give you money back for it: {refusal}. If you think that this is wrong, please answer, and a "
    "person will look at it.",
}

REASON_LIMIT = 300
"""Characters of a refusal in a letter."""


def refund_notice(action: SendRefundNotice) -> Letter:
    """What came of the request."""
    order = show(action.order_id, NAME_LIMIT)
    said = SAID[action.result].format(
        amount=format(action.amount, "f"),
        currency=action.currency,
        refusal=_words(action.refusal or "it is not covered by our terms"),
    )
    return Letter(subject=f"Your order {order}", body=NOTICE.format(order=order, said=said))


def _words(refusal: str) -> str:
    """A code such as too_late reads as words."""
    return show(refusal.replace("_", " "), REASON_LIMIT).rstrip(".")
