"""`performance`: the most tokens per second once they come."""

from __future__ import annotations

from plexus.addons.routing.by_measure import ByMeasure
from plexus.addons.routing.selector import Selector

SELECTOR: Selector = ByMeasure(
    name="performance",
    rate="performanceExplorationRate",
    mean=lambda measured: measured.tokens_per_s,
    is_highest_best=True,
    says="{:.1f} tokens/s after the first",
)
