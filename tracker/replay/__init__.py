"""Replay: recorded inputs through the engine, and what of it is told.

>>> from tracker.replay import Summary
>>> Summary().reports
0
"""

from tracker.replay.json_lines import JsonLines
from tracker.replay.run import plan_for, replay
from tracker.replay.summary import Summary, cargo_counts

__all__ = ["JsonLines", "Summary", "cargo_counts", "plan_for", "replay"]
