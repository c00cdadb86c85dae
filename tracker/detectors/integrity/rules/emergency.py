"""Craft in an emergency (what makes one believed: ``..emergency``)."""

from __future__ import annotations

from tracker.detectors.integrity import motion
from tracker.detectors.integrity.emergency import CAUSES, Emergencies, Standing, is_grave_squawk
from tracker.detectors.integrity.finding import Finding, finding
from tracker.detectors.integrity.heard import Heard
from tracker.detectors.integrity.knowledge import Knowledge
from tracker.detectors.wording import duration_text
from tracker.statics import StaticBatch
from tracker.units import US_PER_H, US_PER_S


class EmergencyRule:
    """Finds ``emergency``."""

    def __init__(self, known: Knowledge) -> None:
        self._known = known
        self.emergencies = Emergencies(int(known.config.emergency_s * US_PER_S))

    def hear(self, heard: Heard, k: int, statics: StaticBatch) -> None:
        """What is said at tick ``k``."""
        if len(self.emergencies) or heard.is_grave_between(k, k + 1) or is_grave_squawk(statics.squawk).any():
            self.emergencies.hear(heard.all_of(k), statics)

    def judge(self) -> list[Finding]:
        """The emergencies believed, of craft whose position is as fresh."""
        found = []
        for one in self.emergencies.standing() if len(self.emergencies) else ():
            where = self._known.where(one.craft)
            if where is None or abs(one.last_us - where[motion.US]) > self._known.config.emergency_s * US_PER_S:
                continue
            before = self._known.open.last("emergency", one.craft)
            is_another = before is not None and before.cause != one.cause
            found.append(self._finding(one, (where[motion.LAT], where[motion.LON]), is_another))
        return found

    def _finding(self, one: Standing, place: tuple[float, float], is_another: bool) -> Finding:
        words, confidence = CAUSES[one.cause]
        hours = (one.last_us - one.since_us) / US_PER_H
        sentence = f"{self._known.named(one.craft)} {words}, for {duration_text(hours)}."
        evidence = {"emergency": one.cause, "reports": one.times, "duration_h": hours}
        return finding(
            "emergency", one.craft, (one.since_us, one.last_us), place, confidence, sentence, evidence,
            cause=one.cause, speak=is_another,
        )  # fmt: skip
