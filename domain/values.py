"""The value types every other noun is made of."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """An immutable value: unknown fields, NaN and infinities are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Amount = Annotated[Decimal, Field(max_digits=24, decimal_places=10, allow_inf_nan=False)]
"""Money in the currency named beside it; exact decimal, ten places so that unit prices fit."""

Total = Annotated[Decimal, Field(max_digits=40, decimal_places=20, allow_inf_nan=False)]
"""A sum of amounts, or of quantities times prices: exact, however many there are."""

Quantity = Annotated[Decimal, Field(max_digits=24, decimal_places=10, allow_inf_nan=False)]
"""A count or measure in the unit named beside it."""

Ratio = Annotated[Decimal, Field(ge=0, le=1, allow_inf_nan=False)]
"""A share from 0 to 1, such as a confidence."""

Percent = Annotated[Decimal, Field(max_digits=12, decimal_places=6, allow_inf_nan=False)]
"""A percentage as written: 19 means 19 %."""

CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""ISO 4217 alphabetic code."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A lower-case hex SHA-256 digest."""
