"""Tracks: reports in time order in, the same reports with duplicates gone and ``segment`` set out.

Everything a detector sees has passed here. The rule stands in ``tracker.tracks.segments``; this file drives it: it keeps the state
of all craft, counts what was dropped by cause, and forgets craft that have been silent.

Forgetting is not visible: a craft silent for longer than its expiry starts afresh at its next row whether its state
was still there or not, so results do not depend on how often the watermark moves.

Fixed stations (base stations, aids to navigation) lose their duplicates and keep segment 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import KM_PER_NM
from streams.keyed_state import KeyedState
from streams.snapshot import Later, pack_later, scalars, unpack
from tracker.identity import is_aircraft, is_one_of, with_segment
from tracker.positions import PositionBatch
from tracker.schema import check_thresholds, read_only, threshold
from tracker.tracks import segments
from tracker.tracks.kinds import is_fixed_station
from tracker.units import US_PER_H, US_PER_S

LAYOUT: Final = 3
DISPLACED: Final = 8
"""Fate of a row given out whose position is not believed (``tracker.store.append.QUALITIES``)."""
_JUDGED: Final = ("craft", "time_us", "lat_deg", "lon_deg", "speed_kn", "course_deg", "fingerprint")


@dataclass(frozen=True, slots=True)
class TrackConfig:
    """When two reports are one, and when one identity is two transmitters."""

    duplicate_s: float = threshold(
        30.0,
        "Equal bits of one craft within this time are one message heard twice.",
        "below the shortest interval after which a ship repeats equal bits: the UTC second comes round after 60 s",
        high=59.0,
    )
    ship_gate_kn: float = threshold(
        50.0, "A vessel can have come this fast.", "arktrace, ais_behavior.py: jumps above 50 kn", low=1.0
    )
    ship_floor_km: float = threshold(
        1.0, "Distance that needs no time: GPS offsets, times cut to seconds or minutes.", "20 kn for 1.5 min", low=0.05
    )
    ship_expiry_h: float = threshold(
        48.0, "A vessel's transmitter silent for longer is forgotten.", "two satellite days"
    )
    aircraft_gate_kn: float = threshold(
        1200.0, "An aircraft can have come this fast.", "twice the ground speed of an airliner in a jet stream", low=1.0
    )
    aircraft_floor_km: float = threshold(
        8.0, "Distance that needs no time.", "positions up to 30 s stale in snapshot feeds at 500 kn", low=0.1
    )
    aircraft_expiry_h: float = threshold(12.0, "An aircraft silent for longer is forgotten.", "a night on the ground")
    crowded_h: float = threshold(
        1.0,
        "When all places are taken, a transmitter silent for this long gives way.",
        "ours: not measured; it matters only where more transmitters share one number than there are places",
    )
    unproven_h: float = threshold(
        0.5, "A second transmitter not believable yet and silent for this long is forgotten.",
        "positions flung away once in a while lie in reach of one another after an hour at 50 kn",
    )  # fmt: skip
    believed_rows: int = threshold(
        3, "So many reports in a row make a second transmitter believable.", "one or two may be damaged bits", low=1
    )

    soon_turns: int = threshold(
        8, "So many answers too soon for one transmitter show that there are two.", "ours: a clock a second wrong makes single ones", low=2
    )  # fmt: skip
    ship_sail_km: float = threshold(
        20.0, "A second place that makes so much good, as it reports, is a second ship.",
        "ours: circles of spoofed ships have radii of up to some km (Bergman, SkyTruth and GFW 2020)", low=1.0,
    )  # fmt: skip
    ship_sail_h: float = threshold(0.5, "And for so long.", "ours: 20 km at 40 kn is no less", low=0.0)
    aircraft_sail_km: float = threshold(100.0, "So much for aircraft.", "ours: twelve minutes at 270 kn", low=5.0)
    aircraft_sail_h: float = threshold(0.1, "And for so long.", "ours: 100 km at 540 kn is no less", low=0.0)
    alone_h: float = threshold(
        6.0, "When the first place gave no position for so long the second is believed.", "ours: jamming seen from one ship lasts hours", low=0.5
    )  # fmt: skip
    mass_km: float = threshold(
        10.0, "Craft displaced to one place lie within this.", "ours: an airport and its surroundings", low=0.5
    )
    mass_h: float = threshold(6.0, "And within so long.", "as mass_h of integrity", low=0.1)

    repeat_kn: float = threshold(
        2.0, "A report that says more than this cannot stay the same to the last digit.", "as frozen_kn of integrity", low=0.1
    )  # fmt: skip
    repeat_km: float = threshold(
        0.1, "Once the craft should have run so far, the same report again is an old one.", "as frozen_km of integrity", low=0.005
    )  # fmt: skip
    aircraft_repeat_min: float = threshold(
        2.0, "And of aircraft after so long.", "OpenSky and readsb hold a position for up to a minute", low=0.0
    )

    def __post_init__(self) -> None:
        check_thresholds(self)


def believed(rows: PositionBatch) -> PositionBatch:
    """The rows without the positions that are not believed: what all detectors see but the one that tells of them.

    A displaced row says that its transmitter was heard, and not where; one that may be anybody's says nothing.
    """
    at = np.flatnonzero(rows.is_displaced)
    if not len(at):
        return rows
    lat_deg, lon_deg, segment = rows.lat_deg.copy(), rows.lon_deg.copy(), rows.segment.copy()
    lat_deg[at] = lon_deg[at] = np.nan
    whose = rows.displaced[at].astype(np.int64)
    segment[at] = with_segment(rows.craft[at], np.minimum(whose, segments.PLACES - 1))
    out = rows.with_columns(lat_deg=lat_deg, lon_deg=lon_deg, segment=segment)
    return out.take(np.delete(np.arange(len(rows)), at[whose == segments.NOBODY]))


class TrackBuilder:
    """Drops duplicates and implausible single reports, and splits identities used by several transmitters."""

    def __init__(self, config: TrackConfig | None = None) -> None:
        config = config or TrackConfig()
        self.config = config
        self._state = KeyedState(segments.COLUMNS)
        self._counts = np.zeros(4, dtype=np.int64)
        knots = np.array([config.ship_gate_kn, config.aircraft_gate_kn])
        hours = np.array([config.ship_expiry_h, config.aircraft_expiry_h])
        self._expiry_us = (hours * US_PER_H).astype(np.int64)
        self._company = segments.new_company()
        self._limits = segments.Limits(
            duplicate_us=int(config.duplicate_s * US_PER_S), crowded_us=int(config.crowded_h * US_PER_H),
            unproven_us=int(config.unproven_h * US_PER_H), believed_rows=int(config.believed_rows),
            gate_km_us=knots * KM_PER_NM / US_PER_H, floor_km=np.array([config.ship_floor_km, config.aircraft_floor_km]),
            expiry_us=self._expiry_us, soon_turns=float(config.soon_turns),
            sail_km=np.array([config.ship_sail_km, config.aircraft_sail_km]),
            sail_us=np.array([config.ship_sail_h, config.aircraft_sail_h]) * US_PER_H,
            alone_us=int(config.alone_h * US_PER_H), mass_km=float(config.mass_km), mass_us=int(config.mass_h * US_PER_H),
            moving_kn=float(config.repeat_kn), repeat_km=float(config.repeat_km),
            repeat_us=np.array([0.0, config.aircraft_repeat_min]) * 60.0 * US_PER_S,
        )  # fmt: skip

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows given out, and rows dropped by cause, since the start."""
        kept, duplicates, jump, crowded = (int(n) for n in self._counts)
        return {"kept": kept, "duplicates": duplicates, "implausible_jump": jump, "too_many_transmitters": crowded}

    def process_batch(self, positions: PositionBatch) -> PositionBatch:
        """The rows worth judging, in the same order, each with its segment."""
        segmented, fate = self.judge(positions)
        if not fate.any():
            return segmented
        return segmented.take(np.flatnonzero(fate == segments.KEPT))

    def judge(self, positions: PositionBatch) -> tuple[PositionBatch, NDArray[np.uint8]]:
        """Every row with its segment, and its fate (``segments.KEPT`` = 0 and the causes of dropping)."""
        if len(positions) == 0:
            return positions, np.zeros(0, dtype=np.uint8)
        state = self._state
        slots = state.slots(read_only(positions.craft))
        fates = segments.new_fates(len(positions))
        aircraft = is_aircraft(positions.craft)
        poor = aircraft & ((positions.nic == 0) | (positions.nac_p == 0))
        judged = (read_only(getattr(positions, name)) for name in _JUDGED)
        rows = segments.Rows._make([slots, *judged, aircraft, is_fixed_station(positions.craft), poor])
        segments.assign(rows, segments.state_of(state), self._company, self._limits, fates)
        self._counts += np.bincount(fates.fate, minlength=4)
        return positions.with_columns(
            segment=with_segment(positions.craft, fates.place), displaced=fates.displaced
        ), fates.fate

    def advance_watermark(self, watermark_us: int) -> None:
        """Forget craft silent for so long that they would start afresh anyway."""
        state = self._state
        aircraft = is_aircraft(state.keys)
        silent_us = watermark_us - segments.last_us_of(state)
        gone = state.alive_mask & (silent_us > np.where(aircraft, self._expiry_us[1], self._expiry_us[0]))
        state.forget(np.flatnonzero(gone))

    def forget(self, craft: NDArray[np.int64]) -> None:
        """Keep nothing of some craft."""
        self._state.forget_keys(craft)
        segments.forget_company(self._company, is_one_of(self._company.craft, craft))

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        return self.capture()()

    def capture(self) -> Later:
        """The whole state of this instant."""
        tables = {
            "craft": self._state.capture(),
            "counts": scalars(rows=self._counts.tolist()),
            "company": scalars(
                craft=self._company.craft.tolist(), places=segments.displaced_values(self._company).reshape(-1).tolist()
            ),
        }
        return pack_later("tracks", LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a builder that has seen nothing yet."""
        tables = unpack("tracks", LAYOUT, snapshot)
        self._state.restore_arrow(tables["craft"])
        self._counts = np.array(tables["counts"].column("rows")[0].as_py(), dtype=np.int64)
        self._company.craft[:] = tables["company"].column("craft")[0].as_py()
        segments.displaced_values(self._company).reshape(-1)[:] = tables["company"].column("places")[0].as_py()
