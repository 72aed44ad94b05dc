"""What earlier calls taught about targets: one bundle for the planner and the attempts."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from plexus.addons.routing.cooldowns import Cooldowns
from plexus.addons.routing.measures import Measures
from plexus.addons.routing.slots import Slots
from plexus.addons.routing.sticky import Sticky


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Who rests, who is busy, who is fast, who served a conversation last."""

    cooldowns: Cooldowns = field(default_factory=lambda: Cooldowns(time.time))
    slots: Slots = field(default_factory=Slots)
    measures: Measures = field(default_factory=Measures)
    sticky: Sticky = field(default_factory=Sticky)
