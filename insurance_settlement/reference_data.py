"""The demo scheme and its weights, of our own making (docs/algorithms/grouping.md): never official."""

from datetime import date
from pathlib import Path

from insurance_settlement import services
from insurance_settlement.models import PriceBook
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import SourceMark

FOLDER = Path(__file__).parent / "reference"
BEGIN = date(2020, 1, 1)


def load_demo_scheme() -> int:
    """Import the demo scheme when there is no price book at all; returns how many rows it added."""
    if PriceBook.objects.exists():
        return 0
    scheme = services.import_scheme(
        PLATFORM,
        content=(FOLDER / "demo_scheme.json").read_bytes(),
        dx_codes=(FOLDER / "dx_codes.csv").read_bytes(),
        proc_codes=(FOLDER / "proc_codes.csv").read_bytes(),
        effective_from=BEGIN,
        source_mark=SourceMark.DEFAULT,
        source_text="系统自带示例，仅供演示",
    )
    services.import_price_book(
        PLATFORM,
        content=(FOLDER / "demo_weights.json").read_bytes(),
        name="示例权重与费率",
        effective_from=BEGIN,
        scheme=scheme,
        source_mark=SourceMark.DEFAULT,
        source_text="系统自带示例，仅供演示，不是任何地区的官方权重或费率",
    )
    return 2
