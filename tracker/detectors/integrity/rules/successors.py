"""Identities across craft: one hull under a new number, and one number on two hulls (who says what: ``..hulls``)."""

from __future__ import annotations

from typing import Any, Final

from models.geodesy import distance_km_scalar
from tracker.detectors.integrity import motion
from tracker.detectors.integrity.claims import Settled
from tracker.detectors.integrity.finding import SURE, Finding, finding, spot
from tracker.detectors.integrity.knowledge import Knowledge
from tracker.detectors.integrity.said import ATTRIBUTES, FLIGHT
from tracker.detectors.wording import clock_text, duration_text, kilometres_text
from tracker.identity import craft_text, is_aircraft
from tracker.units import US_PER_H

_SILENT_H: Final = (2.0, 6.0, 12.0)
"""A transfer is less sure with each: the place says less and less (ours)."""
_BORROWED_H: Final = 26.0
"""After so long a silence the place says nothing: as long as the motion of a craft is remembered."""
_SAME: Final = {"imo": "the same IMO number", "name": "the same name", "call_sign": "the same call sign"}
_CHANGED: Final = {"flag": "flag", "imo": "IMO number", "name": "name", "call_sign": "call sign"}


class SuccessorRule:
    """Finds ``identity_transfer`` and ``duplicate_identity``."""

    def __init__(self, known: Knowledge) -> None:
        self._known = known

    def judge(self, now_us: int) -> list[Finding]:
        """New identities of known hulls, and numbers used by two at once."""
        known, found = self._known, []
        for settled in known.hulls.settle(now_us, known.where) if len(known.hulls) else ():
            if settled.what == "duplicate":
                found.append(self._duplicate(settled))
            elif settled.what == "transfer":
                found.append(self._transfer(settled))
            else:
                one, other = known.hulls.named(settled.claim.craft), known.hulls.named(settled.claim.before)
                why = f"{other} is heard again beside {one}: they are two transmitters, not one ship that changed its MMSI."
                known.withdraw("identity_transfer", settled.claim.craft, why, now_us)
        return found

    def _transfer(self, settled: Settled) -> Finding:
        """One hull under a new MMSI."""
        known, claim, here, there = self._known, settled.claim, settled.here, settled.there
        craft, before, hulls = claim.craft, claim.before, known.hulls
        at_sea = known.is_at_sea(float(there[motion.LAT]), float(there[motion.LON]))
        silent_h = max(float(here[motion.SINCE_US] - there[motion.US]) / US_PER_H, 0.0)
        apart_km = float(
            distance_km_scalar(there[motion.LAT], there[motion.LON], here[motion.SINCE_LAT], here[motion.SINCE_LON])
        )
        old, new = hulls.identity_of(before), hulls.identity_of(craft)
        kept = [one for one in ATTRIBUTES if old[one] and old[one] == new[one]]
        changed = ["mmsi", *(one for one in ("flag", *ATTRIBUTES) if old[one] != new[one])]
        confidence = 0.95 if "imo" in kept else 0.8 if len(kept) > 1 else 0.7
        confidence -= 0.15 * sum(silent_h > hours for hours in _SILENT_H)
        if not at_sea:
            confidence = 0.25  # a ship sold or registered anew in port
        elif not max(there[motion.SPEED], here[motion.SPEED]) >= known.config.change_kn:
            confidence -= 0.2
        if at_sea and not hulls.fits(claim):
            confidence -= 0.3
        by = " and ".join(f"{_SAME[one]} {new[one]}" for one in kept)
        gone = ", ".join(f"the {_CHANGED[one]} {_from_to(old[one], new[one])}" for one in changed if one != "mmsi")
        is_ = "is" if confidence >= SURE else "is probably"
        doubt = ""
        if silent_h > _BORROWED_H:
            confidence, is_ = min(confidence, 0.3), "is perhaps"
            doubt = " The ship has another flag, or another ship borrows the number of one that is gone."
        sentence = (
            f"{hulls.named(craft)} {is_} {hulls.named(before)} under another MMSI: that one was heard last on {clock_text(int(there[motion.US]))}, "
            f"this one {duration_text(silent_h)} later, {kilometres_text(apart_km)} from there, with {by}"
            f"{f'; changed: {gone}' if gone else ''}.{doubt}"
        )
        evidence = {
            "previous_craft": craft_text(before), "previous": old, "new": new, "kept": kept, "changed": changed, "silent_h": silent_h,
            "apart_km": apart_km, "at_sea": at_sea, "previous_place": spot(there[motion.US], there[motion.LAT], there[motion.LON]),
        }  # fmt: skip
        times_us, place = (here[motion.SINCE_US], here[motion.US]), (here[motion.SINCE_LAT], here[motion.SINCE_LON])
        return finding(
            "identity_transfer", craft, times_us, place, confidence, sentence, evidence, other=before, speak=True
        )

    def _duplicate(self, settled: Settled) -> Finding:
        """One number, two hulls or airframes; the one that said it later stands for both."""
        claim, here, there, hulls = settled.claim, settled.here, settled.there, self._known.hulls
        apart_km = float(distance_km_scalar(here[motion.LAT], here[motion.LON], there[motion.LAT], there[motion.LON]))
        evidence: dict[str, Any] = {
            "apart_km": apart_km,
            "place": spot(here[motion.US], here[motion.LAT], here[motion.LON]),
            "other_place": spot(there[motion.US], there[motion.LAT], there[motion.LON]),
        }
        one, other = hulls.named(claim.craft), hulls.named(claim.before)
        if is_aircraft(claim.craft):
            bits = ((claim.craft ^ claim.before) & 0xFFFFFF).bit_count()
            near = bits == 1
            confidence = 0.25 if near else 0.6
            evidence |= {"attribute": FLIGHT, "bits_apart": bits}
            why = (
                "their addresses differ by one bit, so one of them may be a reception error or wrongly joined."
                if near
                else "one of them carries a call sign that is not its own, or it was typed wrongly."
            )
            sentence = f"{one} and {other} fly under one flight number at the same time, {kilometres_text(apart_km)} apart: {why}"
        else:
            imo, names = hulls.value(claim.craft, "imo"), [hulls.value(k, "name") for k in (claim.craft, claim.before)]
            clone = bool(names[0]) and names[0] == names[1]
            confidence = 0.85 if clone else 0.6
            evidence |= {"attribute": "imo", "imo": imo, "names": names}
            sentence = (
                f"{one} and {other} both give the IMO number {imo} at the same time, {kilometres_text(apart_km)} apart: "
                "one of them is another ship, or its number was typed wrongly."
            )
        times_us, place = (claim.first_us, here[motion.US]), (here[motion.LAT], here[motion.LON])
        return finding(
            "duplicate_identity", claim.craft, times_us, place, confidence, sentence, evidence, other=claim.before
        )


def _from_to(old: str, new: str) -> str:
    """A change in words."""
    if old and new:
        return f"from {old} to {new}"
    return f"(was {old})" if old else f"(now {new})"
