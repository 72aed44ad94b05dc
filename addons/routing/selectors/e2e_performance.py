"""`e2e_performance`: the most tokens per second over the whole call."""

from __future__ import annotations

from plexus.addons.routing.by_measure import ByMeasure
from plexus.addons.routing.selector import Selector

SELECTOR: Selector = ByMeasure(
    name="e2e_performance",
    rate="e2ePerformanceExplorationRate",
    mean=lambda measured: measured.e2e_tokens_per_s,
    is_highest_best=True,
    says="{:.1f} tokens/s in all",
)
