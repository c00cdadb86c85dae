"""How many alerts stand, by priority: counted in the store now and then by a thread of its own, for metrics and status."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from tracker.alerts.alert import BAND_FROM
from tracker.store.asking import yield_to_others

_EVERY_S: Final = 5.0
_BANDS: Final = " ".join(f"WHEN priority >= {lowest} THEN '{band}'" for band, lowest in BAND_FROM.items())
_SQL: Final = f"""
SELECT CASE {_BANDS} END AS band, count(*) FROM alerts
WHERE type IN ('tidewaiter.alert.raised', 'tidewaiter.alert.updated') AND priority IS NOT NULL GROUP BY band"""


class StandingAlerts:
    """Counts from construction until :meth:`close`; ``lend`` as ``Database.lend``."""

    def __init__(self, lend: Callable[[], AbstractContextManager[Any]]) -> None:
        self.counts: dict[str, int] = {}
        """By band, the most urgent first; empty until they were counted once."""
        self._lend, self._stop = lend, threading.Event()
        self._thread = threading.Thread(target=self._run, name="standing-alerts", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Count no more."""
        self._stop.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        yield_to_others()
        while not self._stop.wait(_EVERY_S if self.counts else 1.0):
            try:
                with self._lend() as cursor:
                    found = dict(cursor.execute(_SQL).fetchall())
            except Exception:  # the store is away, or closing: the next time
                continue
            self.counts = {str(band): int(found.get(str(band), 0)) for band in BAND_FROM}
