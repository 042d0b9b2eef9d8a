"""How much of everything one document may have or use."""

from __future__ import annotations

from pydantic import Field

from domain.values import Frozen


class ReadingLimits(Frozen):
    """Beyond any of these a document is refused whole: nothing is cut, nothing is silently lost."""

    file_bytes: int = Field(default=10_000_000, gt=0)
    stream_bytes: int = Field(default=50_000_000, gt=0, description="any one stream of a PDF, decompressed")
    attachment_bytes: int = Field(default=10_000_000, gt=0, description="the invoice inside a PDF")
    answer_bytes: int = Field(default=1_500_000, gt=0, description="what was read, as JSON; Temporal ends at 2 MiB")
    xml_depth: int = Field(default=64, gt=0)
    xml_elements: int = Field(default=200_000, gt=0)
    lines: int = Field(default=2_000, gt=0)
    pages: int = Field(default=200, gt=0)
    field_characters: int = Field(default=20_000, gt=0, description="any one text an invoice states")
    memory_bytes: int = Field(default=512_000_000, gt=0, description="address space of the reading process")
    cpu_seconds: int = Field(default=10, gt=0)
    wall_seconds: int = Field(default=20, gt=0)
    at_once: int = Field(default=4, gt=0, description="documents read at the same time")
