"""The file of refund terms: what is wrong with it is said with file, place and mend."""

from itertools import product
from pathlib import Path

import pytest

from domain.errors import BadPolicy
from governance.refund_terms import CATEGORIES, CHANNELS, REASONS, load_refund_terms
from integrations.policy_folder import PolicyFolder
from tests.conftest import ROOT
from tests.refunds import TERMS

FILE = (ROOT / "policies" / "refund-terms.toml").read_text()
FINAL = 'id = "final-sale"\ncategory = ["final_sale"]'


def test_the_shipped_terms_cover_every_line_and_reason() -> None:
    for category, channel, reason in product(CATEGORIES, CHANNELS, REASONS):
        assert any(window.covers(category, channel, reason) for window in TERMS.windows)


async def test_saved_is_in_force(tmp_path: Path) -> None:
    file, folder = tmp_path / "refund-terms.toml", PolicyFolder(tmp_path)
    file.write_text(FILE)
    assert (await folder.refund_terms()).lost_after_days == 14
    file.write_text(FILE.replace("lost_after_days = 14", "lost_after_days = 21"))
    assert (await folder.refund_terms()).lost_after_days == 21


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lost_after_days = 14", "", "lost_after_days: must be given"),
        ('zone = "Europe/Berlin"', 'zone = "Europe/Atlantis"', "Europe/Atlantis is no time zone"),
        ('zone = "Europe/Berlin"', 'zone = "../etc/passwd"', "is no time zone"),
        ('credit_means = ["voucher"]', 'credit_means = ["shells"]', "shells is not known here; known are card"),
        ('category = ["final_sale"]', 'category = ["sale"]', "window 1 (final-sale), category: sale is not known here"),
        ('category = ["final_sale"]', "category = []", "names nothing; leave it out to mean all"),
        ("days = 0\n", "days = 0\ngrace_days = 3\n", "days = 0 means never"),
        ("days = 0\n", "days = -1\n", "is -1; it must be from 0 to 3650"),
        ('why = "Two weeks from the order."', "", "why: must be given"),
        ('id = "lost"', 'id = "faults"', "faults stands there twice"),
        ('category = ["service"]', 'category = ["digital"]', "none covers service from web for damaged; add one"),
        ("refunds_in_30_days = 3", "refunds_in_30_days = 4", "is 4; it must be from 0 to 3"),
        (
            "refunds_in_30_days = 3",
            "refunds_in_30_days = 0",
            "must be from 1 to 3: the refund that is asked",
        ),
        ('usual_times = "3"', "usual_times = 1.5", 'write 1.5 in quotes: "1.5"'),
        ('keep_up_to = "20.00"', 'keep_up_to = "-1"', "currency EUR, keep_up_to"),
        ("[currency.GBP]", "[currency.quid]", "currency quid: is named after no currency"),
        ("[[risk]]", "[[risc]]", "risc: is not known here"),
        ('version = "2026-11-24"', 'version = "2026-11-24"\nautomatic = true', "automatic: is not known here"),
        ("[[risk]]", "[[risk]", "not a TOML file"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_mend(old: str, new: str, said: str) -> None:
    assert old in FILE
    with pytest.raises(BadPolicy) as refused:
        load_refund_terms(FILE.replace(old, new, 1).encode(), "refund-terms.toml")
    assert said in str(refused.value)
    assert "refund-terms.toml" in str(refused.value)


def test_two_limits_of_one_day_are_refused() -> None:
    section = FILE[FILE.index("[[risk]]") : FILE.index("# keep_up_to")]
    with pytest.raises(BadPolicy, match="two are in force since 2020-01-01"):
        load_refund_terms((FILE + section).encode(), "refund-terms.toml")
    with pytest.raises(BadPolicy, match="no limits are given"):
        load_refund_terms(FILE.replace(section, "").encode(), "refund-terms.toml")
