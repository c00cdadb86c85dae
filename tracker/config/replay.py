"""How recorded inputs are read: section ``[replay]``."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.schema import check_thresholds, threshold


@dataclass(frozen=True, slots=True)
class ReplayConfig:
    """How recorded inputs are read."""

    lateness_s: float = threshold(
        3600.0,
        "How far behind the latest event time of its file a report may come and still be judged in order; more holds more rows in memory.",
        "ours: satellite and terrestrial feeds merged by an aggregator are up to 20 minutes out of order in the samples",
        low=0.0, high=86400.0,
    )  # fmt: skip
    max_step_s: float = threshold(
        21600.0,
        "The longest step ahead in event time believed at once; a longer one needs several reports that agree.",
        "ours: one damaged time stamp must not make the rest of a file late",
        low=60.0, high=31 * 86400.0,
    )  # fmt: skip
    rows_in_memory: int = threshold(
        1_000_000,
        "So many rows of all inputs are held in memory while they are put into order, some 256 bytes each; what is more is sorted on disk, in the folder TMPDIR names.",
        "ours: a quarter of a gigabyte; below, results do not depend on it",
        low=1_000, high=1_000_000_000,
    )  # fmt: skip
    block_bytes: int = threshold(
        1 << 20, "How many bytes are decoded at a time; results do not depend on it.", "measured, docs/benchmarks.md",
        low=1, high=1 << 28,
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_thresholds(self)
