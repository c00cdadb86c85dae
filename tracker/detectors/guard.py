"""A detector that stops nothing: an exception costs what it knew, and the craft that raises it, and is told.

::

    a step raises -> a detector made anew takes the step again
                        | raises too: halves of the craft are tried, each on a new detector, until those are found that raise by themselves;
                        v             this detector is shown them no more
                     goes on without what the one before knew

What a detector had seen before its fall is gone: it may miss what began then, so whoever drives it says so until the next start (``fallen``). One that
falls again and again, ``MOST_FALLS`` times, is left out: also told. In a later life the same rows raise again, cost the same, and stop nothing either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from streams.snapshot import Later, capture
from tracker.detectors.base import Detector
from tracker.events import Event
from tracker.faults import Fault, fault_of
from tracker.identity import CRAFT_MASK, craft_text
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

B = TypeVar("B", PositionBatch, StaticBatch)
MOST_FALLS: Final = 20
_MOST_TRIALS: Final = 100
"""Steps taken on trial to find the craft that raise; beyond, the batch is left out."""


class GuardedDetector:
    """A detector behind a guard. ``make`` makes one that has seen nothing but the papers known at that instant."""

    def __init__(self, name: str, make: Callable[[], Detector]) -> None:
        self._name, self._make = name, make
        self._inner = make()
        self.kinds = self._inner.kinds
        self.falls = 0
        self._shunned: set[int] = set()
        self._faults: list[Fault] = []
        self._last = ""
        self._trials = 0

    @property
    def fallen(self) -> str:
        """What the detector no longer knows or sees, in a sentence; empty while it has never fallen."""
        if not self.falls:
            return ""
        if self.is_out:
            return f"detector {self._name} fell {self.falls} times and is left out ({self._last}); report it, and start again with a mended version"
        without = f" and is shown {len(self._shunned)} craft no more" if self._shunned else ""
        return (
            f"detector {self._name} fell ({self._last}), began anew{without}: it may miss what began before; report it"
        )

    @property
    def is_out(self) -> bool:
        """Whether it fell so often that it is left out."""
        return self.falls >= MOST_FALLS

    def take_faults(self) -> list[Fault]:
        """Faults since this was asked last."""
        faults, self._faults = self._faults, []
        return faults

    def step(self, positions: PositionBatch, statics: StaticBatch, watermark_us: int) -> list[Event]:
        """Rows up to a watermark and the watermark. Raises nothing."""
        if self.is_out:
            return []
        if self._shunned:
            positions, statics = _without(positions, self._shunned), _without(statics, self._shunned)
        try:
            return _step(self._inner, positions, statics, watermark_us)
        except Exception as exc:
            self._fall(exc, f"{len(positions):,} positions and {len(statics):,} static reports up to {watermark_us}")
        try:
            return _step(self._inner, positions, statics, watermark_us)
        except Exception as exc:
            return self._step_without(positions, statics, watermark_us, exc)

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """As of the detector; an exception costs the batch."""
        return self._tried(lambda: self._inner.process_batch(positions, statics))

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """As of the detector."""
        return self._tried(lambda: self._inner.advance_watermark(watermark_us))

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """As of the detector; one that cannot forget knows nothing any more."""
        return self._tried(lambda: self._inner.forget(craft, at_us))

    def asked(self, what: Callable[[Detector], list[Event]]) -> list[Event]:
        """What the detector says when asked for more than all detectors are."""
        return self._tried(lambda: what(self._inner))

    def snapshot(self) -> bytes:
        """As of the detector; of one that cannot be put away, that of a new one."""
        return self.capture()()

    def capture(self) -> Later:
        """As of the detector."""
        try:
            later = capture(self._inner)
        except Exception as exc:
            self._fall(exc, "its own state")
            return self._inner.snapshot

        def made() -> bytes:
            try:
                return later()
            except Exception as exc:  # in another thread: the detector itself goes on
                self._faults.append(fault_of(exc, f"detector {self._name}", "its own state"))
                return self._make().snapshot()

        return made

    def restore(self, snapshot: bytes) -> None:
        """As of the detector; where that fails it knows nothing, as before."""
        try:
            self._inner.restore(snapshot)
        except Exception:
            self._inner = self._make()
            raise

    def _tried(self, what: Callable[[], list[Event]]) -> list[Event]:
        if self.is_out:
            return []
        try:
            return what()
        except Exception as exc:
            self._fall(exc, "")
            return []

    def _fall(self, exc: Exception, unit: str) -> None:
        fault = fault_of(exc, f"detector {self._name}", unit)
        self._last = fault.note()
        self._faults.append(fault)
        self.falls += 1
        self._inner = self._make()

    def _step_without(
        self, positions: PositionBatch, statics: StaticBatch, watermark_us: int, exc: Exception
    ) -> list[Event]:
        """The step without the craft that raise by themselves, on a detector made anew."""
        self._trials = 0
        craft = np.union1d(positions.craft & CRAFT_MASK, statics.craft & CRAFT_MASK)
        culprits = self._culprits(craft, positions, statics, watermark_us)
        self._shunned.update(culprits)
        names = " ".join(craft_text(one) for one in culprits[:10])
        if culprits:
            self._faults.append(fault_of(exc, f"detector {self._name}", names, len(culprits)))
        self._inner = self._make()
        try:
            return _step(
                self._inner, _without(positions, self._shunned), _without(statics, self._shunned), watermark_us
            )
        except Exception as again:
            self._fall(again, "a batch without the craft that raise by themselves")
            return []

    def _culprits(
        self, craft: NDArray[np.int64], positions: PositionBatch, statics: StaticBatch, watermark_us: int
    ) -> list[int]:
        """Craft whose rows raise by themselves."""
        some = set(craft.tolist())
        self._trials += 1
        if not some or self._trials > _MOST_TRIALS:
            return []
        try:
            _step(self._make(), _only(positions, some), _only(statics, some), watermark_us)
        except Exception:
            if len(craft) == 1:
                return craft.tolist()
            half = len(craft) // 2
            return [
                one
                for part in (craft[:half], craft[half:])
                for one in self._culprits(part, positions, statics, watermark_us)
            ]
        return []


def _step(detector: Detector, positions: PositionBatch, statics: StaticBatch, watermark_us: int) -> list[Event]:
    return [*detector.process_batch(positions, statics), *detector.advance_watermark(watermark_us)]


def _is_of(batch: B, craft: set[int]) -> NDArray[np.bool_]:
    return np.isin(batch.craft & CRAFT_MASK, np.fromiter(craft, np.int64, len(craft)))


def _only(batch: B, craft: set[int]) -> B:
    return batch.take(np.flatnonzero(_is_of(batch, craft)))


def _without(batch: B, craft: set[int]) -> B:
    return batch.take(np.flatnonzero(~_is_of(batch, craft)))
