"""How much of each resource an engine has, and how much of it jobs hold."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipl.ci.engine import MEMORY, EngineSettings
from pipl.errors.ci import ResourcesLacking


@dataclass
class Capacity:
    """`slots` jobs at once, which together hold no more than `there` of each resource.

    With `open_ended`, what is not named is not counted: others know how much there is of it.
    For several threads at once.
    """

    slots: int
    there: Mapping[str, float]
    open_ended: bool = False
    _held: dict[int, Mapping[str, float]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of_this_machine(cls, settings: EngineSettings) -> Capacity:
        """What the settings name, and this machine's memory where they do not."""
        return cls(settings.slots, {MEMORY: _memory_gb(), **settings.resources})

    def has_room(self, wanted: Mapping[str, float]) -> bool:
        """Whether a job with these fits now; True also for one that can never fit."""
        with self._guard:
            if len(self._held) >= self.slots:
                return False
            return bool(self._lacking(wanted, {})) or not self._lacking(wanted, self._sums())

    def check(self, wanted: Mapping[str, float]) -> None:
        """Raises ResourcesLacking where there is not so much at all."""
        lacking = self._lacking(wanted, {})
        if lacking:
            short = {name: wanted[name] for name in lacking}
            raise ResourcesLacking(_shown(short), _shown(self.there) or "none")

    def hold(self, run_id: int, wanted: Mapping[str, float]) -> None:
        with self._guard:
            self._held[run_id] = wanted

    def free(self, run_id: int) -> None:
        with self._guard:
            self._held.pop(run_id, None)

    def _sums(self) -> dict[str, float]:
        sums: dict[str, float] = {}
        for held in self._held.values():
            for name, amount in held.items():
                sums[name] = sums.get(name, 0.0) + amount
        return sums

    def _lacking(self, wanted: Mapping[str, float], held: Mapping[str, float]) -> list[str]:
        return [
            name
            for name, amount in wanted.items()
            if not (self.open_ended and name not in self.there)
            and held.get(name, 0.0) + amount > self.there.get(name, 0.0) + 1e-9
        ]


def _shown(resources: Mapping[str, float]) -> str:
    return ", ".join(f"{name}={amount:g}" for name, amount in sorted(resources.items()))


def _memory_gb() -> float:
    """This machine's memory; where it cannot be known, jobs may ask for any."""
    if sys.platform == "win32":
        return float("inf")
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 10**9
    except (ValueError, OSError):
        return float("inf")
