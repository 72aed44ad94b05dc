"""Who calls with what, and what goes wrong: it all follows from a number of calls and a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, override

from tests.chaos.faults import BROKEN_STREAMS, ORDINARY, QUICK, RESTING, Fault

type Door = Literal["base_url", "proxy", "proxy-h2"]

FORMATS = ("chat", "messages", "responses", "gemini")
_DOORS: Sequence[Door] = ("base_url", "base_url", "proxy", "proxy-h2")
_WORDS = (
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "inlet",
    "juniper",
)
_LEAVING = 0.1  # of the calls of a phase in which clients leave


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Calls to one gateway in one mood; `dialects` is what its providers `a` and `b` speak."""

    name: str
    dialects: tuple[str, str]
    faults: tuple[Fault, ...]
    share: float  # of all calls
    cooldowns: bool = False
    continues: bool = False
    leaving: bool = False


PHASES = (
    Phase(name="failover", dialects=("chat", "messages"), faults=ORDINARY, share=0.3),
    Phase(name="failover-2", dialects=("gemini", "responses"), faults=ORDINARY, share=0.25),
    Phase(
        name="cooldown", dialects=("messages", "chat"), faults=RESTING, share=0.1, cooldowns=True
    ),
    Phase(
        name="continue", dialects=("chat", "gemini"), faults=BROKEN_STREAMS, share=0.1,
        continues=True,
    ),
    Phase(
        name="continue-2", dialects=("responses", "messages"), faults=BROKEN_STREAMS, share=0.1,
        continues=True,
    ),
    Phase(
        name="leaving", dialects=("responses", "chat"), faults=QUICK, share=0.15, leaving=True
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, its fault and its victim: `a` or `b`; the other one answers well."""

    number: int
    phase: Phase
    fault: Fault
    victim: str
    format: str
    stream: bool
    door: Door
    where: float  # 0 to 1: how far a stream gets that breaks off
    leaves_s: float | None = None  # when the client hangs up, if it does
    victim_first: bool = False  # not left to chance: for one call made again

    @property
    def id(self) -> str:
        """How its row in the ledger names it."""
        return f"call-{self.number}"

    @property
    def other(self) -> str:
        """The provider that answers well."""
        return "b" if self.victim == "a" else "a"

    @property
    def failing(self) -> str:
        """The victim, as the configuration calls it for such a fault."""
        return "-".join(filter(None, (self.fault.entry, self.victim)))

    @property
    def model(self) -> str:
        """The alias to ask for."""
        if self.phase.continues:
            return f"continue-{self.victim}"
        if self.victim_first:
            return f"first-{self.failing}"
        return f"m-{self.failing}" if self.fault.entry else "m"

    @property
    def prompt(self) -> str:
        """What the user says: by it, the providers know what to do."""
        return f"call={self.number} fault={self.fault.name} victim={self.victim}"

    def text(self, provider: str) -> str:
        """What a provider answers. A text that another one may have to continue names nobody."""
        chance = random.Random(self.number)
        words = " ".join(chance.choices(_WORDS, k=chance.randint(5, 12)))
        by = "" if self.phase.continues else f" by {provider}"
        return f"Answer {self.number}{by}: {words} end-{self.number}."

    @override
    def __str__(self) -> str:
        """The call in a line, for people."""
        how = f"{self.format} {'stream' if self.stream else 'whole'} over {self.door}"
        left = "" if self.leaves_s is None else f", leaves after {self.leaves_s * 1000:.0f} ms"
        what = f"{self.fault.name} at {self.victim}"
        return f"call {self.number} ({self.phase.name}): {what}, {how}{left}"


def planned(calls: int, seed: int) -> list[Call]:
    """Return that many calls, numbered from 1, phase by phase."""
    chance = random.Random(seed)
    found: list[Call] = []
    for phase in PHASES:
        last = phase is PHASES[-1]
        count = calls - len(found) if last else round(calls * phase.share)
        found += [_call(phase, len(found) + 1 + n, chance) for n in range(count)]
    return found


def _call(phase: Phase, number: int, chance: random.Random) -> Call:
    (fault,) = chance.choices(phase.faults, [fault.weight for fault in phase.faults])
    streams = phase.continues or chance.random() < 0.5
    return Call(
        number=number,
        phase=phase,
        fault=fault,
        victim="a" if phase.cooldowns else chance.choice("ab"),
        format=chance.choice(FORMATS),
        stream=streams if fault.when == "both" else fault.when == "stream",
        door=chance.choice(_DOORS),
        where=chance.random(),
        leaves_s=_patience(phase, chance),
    )


def _patience(phase: Phase, chance: random.Random) -> float | None:
    leaves, after = chance.random() < _LEAVING, chance.random() * 0.15
    return after if phase.leaving and leaves else None
