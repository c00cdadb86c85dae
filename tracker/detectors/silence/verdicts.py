"""Why a craft is silent: one question for ships and aircraft."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.detectors.base import Context
from tracker.detectors.silence.air import judge_aircraft
from tracker.detectors.silence.columns import AIRCRAFT
from tracker.detectors.silence.lost import Return, Silence, Verdict, by_outage
from tracker.detectors.silence.memory import Memory
from tracker.detectors.silence.sea import in_port, judge_ship, judge_ships
from tracker.events import GapCause


def judge(silence: Silence, now_us: int, memory: Memory, context: Context, back: Return | None = None) -> Verdict:
    """The cause as known at ``now_us``, the instant of ``back`` where the craft is heard again."""
    verdict = _without_ways(silence, now_us, memory, context, back)
    return judge_ship(silence, now_us, memory, context, back) if verdict is None else verdict


def judge_all(
    silences: Sequence[Silence], in_passing: Sequence[bool], now_us: int, memory: Memory, context: Context
) -> list[Verdict]:
    """The causes of silences that go on at ``now_us``; of those looked at in passing nothing is told unless they are surprising."""
    verdicts = [
        _without_ways(silence, now_us, memory, context, None, in_passing=passing)
        for silence, passing in zip(silences, in_passing, strict=True)
    ]
    ships = [k for k, verdict in enumerate(verdicts) if verdict is None]
    weighed = iter(judge_ships([silences[k] for k in ships], [in_passing[k] for k in ships], now_us, memory, context))
    return [next(weighed) if verdict is None else verdict for verdict in verdicts]


def _without_ways(
    silence: Silence, now_us: int, memory: Memory, context: Context, back: Return | None, *, in_passing: bool = False
) -> Verdict | None:
    """The cause, but for a ship that may have gone on: there the ways it may have gone decide."""
    if by_outage(silence):
        return Verdict(GapCause.FEED_OUTAGE)
    if silence.kind == AIRCRAFT:
        return judge_aircraft(silence, now_us, memory, back, in_passing=in_passing)
    if memory.counts is not None:
        return _by_counts(silence, now_us, memory, context)
    if in_port(silence, memory.config):
        return Verdict(GapCause.IN_PORT, place_km=silence.place_km)
    return None


def _by_counts(silence: Silence, now_us: int, memory: Memory, context: Context) -> Verdict:
    """The rule of ``counts``; a silence that is not dark by it gets the plainest cause there is."""
    config, counts = memory.config, memory.counts
    assert counts is not None
    at = silence.lat_deg, silence.lon_deg, memory.origin_lon
    counted = counts.of(silence.key, silence.since_us, *at, context)
    if now_us - silence.since_us >= config.dark_min_ship_s * 1e6 and counts.is_dark(counted):
        cause = GapCause.SILENT_IN_COVERAGE
    elif in_port(silence, config):
        cause = GapCause.IN_PORT
    else:
        cause = GapCause.LEFT_COVERAGE if counted.per_day <= config.disabled_per_day else GapCause.UNKNOWN
    return Verdict(cause, place_km=silence.place_km, counted=counted)
