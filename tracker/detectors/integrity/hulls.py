"""Who goes by an IMO number, a ship's name, a call sign or a flight number, and who did before: the questions that concern two craft.

Each value said has one *holder*, the craft that said it last. Another craft that says it makes a *claim*, which is looked at every ``area_min`` until it is settled by
where both were and when they were heard (``motion``)::

    the holder fell silent before the claimant was heard, who began where she could be by then   -> a transfer: one hull, another MMSI
    both are heard, too far apart to be one                                                      -> a duplicate: one number, two hulls
    both are heard in one place for ``PATIENCE_US``                                              -> two sets aboard one ship: nothing
    neither within ``PATIENCE_US``                                                               -> nothing

A transfer needs the IMO number, or else name and call sign, or one of them within the hour; where both give an IMO number and they differ it is none, and neither where
the lengths are those of two ships and more than an hour lies between. It is watched for a day: if the
previous craft is heard beside the new one after all, it is withdrawn. Only an IMO number or a flight number makes a duplicate; names and call signs are shared in
earnest. A value that turned out to be shared (or is known to be a factory's) is asked for no more.

Where the holder was heard last is known for as long as what it said: an IMO number taken up weeks after its ship fell silent may be that of a hulk.

Values are kept by a 64-bit hash for ``_FORGET_US``; open claims and those watched are few.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar
from streams.keyed_state import KeyedState
from streams.snapshot import LaterTable
from tracker.detectors.integrity import motion
from tracker.detectors.integrity.claims import PATIENCE_US, Claim, Settled, both_flying, both_there
from tracker.detectors.integrity.exchange import Hull
from tracker.detectors.integrity.said import ATTRIBUTES, FLIGHT, Said, hashes_of
from tracker.detectors.wording import who
from tracker.identity import (
    craft_text,
    flag_of,
    imo_check_digit_ok,
    is_factory_mmsi,
    is_one_of,
    is_ship_station,
)
from tracker.schema import NO_CODE_U8
from tracker.statics import StaticBatch
from tracker.tracks.ship_types import Particulars
from tracker.units import KM_PER_NM, NEVER_US, US_PER_DAY, US_PER_H, US_PER_MIN

WATCHED_US: Final = US_PER_DAY
_FORGET_US: Final = 30 * US_PER_DAY
_SILENT_US: Final = 4 * US_PER_MIN
_MOST_SILENT_US: Final = 6 * US_PER_H
_BEATS: Final = 3.0
"""The holder is silent after so many of its usual intervals, within the two bounds above: a satellite hears it every hour."""
_NAME_US: Final = 6 * US_PER_H
_ONE_WORD_US: Final = US_PER_H
"""Name and call sign follow a ship over so long a silence, one of them alone over an hour (ours)."""
_REACH_KN: Final = 10.0
_REACH_FACTOR: Final = 1.3
_FLOOR_KM: Final = 3.0
"""How far it may have come: at 1.3 times the speed it made last or makes now, 10 kn at least (ours: speed over ground changes by so much with load, weather and stream)."""
_OVERLAP_US: Final = US_PER_MIN
_DRAUGHT_M: Final = 0.3
"""A draught that differs by so much is another: it is told in tenths, and set by eye (ours)."""
_MOST_OPEN: Final = 4096
_TYPES: Final = {"imo": "i4", "name": "S20", "call_sign": "S8"}

Where = Callable[[int], NDArray[np.float64] | None]


class Hulls:
    """Holders of what is said, and the claims under way."""

    def __init__(self) -> None:
        self.said = KeyedState(
            {
                "us": ("i8", 0),
                "imo": ("i4", 0),
                "name": ("S20", b""),
                "call_sign": ("S8", b""),
                "length_m": ("f4", np.nan),
                "ship_type": ("u1", NO_CODE_U8),
                "draught_m": ("f4", np.nan),
                "draught_us": ("i8", NEVER_US),
                "gone_us": ("i8", NEVER_US),
                "gone_lat": ("f8", np.nan),
                "gone_lon": ("f8", np.nan),
            }
        )
        """What each ship says, as said last."""
        self._holder = KeyedState({"craft": ("i8", -1), "us": ("i8", 0), "shared": ("u1", 0)})
        self._open: dict[tuple[int, int], Claim] = {}

    def __len__(self) -> int:
        return len(self._open)

    def is_new(self, said: Said) -> NDArray[np.bool_]:
        """Which rows say a value that has no holder yet, or another one, or another draught than the ship's last, shape (n,)."""
        statics = said.statics
        new = np.zeros(len(statics), dtype=np.bool_)
        laden = np.flatnonzero(np.asarray(is_ship_station(statics.craft)) & (statics.draught_m > 0))
        slots = self.said.find(statics.craft[laden])
        new[laden] = (slots < 0) | (self.said["draught_m"][slots] != statics.draught_m[laden])
        for _, rows, keys in said.values:
            new[rows] |= self._is_news(self._holder.find(keys), statics.craft[rows])
        return new

    def note(self, said: Said) -> None:
        """Rows none of which is new: what they say was said again."""
        self._note(said.statics)
        for _, rows, keys in said.values:
            self._holder["us"][self._holder.find(keys)] = said.statics.time_us[rows]

    def add(self, said: Said, where: Where) -> None:
        """Rows in time order: holders are noted, and claims begun."""
        statics = said.statics
        self._note(statics)
        begun: list[tuple[int, int, int, str]] = []
        for attribute, rows, keys in said.values:
            slots = self._holder.find(keys)
            if not self._is_news(slots, statics.craft[rows]).any():
                self._holder["us"][slots] = statics.time_us[rows]
                continue
            slots = self._holder.slots(keys)
            craft, holder, shared = statics.craft[rows], self._holder["craft"], self._holder["shared"]
            fresh = holder[slots] < 0
            holder[slots[fresh]] = craft[fresh]  # of several in one batch the last; the loop below sets them right
            at = np.flatnonzero(((holder[slots] != craft) | (fresh & _repeats(slots))) & (shared[slots] == 0))
            if fresh[at].any():
                holder[slots[at[fresh[at]]]] = -1
            for k in at.tolist():
                slot, one = int(slots[k]), int(craft[k])
                if (before := int(holder[slot])) not in (-1, one):
                    begun.append((int(statics.time_us[rows[k]]), one, before, attribute))
                holder[slot] = one
            self._holder["us"][slots] = statics.time_us[rows]
        for time_us, one, before, attribute in sorted(begun):
            self._claim(time_us, one, before, attribute, where)

    def _is_news(self, slots: NDArray[np.int32], craft: NDArray[np.int64]) -> NDArray[np.bool_]:
        is_other = (self._holder["craft"][slots] != craft) & (self._holder["shared"][slots] == 0)
        return np.asarray((slots < 0) | is_other, dtype=np.bool_)

    def settle(self, now_us: int, where: Where) -> list[Settled]:
        """What has become clear by an instant, in the order of the craft."""
        told: list[Settled] = []
        for key in sorted(self._open):
            claim = self._open[key]
            here, there = where(claim.craft), where(claim.before)
            if there is None and "imo" in claim.kept:
                there = self._gone(claim.before)
            if claim.transfer_us >= 0:
                told += self._watch(claim, now_us, here, there)
                continue
            if here is None or there is None or FLIGHT in claim.kept:
                what = "" if here is None or there is None else both_flying(claim, now_us, here, there)
            elif here[motion.SINCE_US] >= there[motion.US] - _OVERLAP_US:
                what = self._transfer(claim, now_us, here, there)
            else:
                what = both_there(claim, now_us, here, there)
            if what in ("transfer", "duplicate"):
                assert here is not None
                assert there is not None
                told.append(Settled(what, claim, here, there))
            if what == "transfer":
                assert here is not None
                claim.transfer_us = int(here[motion.SINCE_US])
            elif what or now_us - claim.first_us > PATIENCE_US:
                del self._open[key]
            if what in ("duplicate", "together"):
                self._mark_shared(claim)
        return told

    def value(self, craft: int, attribute: str) -> str:
        """What a ship says of itself, as text; empty where nothing."""
        slot = int(self.said.find(np.array([craft], dtype=np.int64))[0])
        if slot < 0:
            return ""
        value = self.said[attribute][slot]
        if isinstance(value, bytes):
            return value.decode("ascii", "replace").strip()
        return str(int(value)) if value > 0 else ""

    def named(self, craft: int) -> str:
        """A craft in words, with the name that it says."""
        return who(craft_text(craft), Particulars(name=self.value(craft, "name")))

    def identity_of(self, craft: int) -> dict[str, str]:
        """MMSI, flag and what a ship says of itself, as texts."""
        said = {attribute: self.value(craft, attribute) for attribute in ATTRIBUTES}
        return {"craft": craft_text(craft), "flag": flag_of(craft), **said}

    def hull(self, craft: int) -> Hull:
        """What a ship says of its hull."""
        slot = int(self.said.find(np.array([craft], dtype=np.int64))[0])
        if slot < 0:
            return Hull(NO_CODE_U8, np.nan, NEVER_US)
        said = self.said
        return Hull(int(said["ship_type"][slot]), float(said["length_m"][slot]), int(said["draught_us"][slot]))

    def depart(
        self, craft: NDArray[np.int64], us: NDArray[np.int64], lat: NDArray[np.float64], lon: NDArray[np.float64]
    ) -> None:
        """Where ships were that are silent for long, and whose motion is forgotten."""
        slots = self.said.find(craft)
        known = slots >= 0
        for name, values in (("gone_us", us), ("gone_lat", lat), ("gone_lon", lon)):
            self.said[name][slots[known]] = values[known]

    def _gone(self, craft: int) -> NDArray[np.float64] | None:
        """State of ``motion`` of a ship that was forgotten by it, as far as it is known."""
        slot = int(self.said.find(np.array([craft], dtype=np.int64))[0])
        if slot < 0 or self.said["gone_us"][slot] == NEVER_US:
            return None
        state = np.full(motion.WIDTH, np.nan)
        us = float(self.said["gone_us"][slot])
        state[[motion.US, motion.FIRST_US, motion.SINCE_US]], state[motion.ROWS] = us, 1.0
        state[[motion.LAT, motion.SINCE_LAT]] = self.said["gone_lat"][slot]
        state[[motion.LON, motion.SINCE_LON]] = self.said["gone_lon"][slot]
        return state

    def drop(self, one: int, other: int) -> None:
        """Ask no more what two craft have of each other: it is known."""
        for key in ((one, other), (other, one)):
            claim = self._open.pop(key, None)
            if claim is not None:
                self._mark_shared(claim)

    def forget(self, now_us: int) -> None:
        """What nobody said for a month."""
        for state in (self.said, self._holder):
            state.forget(np.flatnonzero(state.alive_mask & (now_us - state["us"] > _FORGET_US)))

    def forget_craft(self, craft: NDArray[np.int64]) -> None:
        """Keep nothing of some craft."""
        self.said.forget_keys(craft)
        held = self._holder.alive()
        self._holder.forget(held[is_one_of(self._holder["craft"][held], craft)])
        gone = set(craft.tolist())
        self._open = {key: claim for key, claim in self._open.items() if not gone & set(key)}

    def capture(self) -> dict[str, LaterTable | pa.Table]:
        """For a snapshot."""
        texts = [json.dumps(asdict(self._open[key])) for key in sorted(self._open)]
        return {
            "hull_said": self.said.capture(),
            "hull_holder": self._holder.capture(),
            "hull_claims": pa.table({"text": pa.array(texts, pa.string())}),
        }

    def restore(self, tables: dict[str, pa.Table]) -> None:
        """The inverse of :meth:`capture`."""
        self.said.restore_arrow(tables["hull_said"])
        self._holder.restore_arrow(tables["hull_holder"])
        for text in tables["hull_claims"].column("text").to_pylist():
            claim = Claim(**json.loads(text))
            self._open[claim.craft, claim.before] = claim

    def _note(self, statics: StaticBatch) -> None:
        ships = np.flatnonzero(np.asarray(is_ship_station(statics.craft)))
        if not len(ships):
            return
        slots = self.said.slots(statics.craft[ships])
        self.said["us"][slots] = statics.time_us[ships]
        for attribute in ATTRIBUTES:
            values = getattr(statics, attribute)[ships]
            present = (values > 0) if attribute == "imo" else (values != b"")
            self.said[attribute][slots[present]] = values[present]
        length = statics.to_bow_m[ships] + statics.to_stern_m[ships]
        known = length > 0
        self.said["length_m"][slots[known]] = length[known]
        known = statics.ship_type[ships] != NO_CODE_U8
        self.said["ship_type"][slots[known]] = statics.ship_type[ships][known]
        draught = statics.draught_m[ships]
        known = draught > 0
        another = known & (np.abs(draught - self.said["draught_m"][slots]) >= _DRAUGHT_M)
        self.said["draught_us"][slots[another]] = statics.time_us[ships][another]
        self.said["draught_m"][slots[known]] = draught[known]

    def _claim(self, time_us: int, craft: int, before: int, attribute: str, where: Where) -> None:
        """Begin a claim, or add an attribute to it."""
        if is_factory_mmsi(craft) or is_factory_mmsi(before):
            return
        back = self._open.get((before, craft))
        if back is not None and back.transfer_us < 0:
            return  # they say it in turns: one claim is enough
        claim = self._open.get((craft, before))
        if claim is not None:
            if attribute not in claim.kept:
                claim.kept.append(attribute)
            return
        if attribute in ("name", "call_sign"):
            here, there = where(craft), where(before)
            if there is None or (here is not None and here[motion.SINCE_US] < there[motion.US] - _OVERLAP_US):
                return  # both are about: namesakes
        if len(self._open) < _MOST_OPEN:
            self._open[craft, before] = Claim(craft, before, time_us, [attribute])

    def _transfer(self, claim: Claim, now_us: int, here: NDArray[np.float64], there: NDArray[np.float64]) -> str:
        """The holder fell silent before the claimant came: are they one?"""
        heard_us = here[motion.SINCE_US]
        silent_us = heard_us - there[motion.US]
        usual_us = (there[motion.US] - there[motion.FIRST_US]) / max(there[motion.ROWS], 1.0)
        patience_us = min(max(_BEATS * usual_us, _SILENT_US), _MOST_SILENT_US)
        if now_us - there[motion.US] < patience_us or not here[motion.US] > heard_us:
            return ""
        imos = [self.value(one, "imo") for one in (claim.craft, claim.before)]
        by_imo, fits = "imo" in claim.kept, self.fits(claim)
        if by_imo and not fits and silent_us > _ONE_WORD_US:
            return "other"  # an IMO number typed wrongly: a hull keeps its length
        if not by_imo:
            if all(imo and imo_check_digit_ok(int(imo)) for imo in imos) and imos[0] != imos[1]:
                return "other"
            both = "name" in claim.kept and "call_sign" in claim.kept
            if silent_us > (_NAME_US if both else _ONE_WORD_US) or not fits:
                return "" if now_us - claim.first_us < PATIENCE_US else "other"
        made_kn = np.nanmax([there[motion.SPEED], here[motion.SPEED], 0.0])
        reach_kn = max(_REACH_FACTOR * made_kn, _REACH_KN)
        km = distance_km_scalar(there[motion.LAT], there[motion.LON], here[motion.SINCE_LAT], here[motion.SINCE_LON])
        if km > _FLOOR_KM + reach_kn * KM_PER_NM * max(silent_us, 0.0) / US_PER_H:
            return "other"
        return "transfer"

    def fits(self, claim: Claim) -> bool:
        """Whether the lengths of both, where they are known, are one ship's."""
        slots = self.said.find(np.array([claim.craft, claim.before], dtype=np.int64))
        lengths = self.said["length_m"][slots[slots >= 0]]
        lengths = lengths[lengths > 0]
        return len(lengths) < 2 or abs(float(lengths[0]) - float(lengths[1])) <= 0.1 * float(lengths.max())

    def _watch(
        self, claim: Claim, now_us: int, here: NDArray[np.float64] | None, there: NDArray[np.float64] | None
    ) -> list[Settled]:
        """A transfer is withdrawn where both are heard after all; it is sure where the old one stays away for a day."""
        key = (claim.craft, claim.before)
        if here is None or there is None or now_us - claim.transfer_us > WATCHED_US:
            del self._open[key]
            return []
        back_us = there[motion.US]
        if back_us <= claim.transfer_us + _OVERLAP_US:
            return []
        if here[motion.US] > there[motion.SINCE_US] + 2 * _OVERLAP_US:
            del self._open[key]
            if (claim.before, claim.craft) not in self._open and "imo" in claim.kept:
                self._open[key] = Claim(claim.craft, claim.before, int(there[motion.SINCE_US]), claim.kept)
            return [Settled("withdrawn", claim, here, there)]
        if now_us - back_us > _SILENT_US or back_us - there[motion.SINCE_US] > 3 * _SILENT_US:
            del self._open[key]  # the old identity is back for good
        return []

    def _mark_shared(self, claim: Claim) -> None:
        """Values that two craft about say: never asked for again while they are remembered."""
        held = self._holder.alive()
        both = np.isin(self._holder["craft"][held], [claim.craft, claim.before])
        keys = {int(key) for attribute in claim.kept for key in self._keys(claim, attribute)}
        slots = held[both]
        self._holder["shared"][slots[np.isin(self._holder.keys[slots], list(keys))]] = 1

    def _keys(self, claim: Claim, attribute: str) -> Iterable[int]:
        """Hashes of what either says of an attribute; those of all flight numbers held by both where it is one."""
        if attribute == FLIGHT:
            held = self._holder.alive()
            both = np.isin(self._holder["craft"][held], [claim.craft, claim.before])
            return [int(key) for key in self._holder.keys[held[both]]]
        keys = []
        for one in (claim.craft, claim.before):
            slot = int(self.said.find(np.array([one], dtype=np.int64))[0])
            if slot >= 0:
                keys += hashes_of(attribute, self.said[attribute][[slot]]).tolist()
        return keys


def _repeats(slots: NDArray[Any]) -> NDArray[np.bool_]:
    """Which of some slots stand more than once among them."""
    _, which, count = np.unique(slots, return_inverse=True, return_counts=True)
    return np.asarray(count[which] > 1, dtype=np.bool_)
