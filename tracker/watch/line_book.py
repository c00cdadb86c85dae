"""The lines of a store: each stream of bytes with its number, which it keeps for as long as the store lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from streams.clocks import ClockLimits, LineClock
from streams.pump import ONLY_PART
from streams.time import US_PER_S
from tracker.config.watch import SourceConfig, WatchConfig
from tracker.engine.feeds import Feeds
from tracker.store import append, watch_state
from tracker.store.database import Database
from tracker.store.watch_state import LineRow, Progress
from tracker.units import US_PER_H
from tracker.watch.lines import Line
from tracker.watch.world import World


class LineBook:
    """Lines by source and part, and their feeds."""

    def __init__(self, world: World, store: Database) -> None:
        self._world, self._store = world, store
        self._aerodromes_deg = world.places.airports.positions_deg
        self.lines: dict[tuple[str, str], Line] = {}
        self.number_of: dict[str, int] = {}
        self._names: list[str] = []
        self.feeds = Feeds()

    def open(self, source: str, part: str) -> Line:
        """A new line of the store."""
        name = source if part in ("", ONLY_PART) else f"{source}/{part}"
        row = LineRow(len(self._names), name, self._world.sources[source].feed or source, source, part)
        self._store.write(lambda connection: watch_state.add_line(connection, row))
        return self.add(row)

    def add(self, row: LineRow) -> Line:
        """A line that the store knows; the next in order of their numbers."""
        config = self._world.sources.get(row.source) or SourceConfig(kind="file", path="no longer configured")
        self.feeds.add_source(row.feed)
        self._names.append(row.name)
        self.number_of[row.name] = row.number
        line = Line(
            row.number, row.source, row.part, row.name, row.feed, config.format, config.times(),
            self._aerodromes_deg, config.is_socket,
            clock_offset_us=int(config.clock_offset_s * US_PER_S), is_stamped_by_us=config.kind != "kafka",
            clock=LineClock(_clock_limits(config, self._world.config)),
        )  # fmt: skip
        self.lines[row.source, row.part] = line
        return line

    def name_of(self, number: int) -> str:
        """The name of a line in the store."""
        return self._names[number]

    def progress(self) -> dict[str, Progress]:
        """How far every line is now, by name."""
        return {line.name: replace(line.progress) for line in self.lines.values()}

    def positions(self, progress: Mapping[str, Progress]) -> dict[str, dict[str, str]]:
        """Positions by source and part."""
        positions: dict[str, dict[str, str]] = {}
        for (source, part), line in self.lines.items():
            if line.name in progress and progress[line.name].position:
                positions.setdefault(source, {})[part] = progress[line.name].position
        return positions

    @property
    def received_us(self) -> int:
        """Latest receive time of any line that our own clock stamps, 0 without one."""
        return max((line.clock.received_us or 0 for line in self.lines.values() if line.is_stamped_by_us), default=0)

    def account(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Rows of the views ``sources`` and ``rejects``."""
        sources: list[dict[str, Any]] = []
        rejects: list[dict[str, Any]] = []
        for line in self.lines.values():
            counts = line.counts
            sources.append(
                {"source": line.name, "input": self._address(line), "kind": ", ".join(sorted(line.kinds)) or "unknown", "sha256": None,
                 "units_in": counts.units_in, "units_decoded": counts.units_decoded,
                 "clock_offset_s": line.clock_offset_s, "clock_correction_s": line.clock_offset_us / US_PER_S}
            )  # fmt: skip
            rejects.extend(append.reject_rows(line.name, counts.rejects))
        return sources, rejects

    def _address(self, line: Line) -> str:
        config = self._world.sources.get(line.source)
        return (config.address or config.path or ",".join(config.topics)) if config else line.source


def _clock_limits(config: SourceConfig, watch: WatchConfig) -> ClockLimits:
    return ClockLimits(
        max_ahead_us=int(config.max_ahead_s * US_PER_S),
        max_offset_us=int(config.max_offset_s * US_PER_S),
        past_us=int(watch.horizon_h * US_PER_H),
        lasts_us=int(watch.idle_s * US_PER_S),
    )
